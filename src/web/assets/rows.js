// Keeps lists, and whatever else says how something is, as true as the server: events of lists say that a line changed. While
// something is being worked on, and where no event tells, the page is asked for now and then.

import { CLOSED, ConnectionNotice, EventSocket, LOG_IN } from "./socket.js";
import { fetchDocument, isTyped } from "./util.js";

/** How long between two looks where a socket would tell but there is none. */
const UNTOLD = 10000;

/** Lists of transcripts, and what else is to be kept fresh, each with an id; the attribute's value is the page to ask for, else this one. */
const parts = () => [...document.querySelectorAll("#rows, [data-live]")];
/** What somebody is about to press, has marked, written or opened stays where it is, and so does the sound they listen to. */
const held = (part) => part.contains(document.activeElement)
  || part.querySelector("details.menu[open], dialog[open]") !== null
  || [...part.querySelectorAll("input, select, textarea")].some(isTyped)
  || [...part.querySelectorAll("audio")].some((audio) => !audio.paused);
const busy = () => document.querySelector("[data-busy]") !== null;

/**
 * Begins it; what is given back says that something has changed, to whoever changed it.
 * @param {number} every milliseconds between two looks while something is being worked on
 * @param {{idle?: number, shown?: () => void, fetched?: (fresh: Document) => Promise<boolean>}} more milliseconds between two looks while
 *   nothing is, where no event tells of what is shown; what to call once a part was replaced; what takes the rest of a page that was
 *   fetched, and says whether some of it could not be shown yet
 */
export function keepFresh(every = 3000, { idle = 0, shown = () => {}, fetched = null } = {}) {
  let timer = null;
  /** Something is known to have changed that is not shown yet. */
  let stale = false;
  let ended = false;
  /** There is no socket for whoever is not logged in. */
  let alone = false;
  const notice = new ConnectionNotice();
  const later = (after) => { clearTimeout(timer); timer = setTimeout(refresh, after); };
  const pause = () => {
    if (stale || busy()) return every;
    return idle || (socket.connected || alone ? 0 : UNTOLD);
  };

  async function refresh() {
    timer = null;
    // Who looks elsewhere is shown it when they come back.
    if (ended || document.hidden) return;
    // While the line holds, nothing is fetched that may not be shown.
    const there = parts();
    if (socket.connected && there.length && there.every(held)) return later(every);
    stale = false;
    try {
      const from = there.map((part) => part.dataset.live).find(Boolean);
      const fresh = await fetchDocument(from || location.href);
      take(fresh);
      notice.back();
      if (fetched && await fetched(fresh)) stale = true;
    } catch (error) {
      if (error.status === 401) { end(); return notice.over(LOG_IN); }
      // Not there any more, or not for this person; else it is the answer to a form, which is not to be asked for again.
      if ([403, 404].includes(error.status)) { end(); return notice.over(CLOSED); }
      if ([405, 422].includes(error.status)) return end();
      stale = true;
      if (!socket.left) notice.lost();
    }
    if (!timer && pause()) later(pause());
  }

  function take(fresh) {
    let replaced = false;
    for (const old of parts()) {
      const part = fresh.getElementById(old.id);
      if (!part || part.outerHTML === old.outerHTML) continue;
      if (held(old)) { stale = true; continue; }
      old.replaceWith(document.importNode(part, true));
      replaced = true;
    }
    if (replaced) shown();
  }

  function end() {
    ended = true;
    clearTimeout(timer);
    socket.stop();
  }

  function changed() {
    stale = true;
    // Several in a row cost one fetch.
    later(300);
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden && (timer || pause())) later(0); });
  const socket = new EventSocket("/v1/events", {
    event: changed,
    // What happened before, since the page was made or since the line was lost, is told only to whoever has an id to go on from.
    open: (resumed) => { if (!resumed) changed(); },
    // Is it the socket alone, or the server?
    closed: () => later(0),
    // Has their login ended, or do they have none? The page knows.
    over: () => { alone = true; later(1000); },
  });
  socket.start();
  if (idle || busy()) later(busy() ? every : idle);
  return changed;
}
