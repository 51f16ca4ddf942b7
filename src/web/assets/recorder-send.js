// Sends a recording piece by piece while it is being made, and again until each has arrived.

import { Refused, TOKEN, TRANSLATED, call, failure } from "./api.js";
import { say } from "./say.js";
import { sleep } from "./util.js";

const LONGEST_PAUSE = 10;
/** Milliseconds after which a piece that gets no answer is sent again. */
const PATIENCE = 30_000;
/** Milliseconds of quiet after which the newest piece is sent again: who pauses for long is not taken for gone (src/jobs/sweep.rs). */
const SIGN = 30 * 60_000;
/** Milliseconds between two looks at that. */
const LOOK = 20_000;
// What passes although it is refused: somebody logs in again, or frees some space.
const PASSING = [401, 507];

export class Sender {
  /**
   * @param {import("./recorder-store.js").Session} session
   * @param {import("./recorder-store.js").Store|null} store
   * @param {(state: {waiting: number, trouble: string|null, refused: string|null}) => void} onState
   */
  constructor(session, store, onState) {
    this.session = session;
    this.store = store;
    this.onState = onState;
    this.queue = [];
    this.running = false;
    this.stopped = false;
    this.refused = null;
    this.trouble = null;
    this.idle = [];
    this.wake = null;
    this.newest = null;
    this.sentAt = Date.now();
    this.looking = setInterval(() => this.sign(), LOOK);
    window.addEventListener("online", () => this.wake?.());
  }

  push(piece) {
    this.queue.push(piece);
    this.run();
  }

  /** While nothing is recorded: says that this page is still here. A piece that comes twice changes nothing. */
  sign() {
    const quiet = this.newest && !this.running && !this.refused && !this.stopped && Date.now() - this.sentAt >= SIGN;
    if (quiet) this.push(this.newest);
  }

  /** Nobody needs it any more. */
  end() {
    this.stopped = true;
    clearInterval(this.looking);
  }

  /** Whether the server has ended the recording by itself; false where that can't be asked. */
  async over() {
    if (!this.session.id) return false;
    // A visitor may give it nothing any more then, nor ask.
    const ended = (error) => (error.status === 403 ? { complete: true } : null);
    const state = await call("GET", `/v1/transcripts/${this.session.id}/record/upload`).catch(ended);
    return Boolean(state?.complete);
  }

  /** Resolves when everything has arrived, rejects when the server takes no more. */
  drained() {
    if (!this.queue.length && !this.running) return this.refused ? Promise.reject(this.refused) : Promise.resolve();
    this.run();
    return new Promise((resolve, reject) => this.idle.push({ resolve, reject }));
  }

  /** What was recorded is thrown away. Resolves when nothing is being sent any more. */
  stop() {
    this.end();
    this.queue = [];
    this.wake?.();
    return this.running ? new Promise((resolve) => this.idle.push({ resolve, reject: resolve })) : Promise.resolve();
  }

  async run() {
    if (this.running || this.refused || this.stopped) return this.settle();
    this.running = true;
    for (let pause = 1; this.queue.length && !this.refused && !this.stopped;) {
      const piece = this.queue[0];
      try {
        if (!this.session.id) await this.create();
        await this.send(piece);
        if (this.queue[0] === piece) this.queue.shift();
        this.newest = piece;
        this.sentAt = Date.now();
        this.trouble = null;
        pause = 1;
        await this.store?.sent(this.session, piece).catch(() => {});
        this.tell();
      } catch (error) {
        if (error instanceof Refused && !PASSING.includes(error.status)) {
          this.refused = error;
          this.tell();
          break;
        }
        this.trouble = error.status === 401 ? say("scripts-send-logged-out") : error.message;
        this.tell();
        await Promise.race([sleep(pause * 1000), new Promise((resolve) => { this.wake = resolve; })]);
        pause = Math.min(LONGEST_PAUSE, pause * 2);
      }
    }
    this.running = false;
    return this.settle();
  }

  settle() {
    if (this.running || (this.queue.length && !this.refused && !this.stopped)) return;
    for (const { resolve, reject } of this.idle.splice(0)) {
      if (this.refused) reject(this.refused);
      else resolve();
    }
  }

  tell() {
    const refused = this.refused ? this.refused.message : null;
    this.onState({ waiting: this.queue.length, trouble: this.trouble, refused });
  }

  async create() {
    const { wish, key, token } = this.session;
    const made = await call("POST", "/v1/transcripts", wish, { once: key, token });
    this.session.id = made.id;
    await this.store?.keep(this.session).catch(() => {});
  }

  async send({ number, take, seconds, blob }) {
    const form = new FormData();
    form.append("chunk", blob, this.session.file);
    const query = new URLSearchParams({
      open: "true",
      chunk_number: String(number),
      take: String(take),
      seconds: String(Math.min(86_400, seconds)),
      filename: this.session.file,
    });
    let response;
    try {
      response = await fetch(`/v1/transcripts/${this.session.id}/record/upload?${query}`, {
        method: "POST",
        headers: this.session.token ? { [TOKEN]: this.session.token } : {},
        body: form,
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      throw new Error(say("scripts-connection-lost"));
    }
    if (!response.ok) throw failure(response.status, await response.text(), response.headers.get(TRANSLATED));
  }

  /** Everything has arrived: the work begins. Tried again while the trouble may pass. */
  async finish() {
    for (let pause = 1; !this.stopped; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
      try {
        await this.drained();
        const answer = await this.complete({ total_chunks: this.session.next });
        this.end();
        return answer;
      } catch (error) {
        if (error instanceof Refused && !PASSING.includes(error.status)) throw error;
        this.trouble = error.message;
        this.tell();
        await Promise.race([sleep(pause * 1000), new Promise((resolve) => { this.wake = resolve; })]);
      }
    }
    throw new Error(say("scripts-send-thrown-away"));
  }

  async complete(body) {
    const url = `/v1/transcripts/${this.session.id}/record/finish`;
    const { token } = this.session;
    try {
      return await call("POST", url, body, { token });
    } catch (error) {
      // A piece that another device made and never sent can't be waited for.
      if (error.status !== 409) throw error;
      return call("POST", url, {}, { token });
    }
  }
}

/** What a browser calls the file that it records. */
export function format() {
  for (const [mime, file] of [
    ["audio/webm;codecs=opus", "recording.webm"],
    ["audio/mp4", "recording.m4a"],
    ["audio/ogg;codecs=opus", "recording.ogg"],
  ]) {
    if (MediaRecorder.isTypeSupported(mime)) return { mime, file };
  }
  return { mime: "", file: "recording.webm" };
}
