// The transcript page: player, words, live changes, inline title; each part has its own file, here they meet.

import { call } from "./api.js";
import { Cursor } from "./cursor.js";
import { Editor } from "./edit.js";
import { Find } from "./find.js";
import { Follow } from "./follow.js";
import { Keys } from "./keys.js";
import { Leaves } from "./leaves.js";
import { Live } from "./live.js";
import "./menus.js";
import { Notes } from "./notes.js";
import { People } from "./people.js";
import { Player } from "./player.js";
import { Quoting } from "./quote.js";
import { Review } from "./review.js";
import { Selection } from "./select.js";
import { Versions } from "./versions.js";

document.documentElement.classList.add("js");

const page = document.querySelector("[data-transcript]");
const id = page.dataset.transcript;
let player = null;
let follow = null;
const text = new Leaves(id);
const live = new Live(id, changed, (fresh) => text.adopt(fresh));
const refresh = () => live.refresh();
const editor = new Editor(id, { refresh, player: () => player, text });
const cursor = new Cursor(text, () => follow);
const selection = new Selection(id, { player: () => player, editor });
const quoting = new Quoting(id, selection);
const people = new People({ id, editor, refresh });
const notes = new Notes(id, { refresh });
const find = new Find({ id, editor, text, follow: () => follow });
const review = new Review({ editor, text, player: () => player, follow: () => follow });
new Versions({ editor, go: (at) => (follow ? follow.go(at, false) : text.show(at)) });
document.documentElement.classList.toggle("may-edit", Boolean(editor.bar));
new Keys({
  player: () => player,
  follow: () => follow,
  text,
  acts: {
    r: () => repeat(),
    s: () => selection.focus(),
    q: () => quoting.open(),
    e: () => editor.press(),
    n: () => notes.open(),
    v: () => (review.on ? review.end() : review.begin()),
    "/": () => find.open(),
  },
});

// What is sticky stands below the player, and below the bars for editing and finding where those are open; at the bottom is what asks about words.
const above = new ResizeObserver(() => {
  const height = (css) => document.querySelector(css)?.offsetHeight ?? 0;
  const [sound, edit, found] = [height(".player"), height(".edit-bar.on"), height(".find-bar:not([hidden])")];
  const { style } = document.documentElement;
  style.setProperty("--player-height", `${sound}px`);
  style.setProperty("--edit-height", `${edit}px`);
  style.setProperty("--above", `${sound + edit + found}px`);
  style.setProperty("--below", `${height("[data-review]:not([hidden])")}px`);
});
for (const one of document.querySelectorAll("[data-edit-bar], [data-find], [data-review]")) above.observe(one);

function attachPlayer() {
  const root = document.querySelector(".player");
  if (!root?.querySelector("audio")) return;
  const before = player?.time;
  follow?.end();
  player = new Player(root);
  if (before) player.seek(before);
  follow = new Follow(player, text);
  above.observe(root);
  const from = Number(new URLSearchParams(location.search).get("t"));
  if (from > 0 && !before) player.audio.addEventListener("loadedmetadata", () => player.seek(from), { once: true });
}

/** What is selected again and again, or the paragraph that plays; and no longer. */
function repeat() {
  if (!player) return;
  if (player.looping) { player.loop(null); return; }
  if (selection.words) { player.loop({ from: selection.words.start, to: selection.words.end }); return; }
  const paragraph = text.paragraphAt(player.time);
  if (paragraph) player.loop({ from: Number(paragraph.previousElementSibling.querySelector(".at").dataset.seek), to: Number(paragraph.dataset.end) });
}

// The title becomes a form in place; without script the form is always there in the menu.
function attachTitle() {
  const form = document.querySelector("[data-title-form]");
  const shown = document.querySelector("[data-title-shown]");
  const edit = document.querySelector("[data-title-edit]");
  if (!form) return;
  const input = form.querySelector("input[name=title]");
  const swap = (editing) => {
    form.hidden = !editing;
    // It stays the page's heading.
    shown.classList.toggle("quiet", editing);
    edit.hidden = editing;
    if (editing) { input.focus(); input.select(); } else edit.focus();
  };
  edit.hidden = false;
  edit.addEventListener("click", () => swap(true));
  form.querySelector("[data-title-cancel]").addEventListener("click", () => swap(false));
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") swap(false); });
  // Nothing else begins anew: the sound goes on, and so does whoever is at the keyboard.
  form.noValidate = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const sent = input.value;
    try {
      await call("PATCH", `/v1/transcripts/${id}`, { title: sent });
    } catch (error) {
      input.setCustomValidity(error.message);
      input.reportValidity();
      return;
    }
    input.setCustomValidity("");
    // Whoever went on writing meanwhile goes on.
    if (!form.hidden && input.value === sent) swap(false);
    refresh().catch(() => {});
  });
}

function changed(names) {
  if (names.includes("player")) attachPlayer();
  else if (names.includes("marks")) player?.placeMarks();
  if (names.includes("head")) attachTitle();
  if (names.includes("text") || names.includes("topics")) follow?.index();
  if (names.includes("text")) { cursor.attach(); editor.attach(); find.attach(); }
  if (names.includes("people")) people.attach();
  if (names.includes("notes")) notes.attach();
}

attachPlayer();
attachTitle();
notes.attach();
editor.attach();
live.start();
