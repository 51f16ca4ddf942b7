// A WebSocket of events that comes back by itself, and goes on after the last event it heard.

import { say } from "./say.js";
import { announce, sleep } from "./util.js";

/** Close codes that no second try will mend. */
export const LOG_IN = 4401;
export const NOT_THERE = 4404;
/** As of a page that is no transcript's. */
export const CLOSED = 403;
/** A break shorter than this is nobody's concern. */
const UNNOTICED = 2500;

export class EventSocket {
  /**
   * @param {string} path of the socket
   * @param {{event: (told: {event: string, data: object}) => void, open?: (resumed: boolean) => void, closed?: () => void, over?: (code: number) => void}} hear
   * @param {string|null} last id of the last event that is known already
   */
  constructor(path, hear, last = null) {
    this.path = path;
    this.hear = hear;
    this.connected = false;
    this.last = last;
    this.wake = () => {};
    // A machine that was asleep, or away from the network, need not wait out its pause.
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.wake(); });
    // A page that is left must not say that its connection is lost.
    addEventListener("pagehide", () => { this.left = true; });
    addEventListener("pageshow", () => { this.left = false; this.wake(); });
  }

  /** Comes back no more. */
  stop() {
    this.stopped = true;
    this.wake();
  }

  async start() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    for (let pause = 1; ; pause = Math.min(30, pause * 2)) {
      const resumed = this.last !== null;
      const query = resumed ? `?after=${encodeURIComponent(this.last)}` : "";
      const code = await new Promise((closed) => {
        const socket = new WebSocket(`${scheme}//${location.host}${this.path}${query}`);
        socket.onopen = () => {
          pause = 0.5;
          this.connected = true;
          this.hear.open?.(resumed);
        };
        socket.onmessage = (message) => {
          const told = JSON.parse(message.data);
          if (told.id) this.last = told.id;
          this.hear.event(told);
        };
        socket.onclose = (event) => { this.connected = false; closed(event.code); };
      });
      if (this.stopped) return;
      if (code === LOG_IN || code === NOT_THERE) return this.hear.over?.(code);
      this.hear.closed?.();
      // Together with others that lost the same server, not at one moment with them.
      const wait = pause * 1000 * (0.75 + Math.random() / 2);
      await Promise.race([sleep(wait), new Promise((wake) => { this.wake = wake; })]);
      if (this.stopped) return;
    }
  }
}

/** Says on the page that the connection is lost, until it is back. What somebody is typing stays where it is. */
export class ConnectionNotice {
  constructor() {
    this.box = document.createElement("div");
    this.box.className = "connection notice";
    this.box.setAttribute("role", "status");
    this.box.hidden = true;
    this.text = document.createElement("span");
    this.box.append(this.text);
    document.body.append(this.box);
    this.timer = null;
  }

  lost() {
    if (this.timer || this.ended) return;
    this.timer = setTimeout(() => {
      this.text.textContent = say("scripts-socket-lost");
      this.box.classList.add("bad");
      this.box.hidden = false;
    }, UNNOTICED);
  }

  back() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.box.hidden || this.ended) return;
    this.box.hidden = true;
    announce(say("scripts-socket-back"));
  }

  /** For good. */
  over(code) {
    this.ended = true;
    clearTimeout(this.timer);
    const ways = {
      [LOG_IN]: [say("scripts-socket-logged-out"), say("scripts-socket-log-in"), `/login?next=${encodeURIComponent(location.pathname)}`],
      [NOT_THERE]: [say("scripts-socket-gone"), say("scripts-socket-all"), "/transcripts"],
      [CLOSED]: [say("scripts-socket-closed"), say("scripts-socket-start"), "/"],
    };
    const [text, label, href] = ways[code];
    this.text.textContent = text;
    const link = document.createElement("a");
    link.className = "button";
    link.href = href;
    link.textContent = label;
    // A login in another tab leaves this one as it is.
    if (code === LOG_IN) link.target = "_blank";
    this.box.append(link);
    this.box.classList.add("bad");
    this.box.hidden = false;
  }
}
