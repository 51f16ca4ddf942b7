// Small things that several pages use.

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
  const parts = [[Math.floor(whole / 3600), "hour"], [Math.floor((whole % 3600) / 60), "minute"], [whole % 60, "second"]];
  return parts.filter(([n]) => n).map(([n, unit]) => `${n} ${unit}${n === 1 ? "" : "s"}`).join(" ") || "start";
}

/** Bytes as "12.3 MB". */
export function bytes(count) {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  while (count >= 1000 && unit < units.length - 1) { count /= 1000; unit += 1; }
  return `${count.toFixed(unit && count < 100 ? 1 : 0)} ${units[unit]}`;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Says something to people who can't see the page change. */
export function announce(text) {
  const region = document.getElementById("announce");
  if (region && region.textContent !== text) region.textContent = text;
}

/** Fetches a page and gives back its document. */
export async function fetchDocument(url) {
  const response = await fetch(url, { headers: { accept: "text/html" }, cache: "no-store" });
  if (!response.ok) throw new Error(`${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}
