// Keeps the page as true as the server: events say that something changed, the changed parts are fetched as HTML.

import { held, regain } from "./focus.js";
import { ConnectionNotice, EventSocket, LOG_IN, NOT_THERE } from "./socket.js";
import { announce, fetchDocument, isTyped, sleep } from "./util.js";

/** Fields of what is sent to the server as it is. */
const FIELDS = 'form[method="post"] :is(input, select, textarea)';

export class Live {
  /**
   * @param {(names: string[]) => void} onChange called with the parts that were replaced
   * @param {(fresh: Element) => Promise<boolean>} adoptText takes the part with the text over; whether that changed anything
   */
  constructor(id, onChange, adoptText) {
    this.id = id;
    this.onChange = onChange;
    this.adoptText = adoptText;
    this.seen = new Map();
    this.pending = null;
    /** What was announced last of how the work goes. */
    this.said = null;
    this.notice = new ConnectionNotice();
    this.socket = new EventSocket(`/v1/transcripts/${id}/events`, {
      event: (told) => this.event(told),
      // What was missed is told again, since the page was made, too; if it does not know since when, it may have changed.
      // After a break there is also what could not be fetched meanwhile.
      open: (resumed) => { this.notice.back(); if (!resumed || this.broke) this.soon(); this.broke = false; },
      // Is it the socket alone, or the server?
      closed: () => { this.broke = true; this.soon(0); },
      over: (code) => this.over(code),
    }, document.querySelector("[data-after]")?.dataset.after);
    for (const part of document.querySelectorAll("[data-part]")) this.seen.set(part.dataset.part, part.outerHTML);
  }

  /** For good: whoever looks is told why. */
  over(code) {
    if (this.ended) return;
    this.ended = true;
    this.socket.stop();
    this.notice.over(code);
  }

  start() {
    this.socket.start();
    this.poll();
  }

  // Without a socket (a proxy that does not pass it on) the page still moves.
  async poll() {
    while (!this.ended) {
      await sleep(3000);
      if (document.hidden || this.ended) continue;
      const { connected } = this.socket;
      const due = performance.now() - (this.refreshedAt ?? 0) > 10000;
      if (!connected || (due && document.querySelector("[data-working]"))) this.soon();
    }
  }

  event({ event, data }) {
    if (event === "STAGE" && data.status === "running") {
      const row = document.querySelector(`.run[data-stage="${CSS.escape(data.stage)}"]`);
      if (row) {
        // Progress alone: no need to ask for the page again, but do so now and then for the time left.
        const percent = Math.round((data.progress ?? 0) * 100);
        row.querySelector("progress").value = percent;
        const shown = row.querySelector("[data-percent]");
        shown.textContent = shown.textContent.replace(/^\d+(?=\s?%)/, String(percent));
        return this.soon(2500);
      }
    }
    // What was told before does not count any more: now, and everything.
    this.soon(event === "RESYNC" ? 0 : undefined);
  }

  /** Fetches the page's parts soon; many events in a row cost one fetch. */
  soon(after = 400) {
    if (this.ended) return;
    if (this.pending) { this.again = true; return; }
    this.pending = setTimeout(async () => {
      try {
        await this.refresh();
        this.notice.back();
      } catch (error) {
        // A socket that was refused does not say why: this does.
        const over = { 401: LOG_IN, 404: NOT_THERE }[error.status];
        if (over) return this.over(over);
        // The next event or poll tries again.
        if (!this.socket.connected && !this.socket.left) this.notice.lost();
      }
      this.pending = null;
      if (this.again) { this.again = false; this.soon(); }
    }, after);
  }

  async refresh() {
    this.refreshedAt = performance.now();
    const fresh = await fetchDocument(`/transcripts/${this.id}/parts`);
    const changed = [];
    const focused = [];
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const name = part.dataset.part;
      const old = document.querySelector(`[data-part="${name}"]`);
      if (name === "text" && old) {
        if (await this.adoptText(part)) changed.push(name);
        continue;
      }
      const html = part.outerHTML;
      if (!old || this.seen.get(name) === html) continue;
      // Never pull a form from under someone's hands, nor the sound from their ears.
      if (old.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")) continue;
      if (name === "player" && old.querySelector("audio") && part.querySelector("audio") && old.dataset.version === part.dataset.version) {
        // The same sound: only the topics on it may be new.
        this.seen.set(name, html);
        const [marks, fresh] = [old.querySelector(".marks"), part.querySelector(".marks")];
        if (marks && fresh) {
          if (held(marks)) focused.push([name, held(marks)]);
          marks.replaceWith(document.importNode(fresh, true));
          changed.push("marks");
        }
        continue;
      }
      // What was typed and not sent stays, too, once the focus has gone elsewhere.
      if ([...old.querySelectorAll(FIELDS)].some(isTyped)) continue;
      const open = [...old.querySelectorAll("details[open]")].map((item) => item.dataset.name);
      for (const item of part.querySelectorAll("details")) if (open.includes(item.dataset.name)) item.open = true;
      this.seen.set(name, html);
      if (held(old)) focused.push([name, held(old)]);
      old.replaceWith(document.importNode(part, true));
      changed.push(name);
      // Percents change all the time, what is being done seldom.
      const said = part.dataset.say;
      if (said && said !== this.said) announce(said);
      if (said !== undefined) this.said = said;
    }
    const title = fresh.querySelector("[data-page-title]")?.dataset.pageTitle;
    if (title) document.title = title;
    if (changed.length) this.onChange(changed);
    // Whoever was about to press something goes on from there.
    for (const [name, control] of focused) regain(document.querySelector(`[data-part="${name}"]`), control);
  }
}
