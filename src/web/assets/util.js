// Small things that several pages use.

import { number, say } from "./say.js";

/** Seconds as "1:05" or "1:02:05". */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const s = String(whole % 60).padStart(2, "0");
  return h ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}

/** Seconds in words a screen reader speaks well. */
export function spoken(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const parts = [h && say("scripts-hours", { count: h }), m && say("scripts-minutes", { count: m }), s && say("scripts-seconds", { count: s })];
  return parts.filter(Boolean).join(" ") || say("scripts-start");
}

/** Opens what is folded of a form where something was chosen in it. */
export function unfold(form) {
  for (const fold of form.querySelectorAll("details")) {
    if ([...fold.querySelectorAll("input, select, textarea")].some(isTyped)) fold.open = true;
  }
}

/**
 * Puts a text into the clipboard; false where the browser does not let a page do so. Without TLS it has no clipboard for scripts, but
 * still the old command.
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const give = (event) => { event.preventDefault(); event.clipboardData.setData("text/plain", text); };
    document.addEventListener("copy", give);
    try {
      return document.execCommand("copy");
    } finally {
      document.removeEventListener("copy", give);
    }
  }
}

/** Bytes as "12.3 MB". */
export function bytes(count) {
  let unit = 0;
  while (count >= 1000 && unit < 3) { count /= 1000; unit += 1; }
  return say("scripts-size", { number: number(count, unit && count < 100 ? 1 : 0), unit });
}

/** A date with its time as pages write it, by the clock of whoever reads. */
export function moment(date) {
  const two = (count) => String(count).padStart(2, "0");
  // A year is no quantity: nothing separates its digits.
  const day = say("date-day", { day: date.getDate(), month: date.getMonth() + 1, year: String(date.getFullYear()) });
  return say("date-moment", { day, time: `${two(date.getHours())}:${two(date.getMinutes())}` });
}

/** The server writes times by its own clock, and how far that is from UTC; they are written anew where another one is read. */
function byThisClock(page) {
  for (const time of page.querySelectorAll("time[datetime]")) {
    const date = new Date(time.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    const here = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString();
    if (here.slice(0, 16) !== time.dateTime.slice(0, 16)) time.textContent = moment(date);
  }
}
byThisClock(document);

/** Does a thing by its name once at a time: who asks meanwhile gets the same promise. */
export function once(running, name, make) {
  if (!running.has(name)) running.set(name, make().finally(() => running.delete(name)));
  return running.get(name);
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Says something to people who can't see the page change; what was said before, too: a region whose text stays the same says nothing. */
export function announce(text) {
  const region = document.getElementById("announce");
  if (region) region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}

/** Whether somebody has written or chosen something that is not sent yet. What was cancelled is hidden. */
export function isTyped(field) {
  if (field.closest("[hidden]") || field.type === "hidden") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
  return field.value !== field.defaultValue;
}

/**
 * Fetches a page and gives back its document, which runs nothing. No string is turned into markup: the policy forbids that.
 * What is shown of it must be copied (importNode): sound that was moved out of such a document never plays.
 */
export function fetchDocument(url) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.responseType = "document";
    request.setRequestHeader("accept", "text/html");
    request.onload = () => {
      // A page that may only be seen after a login leads there.
      const status = new URL(request.responseURL || url, location.href).pathname === "/login" ? 401 : request.status;
      if (status === 200 && request.response) {
        byThisClock(request.response);
        resolve(request.response);
      } else reject(Object.assign(new Error(`${status}`), { status }));
    };
    request.onerror = () => reject(new Error("no answer"));
    request.send();
  });
}
