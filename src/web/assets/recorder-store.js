// What is recorded, kept in this browser until all of it has arrived: a reload, a crash or a lost line costs nothing.

const NAME = "reflector-recordings";

/**
 * A recording of this browser.
 * @typedef {object} Session
 * @property {string} key its name here, which outlives reloads
 * @property {string|null} id its transcript; null until the server was reached
 * @property {string} [token] shows the server that it is this browser's; sessions of older pages have none
 * @property {string} title as people know it
 * @property {object} wish the body that its transcript is made with
 * @property {string} file name of the media file
 * @property {string} mime
 * @property {number} at when it began
 * @property {number} take the newest one: every start of the recorder makes a media file of its own
 * @property {number} next number of the next piece
 * @property {number} seconds recorded so far
 */

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Store {
  constructor(base) {
    this.base = base;
  }

  /** Null where this browser keeps nothing (a private window of some). */
  static async open() {
    try {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("sessions", { keyPath: "key" });
        request.result.createObjectStore("pieces", { keyPath: ["session", "number"] });
      };
      return new Store(await done(request));
    } catch {
      return null;
    }
  }

  /** Everything of one transaction is written, to the disk, or nothing. */
  write(work) {
    const change = this.base.transaction(["sessions", "pieces"], "readwrite", { durability: "strict" });
    work(change.objectStore("sessions"), change.objectStore("pieces"));
    return new Promise((resolve, reject) => {
      change.oncomplete = () => resolve();
      change.onabort = change.onerror = () => reject(change.error ?? new Error("not kept"));
    });
  }

  async sessions() {
    return done(this.base.transaction("sessions").objectStore("sessions").getAll());
  }

  async pieces(key) {
    const all = IDBKeyRange.bound([key, 0], [key, Infinity]);
    return done(this.base.transaction("pieces").objectStore("pieces").getAll(all));
  }

  keep(session) {
    return this.write((sessions) => sessions.put({ ...session }));
  }

  /** A piece, and with it how far the recording is. */
  add(session, piece) {
    return this.write((sessions, pieces) => {
      sessions.put({ ...session });
      pieces.put({ session: session.key, ...piece });
    });
  }

  /** The server has it. */
  sent(session, piece) {
    return this.write((sessions, pieces) => pieces.put({ session: session.key, ...piece, sent: true }));
  }

  remove(key) {
    return this.write((sessions, pieces) => {
      sessions.delete(key);
      pieces.delete(IDBKeyRange.bound([key, 0], [key, Infinity]));
    });
  }
}

/** The name under which the tab that records holds a recording: browsers release it when the tab is gone, however it went. */
export const lock = (key) => `reflector-recording:${key}`;

/** Keys of the recordings that some tab of this browser is making now. */
export async function held() {
  const locks = await navigator.locks?.query().catch(() => null);
  return new Set((locks?.held ?? []).map(({ name }) => name));
}

/** Where the wish to record is kept from the start page to the page that records: for this tab alone, so that no link from elsewhere begins one. */
const WISH = "reflector-record";
/** Milliseconds after which nobody waits for it any more. */
const MEANT = 30_000;

/** Hands on what was typed for a recording that is to begin. */
export function hand(fields) {
  sessionStorage.setItem(WISH, JSON.stringify({ fields, at: Date.now() }));
}

/** What was handed on a moment ago; once, so that a reload begins nothing. */
export function handed() {
  const kept = JSON.parse(sessionStorage.getItem(WISH) ?? "null");
  sessionStorage.removeItem(WISH);
  return kept && Date.now() - kept.at < MEANT ? kept.fields : null;
}

/** Saves what this browser has of a recording as files, one a take. */
export async function save(store, session) {
  const takes = new Map();
  for (const piece of await store.pieces(session.key)) {
    if (!takes.has(piece.take)) takes.set(piece.take, []);
    takes.get(piece.take).push(piece.blob);
  }
  const dot = session.file.lastIndexOf(".");
  for (const [take, blobs] of takes) {
    const name = takes.size === 1 ? "" : ` ${take + 1}`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(blobs, { type: session.mime }));
    link.download = `${session.title.replace(/[/\\:]/g, "-")}${name}${session.file.slice(dot)}`;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }
}
