// Keeps a list of transcripts fresh while something in it is being worked on.

import { fetchDocument } from "./util.js";

export function keepFresh(every = 3000) {
  let timer = null;
  const later = () => { timer = setTimeout(refresh, every); };

  async function refresh() {
    const rows = document.getElementById("rows");
    if (!rows) return;
    if (document.hidden || rows.contains(document.activeElement)) return later();
    try {
      const fresh = (await fetchDocument(location.href)).getElementById("rows");
      if (fresh && fresh.outerHTML !== rows.outerHTML) rows.replaceWith(document.importNode(fresh, true));
    } catch { /* the next round tries again */ }
    if (document.querySelector("#rows[data-busy]")) later();
  }

  if (document.querySelector("#rows[data-busy]")) later();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && timer) { clearTimeout(timer); refresh(); }
  });
}
