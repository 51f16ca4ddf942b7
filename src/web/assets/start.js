// The start page: files are chosen or dropped, interrupted uploads and recordings are offered, and the list stays fresh.

import { offer, renew } from "./offers.js";
import { hand, held } from "./recorder-store.js";
import { keepFresh } from "./rows.js";
import { say } from "./say.js";
import { arrived, forget, isNote, unfinished } from "./upload.js";
import { Uploads } from "./upload-list.js";
import { announce, bytes, unfold } from "./util.js";

const form = document.getElementById("drop");
const input = form.querySelector('input[type="file"]');
const choose = form.querySelector("[data-choose]");
/** The list of transcripts, once something was added to it or taken away. */
const refresh = keepFresh(3000, {
  fetched: (fresh) => {
    // What was thrown away elsewhere needs no reminder.
    if (!box.hidden) remindUnlessHeld();
    return renew(fresh);
  },
});
const queue = new Uploads(document.getElementById("uploading"), Number(form.dataset.limit), refresh);

for (const kind of ["dragenter", "dragover"]) {
  form.addEventListener(kind, (event) => { event.preventDefault(); form.classList.add("over"); });
}
for (const kind of ["dragleave", "drop"]) form.addEventListener(kind, () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  event.preventDefault();
  const { files, folders } = dropped(event.dataTransfer);
  if (files.length) add(files);
  if (folders.length) refuseFolders(folders, files.length);
});
// A file dropped beside the zone must not make the browser leave the page.
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());

form.classList.add("with-script");
choose.hidden = false;
form.querySelector("[data-plain]").hidden = true;
// Nothing is sent by the form itself any more: Enter in a field chooses files.
input.required = false;
form.addEventListener("submit", (event) => { event.preventDefault(); input.click(); });
choose.addEventListener("click", () => input.click());
input.addEventListener("change", () => {
  const files = [...input.files];
  // The same file may be chosen again.
  input.value = "";
  if (files.length) add(files);
});

// A browser that comes back to this page writes into the fields what was there.
window.addEventListener("pageshow", () => unfold(form));

// It is recorded on a page of its own, the only one that may hear; there it begins at once.
const record = form.querySelector("[data-record]");
for (const one of form.querySelectorAll("[data-record], [data-record-hint]")) one.hidden = !window.isSecureContext || !window.MediaRecorder;
record.addEventListener("click", () => {
  const { title, source_language: language, vocabulary, room_id: room } = form.elements;
  hand({ title: title.value, source_language: language.value, vocabulary: vocabulary.value, room_id: room?.value ?? "" });
  location.assign("/record");
});

function add(files) {
  const { title, source_language: language, vocabulary, room_id: room } = form.elements;
  const given = title.value.trim();
  queue.add(files, (n, of) => ({
    title: given && of > 1 ? `${given.slice(0, 190)} (${n + 1})` : given,
    language: language.value,
    vocabulary: vocabulary.value,
    room: room?.value,
  }));
  // One title is for what was chosen under it.
  title.value = "";
  remind();
}

/** What was dropped: its files, and the names of folders among it. */
function dropped(transfer) {
  const [files, folders] = [[], []];
  for (const item of transfer?.items ?? []) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.();
    if (entry?.isDirectory) folders.push(entry.name);
    else files.push(item.getAsFile());
  }
  return { files: files.filter(Boolean), folders };
}

function refuseFolders(folders, files) {
  const names = folders.map((text) => say("scripts-quoted", { text })).join(", ");
  const said = say("scripts-start-folders", { names, count: folders.length });
  let notice = document.getElementById("folders");
  if (!notice) {
    notice = document.createElement("p");
    notice.id = "folders";
    notice.className = "notice bad";
    notice.setAttribute("role", "alert");
    form.before(notice);
  }
  notice.textContent = files ? `${said} ${say("scripts-start-files-taken", { count: files, folders: folders.length })}` : said;
}

// Uploads of this browser that did not end: the files have to be chosen again, since no page may keep them.
const box = document.getElementById("waiting");
box.querySelector("[data-again]").addEventListener("click", () => input.click());

let soon = null;

async function remind() {
  const underWay = new Set(queue.items.map((item) => item.upload.mark));
  const elsewhere = await held();
  const open = [];
  clearTimeout(soon);
  for (const note of unfinished()) {
    if (underWay.has(note.key)) continue;
    // Another tab has it, for as long as that is open.
    if (elsewhere.has(note.key)) {
      soon = setTimeout(remindUnlessHeld, 5000);
      continue;
    }
    try {
      const had = await arrived(note);
      if (had === null) { forget(note.key); continue; }
      open.push({ ...note, had });
    } catch {
      open.push({ ...note, had: null });
    }
  }
  const list = box.querySelector("[data-list]");
  list.replaceChildren(...open.map(line));
  box.querySelector("[data-said]").textContent = say("scripts-start-unfinished", { count: open.length });
  box.querySelector("[data-again]").textContent = say("scripts-start-choose", { count: open.length });
  box.hidden = open.length === 0;
}

/** Other tabs begin uploads, end them, or are closed in the middle of one. What somebody is about to press stays where it is. */
function remindUnlessHeld() {
  if (!box.contains(document.activeElement)) remind();
}
window.addEventListener("storage", ({ key }) => { if (key === null || isNote(key)) remindUnlessHeld(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) remindUnlessHeld(); });

function line(note) {
  const row = document.importNode(document.getElementById("waiting-file").content, true).firstElementChild;
  row.querySelector("[data-name]").textContent = note.name;
  row.querySelector("[data-detail]").textContent = note.had === null ? "" : say("scripts-start-arrived", { had: bytes(note.had), size: bytes(note.size) });
  const away = row.querySelector("[data-forget]");
  away.setAttribute("aria-label", say("scripts-start-throw-away", { name: note.name }));
  away.addEventListener("click", async () => {
    forget(note.key);
    await fetch(`/v1/transcripts/${note.id}`, { method: "DELETE" }).catch(() => {});
    announce(say("scripts-start-thrown-away", { name: note.name }));
    await remind();
    refresh();
    choose.focus();
  });
  return row;
}

remind();
offer();
