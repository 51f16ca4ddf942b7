// The transcript page: player, words, live changes, inline title.

import { Editor } from "./edit.js";
import { Follow } from "./follow.js";
import { Live } from "./live.js";
import { Player } from "./player.js";

document.documentElement.classList.add("js");

const page = document.querySelector("[data-transcript]");
const live = new Live(page.dataset.transcript, changed);
const editor = new Editor(page.dataset.transcript, { refresh: () => live.refresh(), player: () => player });
let player = null;
let follow = null;

function attachPlayer() {
  const root = document.querySelector(".player");
  if (!root?.querySelector("audio")) return;
  const before = player?.time;
  follow?.end();
  player = new Player(root);
  if (before) player.seek(before);
  follow = new Follow(player);
  const from = Number(new URLSearchParams(location.search).get("t"));
  if (from > 0 && !before) player.audio.addEventListener("loadedmetadata", () => player.seek(from), { once: true });
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
    shown.hidden = editing;
    edit.hidden = editing;
    if (editing) { input.focus(); input.select(); } else edit.focus();
  };
  edit.hidden = false;
  edit.addEventListener("click", () => swap(true));
  form.querySelector("[data-title-cancel]").addEventListener("click", () => swap(false));
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") swap(false); });
}

function changed(names) {
  if (names.includes("player")) attachPlayer();
  else if (names.includes("marks")) player?.placeMarks();
  if (names.includes("head")) attachTitle();
  if (names.includes("text") || names.includes("topics")) follow?.index();
  if (names.includes("text")) editor.attach();
}

// A menu closes when the attention goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});

attachPlayer();
attachTitle();
editor.attach();
live.start();
