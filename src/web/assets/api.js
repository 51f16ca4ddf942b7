// Talking to the API: what may pass is told from what will not.

import { say } from "./say.js";

/** Milliseconds after which an answer is not waited for any more. */
export const PATIENCE = 60_000;
/** Where an answer that is no success says so in the language of the page. */
export const TRANSLATED = "x-reflector-said";

/** Shows, with all that is sent of a recording, that one browser sends it: where nobody owns it others may not go on with it. */
export const TOKEN = "x-upload-token";

/** The server refused for good: trying again would not help. `status` says how. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

// 507 (disk full) needs a person; time-outs, throttling and other 5xx may pass.
function passing(status) {
  return status === 408 || status === 429 || (status >= 500 && status !== 507);
}

/**
 * What an answer that is no success means, in the server's own words: a Refused, or an Error for what may pass.
 * @param {?string} [translated] the header with those words in the language of the page, where that is another than the API's
 */
export function failure(status, text, translated) {
  let detail = say("scripts-server-answered", { status: String(status) });
  let code;
  try {
    const data = JSON.parse(text);
    code = data.code;
    // A field that failed its check is a list.
    const said = Array.isArray(data.detail) ? data.detail[0]?.msg : data.detail;
    if (typeof said === "string") detail = translated ? decodeURIComponent(translated) : said;
  } catch { /* not JSON: the status says it */ }
  // The same request, sent before under its key, has no answer yet.
  return passing(status) || code === "at_work" ? new Error(detail) : new Refused(detail, status);
}

/**
 * Calls the API and gives back what it answers; throws Refused for what is refused, Error for what may pass.
 * @param {{once?: string, token?: string}} [how] `once`: a key under which the same call does nothing twice; `token`: see `TOKEN`.
 */
export async function call(method, url, body, { once, token } = {}) {
  const headers = body ? { "content-type": "application/json" } : {};
  if (once) headers["idempotency-key"] = once;
  if (token) headers[TOKEN] = token;
  let response;
  try {
    response = await fetch(url, { method, headers, body: body ? JSON.stringify(body) : undefined, signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    throw new Error(say("scripts-connection-lost"));
  }
  const text = await response.text();
  if (!response.ok) throw failure(response.status, text, response.headers.get(TRANSLATED));
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(say("scripts-answer-unreadable"));
  }
}

/** A name that nothing else has. `crypto.randomUUID` is missing in the clear. */
export function unique() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
