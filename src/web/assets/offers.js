// Recordings that were interrupted: those of the server are on the page; what this browser has of them, or it alone, is added here.

import { Refused, call } from "./api.js";
import { Sender } from "./recorder-send.js";
import { Store, held, lock, save } from "./recorder-store.js";
import { say } from "./say.js";
import { announce, clock } from "./util.js";

const box = document.getElementById("unfinished");
const find = (row, name) => row.querySelector(`[data-${name}]`);
const row = (id) => [...box.querySelectorAll("[data-offer]")].find((one) => one.dataset.offer === id);

/** What somebody is about to press, or is being sent, stays as it is. */
const stays = (one) => one.contains(document.activeElement) || one.hasAttribute("data-sending");
/** One look after the other. */
let last = Promise.resolve();
/** This browser's own storage, opened once. */
let opened = null;

/** Offers what the page has, and goes through what this browser kept. */
export function offer() {
  for (const one of box.querySelectorAll("[data-on]")) one.hidden = false;
  last = last.catch(() => {}).then(() => look([...box.querySelectorAll("[data-offer]")]));
  return last;
}

/**
 * The same by a page that was fetched anew: what was interrupted meanwhile is offered, and what was gone on with, finished or thrown away
 * elsewhere is not any more. True where something had to stay as it was.
 */
export function renew(fresh) {
  const there = fresh.getElementById("unfinished");
  if (!there) return Promise.resolve(false);
  box.toggleAttribute("data-busy", there.hasAttribute("data-busy"));
  last = last.catch(() => {}).then(() => look([...there.querySelectorAll("[data-offer]")]));
  return last.catch(() => true);
}

async function look(theirs) {
  opened ??= window.indexedDB && await Store.open();
  const store = opened;
  const sessions = store ? await store.sessions().catch(() => []) : [];
  const busy = await held();
  // Some tab of this browser is making it now.
  const made = new Set(sessions.filter(({ key }) => busy.has(lock(key))).map(({ id }) => id));
  const offered = new Set();
  for (const one of theirs) {
    const id = one.dataset.offer;
    if (made.has(id)) continue;
    offered.add(id);
    if (row(id)) continue;
    const added = document.importNode(one, true);
    find(added, "on").hidden = false;
    box.append(added);
    announce(find(added, "what").textContent);
  }
  for (const session of sessions.sort((a, b) => a.at - b.at)) {
    if (busy.has(lock(session.key))) continue;
    const shown = row(session.id ?? session.key);
    if ((shown && stays(shown)) || await consider(store, session, shown)) offered.add(session.id ?? session.key);
  }
  const over = [...box.querySelectorAll("[data-offer]")].filter((one) => !offered.has(one.dataset.offer));
  for (const one of over) if (!stays(one)) one.remove();
  show();
  return over.some((one) => one.isConnected);
}

function show() {
  box.hidden = !box.querySelector("[data-offer]");
}

/** Offers one, unless the server has all of it; whether it does. */
async function consider(store, session, shown) {
  const pieces = await store.pieces(session.key);
  const rest = pieces.filter((piece) => !piece.sent);
  let gone = null;
  if (session.id) {
    try {
      const state = await call("GET", `/v1/transcripts/${session.id}/record/upload`);
      if (state.complete) gone = "finished";
    } catch (error) {
      if (error instanceof Refused && error.status === 404) gone = "away";
      // Whoever may give it nothing any more has a visitor's, which is complete.
      if (error instanceof Refused && error.status === 403) gone = "finished";
    }
  }
  if (!pieces.length || (gone && !rest.length) || gone === "away") {
    await store.remove(session.key);
    return false;
  }
  const element = shown ?? document.importNode(document.getElementById("offer").content, true).firstElementChild;
  element.dataset.offer = session.id ?? session.key;
  find(element, "name").textContent = say("scripts-quoted", { text: session.title });
  find(element, "save").hidden = false;
  find(element, "save").onclick = () => save(store, session);
  if (gone) {
    find(element, "what").textContent = say("scripts-offer-without-end", { length: clock(session.seconds) });
    find(element, "detail").textContent = say("scripts-offer-only-here");
    find(element, "finish").hidden = true;
    find(element, "on").hidden = true;
  } else {
    find(element, "what").textContent = say("scripts-offer-interrupted", { length: clock(session.seconds) });
    if (rest.length) find(element, "detail").textContent = rest.length === pieces.length ? say("scripts-offer-all-here") : say("scripts-offer-part-here");
    find(element, "on").href = session.id ? `/record?resume=${session.id}` : `/record?session=${session.key}`;
    find(element, "on").hidden = false;
    find(element, "finish").onsubmit = (event) => { event.preventDefault(); finish(store, session, rest, element); };
  }
  find(element, "away").onsubmit = (event) => { event.preventDefault(); away(store, session, element, gone); };
  if (!shown) box.append(element);
  return true;
}

/** Sends what is missing, and has it transcribed. */
async function finish(store, session, rest, element) {
  const said = find(element, "detail");
  element.toggleAttribute("data-sending", true);
  for (const control of element.querySelectorAll("button")) control.disabled = true;
  said.textContent = say("scripts-offer-sending");
  announce(say("scripts-offer-sending"));
  const sender = new Sender(session, store, ({ waiting, trouble }) => {
    said.textContent = trouble && waiting ? say("scripts-offer-not-sent", { trouble }) : say("scripts-offer-pieces", { count: waiting });
  });
  for (const { number, take, seconds, blob } of rest) sender.push({ number, take, seconds, blob });
  try {
    await sender.finish();
    await store.remove(session.key);
    location.assign(`/transcripts/${session.id}`);
  } catch (error) {
    said.textContent = say("scripts-offer-not-finished", { error: error.message });
    announce(said.textContent);
    element.toggleAttribute("data-sending", false);
    for (const control of element.querySelectorAll("button")) control.disabled = false;
  }
}

async function away(store, session, element, gone) {
  const known = session.id && !gone;
  if (!known && !confirm(say("scripts-offer-throw-away", { title: session.title, length: clock(session.seconds) }))) return;
  if (known) {
    // The server's part goes into the trash, from where it can be taken back.
    try {
      await call("DELETE", `/v1/transcripts/${session.id}`);
    } catch (error) {
      find(element, "detail").textContent = say("scripts-offer-not-thrown", { error: error.message });
      return;
    }
  }
  await store.remove(session.key);
  if (known) return location.assign(`/?deleted=${session.id}`);
  element.remove();
  show();
  (box.querySelector("[data-offer] :is(button, a):not([hidden])") ?? document.querySelector("[data-choose]"))?.focus();
  announce(say("scripts-offer-thrown"));
  return null;
}
