// Recordings that were interrupted: those of the server are on the page; what this browser has of them, or it alone, is added here.

import { Refused, call } from "./api.js";
import { Sender } from "./recorder-send.js";
import { Store, held, lock, save } from "./recorder-store.js";
import { say } from "./say.js";
import { announce, clock } from "./util.js";

const box = document.getElementById("unfinished");
const find = (row, name) => row.querySelector(`[data-${name}]`);
const row = (id) => [...box.querySelectorAll("[data-offer]")].find((one) => one.dataset.offer === id);

/** Goes through what this browser kept. */
export async function offer() {
  for (const one of box.querySelectorAll("[data-on]")) one.hidden = false;
  const store = window.indexedDB && await Store.open();
  const sessions = store ? await store.sessions().catch(() => []) : [];
  const busy = await held();
  for (const session of sessions.sort((a, b) => a.at - b.at)) {
    const shown = session.id ? row(session.id) : undefined;
    // A tab of this browser is making it now.
    if (busy.has(lock(session.key))) shown?.remove();
    else await consider(store, session, shown);
  }
  show();
}

function show() {
  box.hidden = !box.querySelector("[data-offer]");
}

/** Offers one, unless the server has all of it. */
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
    }
  }
  if (!pieces.length || (gone && !rest.length) || gone === "away") {
    await store.remove(session.key);
    return;
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
}

/** Sends what is missing, and has it transcribed. */
async function finish(store, session, rest, element) {
  const said = find(element, "detail");
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
