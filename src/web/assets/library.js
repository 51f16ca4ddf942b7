// The list of transcripts: kept fresh while work goes on, and a bar for those that are ticked.

import { keepFresh } from "./rows.js";
import { say } from "./say.js";

const bulk = document.getElementById("bulk");
const boxes = () => [...document.querySelectorAll('#rows input[name="id"]')];
let last = null;

function show() {
  const all = boxes();
  bulk.hidden = all.length === 0;
  const ticked = all.filter((box) => box.checked);
  const every = bulk.querySelector("[data-all]");
  const count = bulk.querySelector("[data-count]");
  every.querySelector("input").checked = all.length > 0 && ticked.length === all.length;
  every.querySelector("input").indeterminate = ticked.length > 0 && ticked.length < all.length;
  const said = say("scripts-ticked", { count: ticked.length, total: all.length });
  if (count.textContent !== said) count.textContent = said;
  bulk.classList.toggle("some", ticked.length > 0);
  for (const control of bulk.querySelectorAll(".bulk-acts button:not([data-always])")) control.disabled = ticked.length === 0;
}

if (bulk) {
  const every = bulk.querySelector("[data-all]");
  every.hidden = false;
  every.querySelector("input").addEventListener("change", (event) => {
    for (const box of boxes()) box.checked = event.target.checked;
    show();
  });
  // With Shift all between this one and the one before.
  document.addEventListener("click", (event) => {
    if (!event.target.matches?.('#rows input[name="id"]')) return;
    const all = boxes();
    const here = all.indexOf(event.target);
    const before = all.indexOf(last);
    if (event.shiftKey && before >= 0) {
      for (const box of all.slice(Math.min(here, before), Math.max(here, before) + 1)) box.checked = event.target.checked;
    }
    last = event.target;
    show();
  });
  document.addEventListener("change", (event) => { if (event.target.matches?.('#rows input[name="id"]')) show(); });
  // A browser that comes back to this page ticks the boxes again.
  window.addEventListener("pageshow", show);
  show();
}

// A search takes a moment in a large library: the list says that it is on its way.
document.querySelector("form.find")?.addEventListener("submit", () => {
  document.getElementById("rows")?.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => document.getElementById("rows")?.removeAttribute("aria-busy"));

keepFresh(5000, { shown: () => { if (bulk) show(); } });
