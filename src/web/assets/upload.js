// Uploads one file in chunks that the server keeps, so that a cut line, a closed laptop or a reload costs one chunk at most.

import { Refused, TOKEN, TRANSLATED, call, failure, unique } from "./api.js";
import { say } from "./say.js";
import { sleep } from "./util.js";

const CHUNK = 8 * 1024 * 1024;
const TRIES = 8;
/** How long a line may take nothing of a chunk, and how long the server may be busy with it once it has it, in ms. */
const STALL = 60_000;
const ANSWER = 600_000;
const NOTES = "reflector-upload:";

/** The person halted it: what has arrived is kept. */
export class Halted extends Error {}

/** What makes a file the same one when it is chosen again. */
function mark(file) {
  return `${NOTES}${file.name}:${file.size}:${file.lastModified}`;
}

/** This browser's notes of uploads that did not end: the file's name and size, its transcript, and when it began. */
export function unfinished() {
  return Object.keys(localStorage).filter(isNote).map(note).filter(Boolean).sort((a, b) => a.at - b.at);
}

/** Whether something that a browser keeps is such a note. */
export const isNote = (key) => key.startsWith(NOTES);

/** Says to other tabs of this browser that it goes up from here, until what is given back is called. */
function claim(name) {
  let free = () => {};
  const until = new Promise((resolve) => { free = resolve; });
  navigator.locks?.request(name, { ifAvailable: true }, () => until).catch(() => {});
  return free;
}

function note(key) {
  const value = localStorage.getItem(key);
  if (!value) return null;
  // name:size:lastModified; a name may have colons of its own.
  const [, name, size] = /^(.*):(\d+):(\d+)$/s.exec(key.slice(NOTES.length)) ?? [null, key.slice(NOTES.length), "0"];
  try {
    const kept = JSON.parse(value);
    return { key, name, size: Number(size), id: String(kept.id), at: Number(kept.at) || 0, token: kept.token };
  } catch {
    // What older pages noted: the transcript alone.
    return { key, name, size: Number(size), id: value, at: 0 };
  }
}

export function forget(key) {
  localStorage.removeItem(key);
}

