// Uploads one file in chunks that the server keeps, so that a cut line, a closed laptop or a reload costs one chunk at most.

import { sleep } from "./util.js";

const CHUNK = 8 * 1024 * 1024;
const TRIES = 8;

/** The server refused for good: trying again would not help. */
export class Refused extends Error {}

function key(file) {
  return `reflector-upload:${file.name}:${file.size}:${file.lastModified}`;
}

/** Calls the API; throws Refused with the server's own words for a 4xx, Error for what may pass. */
async function call(method, url, body) {
  const response = await fetch(url, {
    method,
    headers: body ? { "content-type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const data = await response.json().catch(() => ({}));
  if (response.ok) return data;
  // A field that failed its check is a list.
  const said = Array.isArray(data.detail) ? data.detail[0]?.msg : data.detail;
  const detail = typeof said === "string" ? said : `the server answered ${response.status}`;
  throw passing(response.status) ? new Error(detail) : new Refused(detail);
}

// 507 (disk full) needs a person; time-outs, throttling and other 5xx may pass.
function passing(status) {
  return status === 408 || status === 429 || (status >= 500 && status !== 507);
}

export class Upload {
  /**
   * @param {File} file
   * @param {{title?: string, language?: string, vocabulary?: string}} options
   * @param {(state: {sent: number, total: number, speed: number, waiting: string|null}) => void} onState
   */
  constructor(file, options, onState) {
    this.file = file;
    this.options = options;
    this.onState = onState;
    this.total = Math.max(1, Math.ceil(file.size / CHUNK));
    this.cancelled = false;
    this.request = null;
    this.done = 0;
    this.marks = [];
  }

  /** Runs to the end; resolves with the transcript's id. */
  async run() {
    const { id, received } = await this.begin();
    this.id = id;
    const have = new Set(received);
    this.done = [...have].reduce((sum, n) => sum + this.sizeOf(n), 0);
    // The last chunk goes last, as the ancestor's servers want it.
    for (let n = 0; n < this.total; n += 1) {
      if (!have.has(n)) await this.persist(n);
    }
    localStorage.removeItem(key(this.file));
    return id;
  }

  /** Finds out whether the server has part of this file already, else makes a transcript for it. */
  async begin() {
    const known = localStorage.getItem(key(this.file));
    if (known) {
      try {
        const state = await call("GET", `/v1/transcripts/${known}/record/upload`);
        if (state.total_chunks === this.total || state.total_chunks === null) {
          // What was named only this time counts as well.
          if (this.options.vocabulary) await call("PATCH", `/v1/transcripts/${known}`, { vocabulary: this.options.vocabulary });
          return { id: known, received: state.received };
        }
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
      localStorage.removeItem(key(this.file));
    }
    const made = await call("POST", "/v1/transcripts", {
      name: this.options.title || this.file.name.replace(/\.[^.]+$/, "") || this.file.name,
      source_language: this.options.language || "auto",
      vocabulary: this.options.vocabulary ?? "",
      source_kind: "file",
      room_id: this.options.room || null,
    });
    localStorage.setItem(key(this.file), made.id);
    return { id: made.id, received: [] };
  }

  sizeOf(n) {
    return Math.min(CHUNK, this.file.size - n * CHUNK);
  }

  /** Sends one chunk, trying again with growing pauses while the trouble may pass. */
  async persist(n) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.send(n);
        this.done += this.sizeOf(n);
        return;
      } catch (error) {
        if (this.cancelled || error instanceof Refused || attempt >= TRIES) throw error;
        const pause = Math.min(30, 2 ** (attempt - 1));
        this.report(0, `Connection lost. Trying again in ${pause} s…`);
        await sleep(pause * 1000);
        if (this.cancelled) throw error;
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
      request.upload.onprogress = (event) => this.report(Math.min(event.loaded, this.sizeOf(n)), null);
      request.onload = () => {
        if (request.status < 300) return resolve();
        let detail = `the server answered ${request.status}`;
        try {
          const body = JSON.parse(request.responseText);
          if (typeof body.detail === "string") detail = body.detail;
        } catch { /* not JSON: the status says it */ }
        reject(passing(request.status) ? new Error(detail) : new Refused(detail));
      };
      request.onerror = () => reject(new Error("the connection was lost"));
      request.onabort = () => reject(new Error("cancelled"));
      request.send(form);
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

  /** Stops, and takes back what the server has. */
  async cancel() {
    this.cancelled = true;
    this.request?.abort();
    localStorage.removeItem(key(this.file));
    if (this.id) await fetch(`/v1/transcripts/${this.id}`, { method: "DELETE" }).catch(() => {});
  }
}
