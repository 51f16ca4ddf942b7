// The start page: drop-zone, upload progress, and a list that stays fresh.

import { Refused, Upload } from "./upload.js";
import { announce, bytes, clock } from "./util.js";
import { keepFresh } from "./rows.js";

const form = document.getElementById("drop");
const input = form.querySelector('input[type="file"]');
const box = document.getElementById("uploading");
const bar = box.querySelector("progress");
const text = (part, value) => { box.querySelector(`[data-${part}]`).textContent = value; };
const actions = { cancel: box.querySelector("[data-cancel]"), again: box.querySelector("[data-again]") };

let upload = null;
let spokenAt = 0;

for (const kind of ["dragenter", "dragover"]) {
  form.addEventListener(kind, (event) => { event.preventDefault(); form.classList.add("over"); });
}
for (const kind of ["dragleave", "drop"]) form.addEventListener(kind, () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files?.[0];
  if (file) start(file);
});
// A file dropped beside the zone must not make the browser leave the page.
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());

form.classList.add("with-script");
form.querySelector("[data-choose]").hidden = false;
form.querySelector("[data-plain]").hidden = true;
form.querySelector("[data-choose] button").addEventListener("click", () => input.click());
input.addEventListener("change", () => { if (input.files[0]) start(input.files[0]); });

function start(file) {
  const limit = Number(form.dataset.limit);
  form.hidden = true;
  box.hidden = false;
  text("name", file.name);
  bar.value = 0;
  if (file.size === 0) return fail("This file is empty: there is nothing in it to transcribe.", file, false);
  if (file.size > limit) return fail(`This file has ${bytes(file.size)}; the limit is ${bytes(limit)}.`, file, false);
  window.addEventListener("beforeunload", warn);
  actions.again.hidden = true;
  box.classList.remove("bad");
  const { title, source_language: language, vocabulary, room_id: room } = form.elements;
  const options = { title: title.value.trim(), language: language.value, vocabulary: vocabulary.value, room: room?.value };
  upload = new Upload(file, options, show);
  show({ sent: 0, total: file.size, speed: 0, waiting: null });
  box.querySelector("[data-cancel]").focus();
  upload.run().then(
    (id) => {
      window.removeEventListener("beforeunload", warn);
      announce("Upload complete");
      location.assign(`/transcripts/${id}`);
    },
    (error) => {
      window.removeEventListener("beforeunload", warn);
      if (!upload.cancelled) fail(`The upload stopped: ${error.message}.`, file, !(error instanceof Refused));
    },
  );
}

function warn(event) { event.preventDefault(); }

function show({ sent, total, speed, waiting }) {
  const percent = total ? Math.floor((sent / total) * 100) : 0;
  bar.value = percent;
  text("percent", `${percent} %`);
  const left = speed > 0 ? (total - sent) / speed : 0;
  const pace = speed > 0 ? ` · ${bytes(speed)}/s${left > 5 ? ` · ${clock(left)} left` : ""}` : "";
  text("detail", waiting ?? `${bytes(sent)} of ${bytes(total)}${pace}`);
  if (waiting || percent >= spokenAt + 25) {
    spokenAt = percent;
    announce(waiting ?? `Upload ${percent} percent`);
  }
}

function fail(message, file, resumable) {
  box.classList.add("bad");
  text("detail", resumable ? `${message} What has arrived is kept.` : message);
  announce(message);
  actions.again.hidden = !resumable;
  actions.again.onclick = () => start(file);
  actions.again.focus();
}

actions.cancel.addEventListener("click", async () => {
  window.removeEventListener("beforeunload", warn);
  await upload?.cancel();
  upload = null;
  box.hidden = true;
  form.hidden = false;
  input.value = "";
  announce("Upload cancelled");
  form.querySelector("[data-choose] button").focus();
});

keepFresh();
