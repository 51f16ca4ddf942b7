// Keeps a list of transcripts as true as the server's: events say that a line changed, and while something in it is being worked
// on it is asked for now and then, since events of lists tell no percentages.

import { EventSocket } from "./socket.js";
import { fetchDocument } from "./util.js";

/** Begins it; what is given back says that something has changed, to whoever changed it. */
export function keepFresh(every = 3000) {
  let timer = null;
  /** Something is known to have changed that is not shown yet. */
  let stale = false;
  const later = (after = every) => { clearTimeout(timer); timer = setTimeout(refresh, after); };

  async function refresh() {
    timer = null;
    const rows = document.getElementById("rows");
    if (!rows) return;
    // What somebody is about to press or has marked stays where it is; who looks elsewhere is shown it when they come back.
    if (rows.contains(document.activeElement) || rows.querySelector("input:checked")) return later();
    if (document.hidden) return;
    stale = false;
    try {
      const fresh = (await fetchDocument(location.href)).getElementById("rows");
      if (fresh && fresh.outerHTML !== rows.outerHTML) rows.replaceWith(document.importNode(fresh, true));
    } catch {
      // The next round tries again.
      stale = true;
    }
    if (!timer && (stale || document.querySelector("#rows[data-busy]"))) later();
  }

  function changed() {
    stale = true;
    // Several in a row cost one fetch.
    later(300);
  }

  if (document.querySelector("#rows[data-busy]")) later();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (stale || timer || document.querySelector("#rows[data-busy]"))) later(0);
  });
  // Whoever comes back without an id to go on from may have missed something.
  let opened = false;
  const socket = new EventSocket("/v1/events", {
    event: changed,
    open: (resumed) => { if (opened && !resumed) changed(); opened = true; },
  });
  socket.start();
  return changed;
}