/** What the server has of a noted upload: its bytes; null where it needs no more, or knows nothing of it. */
export async function arrived({ id }) {
  try {
    const state = await call("GET", `/v1/transcripts/${id}/record/upload`);
    return state.complete ? null : state.received_bytes;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

// Transcripts are made one after the other, in the order in which their files were chosen.
let turn = Promise.resolve();

export class Upload {
  /**
   * @param {File} file
   * @param {{title?: string, language?: string, vocabulary?: string, room?: string}} options
   * @param {(state: {sent: number, total: number, speed: number, waiting: string|null}) => void} onState
   */
  constructor(file, options, onState) {
    this.file = file;
    this.options = options;
    this.onState = onState;
    this.total = Math.max(1, Math.ceil(file.size / CHUNK));
    this.mark = mark(file);
    this.once = unique();
    this.token = unique();
    // Counts up with every start and halt: what an earlier one still does is no longer wanted.
    this.round = 0;
    this.request = null;
    this.wake = null;
    this.done = 0;
    this.marks = [];
  }

  /** Runs to the end, from where it was; resolves with the transcript's id. Throws Halted, Refused, or what may pass by itself. */
  async run() {
    const free = claim(this.mark);
    try {
      return await this.whole();
    } finally {
      free();
    }
  }

  async whole() {
    const round = this.round += 1;
    this.marks = [];
    const begun = turn.then(() => this.again(round, () => this.begin()));
    turn = begun.catch(() => {});
    const { id, received } = await begun;
    this.id = id;
    const have = new Set(received);
    this.done = [...have].reduce((sum, n) => sum + this.sizeOf(n), 0);
    this.report(0, null);
    // The last chunk goes last, as the ancestor's servers want it.
    for (let n = 0; n < this.total; n += 1) {
      if (have.has(n)) continue;
      await this.again(round, () => this.send(n));
      this.done += this.sizeOf(n);
    }
    forget(this.mark);
    return id;
  }

  /** Stops for now. */
  halt() {
    this.round += 1;
    this.request?.abort();
    this.wake?.();
  }

  /** Stops, and takes back what the server has. */
  async cancel() {
    this.halt();
    const id = this.id ?? note(this.mark)?.id;
    forget(this.mark);
    if (id) await fetch(`/v1/transcripts/${id}`, { method: "DELETE" }).catch(() => {});
  }

  /** Finds out whether the server has part of this file already, else makes a transcript for it. */
  async begin() {
    const noted = note(this.mark);
    const known = noted?.id ?? this.id;
    if (noted) this.token = noted.token ?? this.token;
    if (known) {
      try {
        const state = await call("GET", `/v1/transcripts/${known}/record/upload`);
        if (state.total_chunks === this.total || (state.total_chunks === null && !state.open)) {
          // What was named only this time counts as well.
          if (this.options.vocabulary) await call("PATCH", `/v1/transcripts/${known}`, { vocabulary: this.options.vocabulary });
          this.noted(known);
          return { id: known, received: state.received };
        }
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
      forget(this.mark);
      this.once = unique();
    }
    const made = await call("POST", "/v1/transcripts", {
      name: this.options.title || this.file.name.replace(/\.[^.]+$/, "").slice(0, 200) || this.file.name.slice(0, 200),
      source_language: this.options.language || "auto",
      vocabulary: this.options.vocabulary ?? "",
      source_kind: "file",
      room_id: this.options.room || null,
    }, { once: this.once, token: this.token });
    // Halted while it was asked: it is there all the same, for when it goes on.
    this.id = made.id;
    this.noted(made.id);
    return { id: made.id, received: [] };
  }

  noted(id) {
    localStorage.setItem(this.mark, JSON.stringify({ id, at: note(this.mark)?.at || Date.now(), token: this.token }));
  }

  sizeOf(n) {
    return Math.max(0, Math.min(CHUNK, this.file.size - n * CHUNK));
  }

  /** Does something, and again with growing pauses while the trouble may pass. */
  async again(round, step) {
    for (let attempt = 1; ; attempt += 1) {
      if (this.round !== round) throw new Halted("paused");
      try {
        return await step();
      } catch (error) {
        if (this.round !== round) throw new Halted("paused");
        if (error instanceof Refused || attempt >= TRIES) throw error;
        const pause = Math.min(30, 2 ** (attempt - 1));
        this.report(0, say("scripts-upload-again", { seconds: pause }));
        await Promise.race([sleep(pause * 1000), new Promise((resolve) => { this.wake = resolve; })]);
      }
    }
  }

  send(n) {
    const form = new FormData();
    form.append("chunk", this.file.slice(n * CHUNK, n * CHUNK + this.sizeOf(n)), this.file.name);
    const query = new URLSearchParams({
      chunk_number: String(n),
      total_chunks: String(this.total),
      filename: this.file.name,
      size: String(this.file.size),
    });
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open("POST", `/v1/transcripts/${this.id}/record/upload?${query}`);
      request.setRequestHeader(TOKEN, this.token);
      // A line that is half dead takes nothing and says nothing.
      let stalled = false;
      let watch = null;
      const wait = (ms) => {
        clearTimeout(watch);
        watch = setTimeout(() => { stalled = true; request.abort(); }, ms);
      };
      request.upload.onprogress = (event) => { wait(STALL); this.report(Math.min(event.loaded, this.sizeOf(n)), null); };
      request.upload.onload = () => wait(ANSWER);
      request.onloadend = () => clearTimeout(watch);
      request.onload = () => (request.status < 300 ? resolve() : reject(failure(request.status, request.responseText, request.getResponseHeader(TRANSLATED))));
      request.onerror = () => reject(new Error(say("scripts-connection-lost")));
      request.onabort = () => reject(stalled ? new Error(say("scripts-connection-lost")) : new Halted("paused"));
      request.send(form);
      wait(STALL);
    });
  }

  /** Progress and the speed over the last few seconds. */
  report(inFlight, waiting) {
    const sent = this.done + inFlight;
    const now = performance.now();
    this.marks.push([now, sent]);
    while (this.marks.length > 2 && now - this.marks[0][0] > 4000) this.marks.shift();
    const [then, before] = this.marks[0];
    const speed = now > then ? Math.max(0, ((sent - before) * 1000) / (now - then)) : 0;
    this.onState({ sent, total: this.file.size, speed, waiting });
  }
}
