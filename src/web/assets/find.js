// Finds what is said anywhere in the text, also where it is not on the page yet, and replaces it.

import { isLost } from "./focus.js";
import { say } from "./say.js";
import { announce } from "./util.js";
import { bring, colour, rangesBetween } from "./words.js";

export class Find {
  constructor({ id, editor, text, follow }) {
    Object.assign(this, { id, editor, text, follow });
    this.bar = document.querySelector("[data-find]");
    this.form = this.bar.querySelector("form");
    this.count = this.bar.querySelector("[data-find-count]");
    this.places = [];
    this.total = 0;
    this.here = -1;
    const part = (name) => this.bar.querySelector(`[data-find-${name}]`);
    this.form.elements.find.addEventListener("input", () => { clearTimeout(this.soon); this.soon = setTimeout(() => this.search(), 250); });
    for (const name of ["whole_words", "case_sensitive"]) this.form.elements[name].addEventListener("change", () => this.search());
    part("before").addEventListener("click", () => this.step(-1));
    part("after").addEventListener("click", () => this.step(1));
    part("close").addEventListener("click", () => this.close());
    part("one")?.addEventListener("click", () => this.replace(this.here));
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.replace(); });
    this.form.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("click", (event) => { if (event.target.closest?.("[data-find-open]")) this.open(); });
    text.addEventListener("open", () => this.mark());
    this.attach();
  }

  /** The button and the bar stand at the head of the text. */
  attach() {
    const row = document.querySelector("[data-part=text] .label-row");
    const button = row?.querySelector("[data-find-open]");
    if (button) button.hidden = !document.querySelector("#text .leaf");
    // Moved once only: what is moved loses the focus.
    if (row && this.bar.parentElement !== row.parentElement) row.after(this.bar);
    const replace = this.bar.querySelector("[data-find-replace]");
    if (replace) replace.hidden = !document.querySelector("[data-part=text][data-editable]");
    if (!this.bar.hidden) this.search(true);
  }

  open() {
    if (!document.querySelector("#text .leaf")) return;
    const selected = String(getSelection()).trim();
    this.bar.hidden = false;
    if (selected && selected.length < 100 && !selected.includes("\n")) this.form.elements.find.value = selected;
    this.form.elements.find.focus();
    this.form.elements.find.select();
    this.search();
  }

  close() {
    this.bar.hidden = true;
    this.places = [];
    this.mark();
    document.querySelector("[data-find-open]")?.focus({ preventScroll: true });
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") { event.stopPropagation(); this.close(); }
    if (event.key === "Enter" && event.target === this.form.elements.find) { event.preventDefault(); this.step(event.shiftKey ? -1 : 1); }
  }

  /** What is looked for. */
  get wanted() {
    const { find, whole_words: whole, case_sensitive: exact } = this.form.elements;
    return { find: find.value.trim(), whole_words: whole.checked, case_sensitive: exact.checked };
  }

  async search(quiet = false) {
    const wanted = this.wanted;
    const asked = (this.asked = (this.asked ?? 0) + 1);
    if (!wanted.find) { this.places = []; this.total = 0; this.here = -1; this.show(); return; }
    const query = new URLSearchParams({ q: wanted.find, whole_words: wanted.whole_words, case_sensitive: wanted.case_sensitive });
    const found = await this.editor.ask("GET", `/find?${query}`, null, (message) => { this.count.textContent = message; });
    if (!found || asked !== this.asked) return;
    if (found.conflict) { this.count.textContent = found.detail; return; }
    this.revision = found.revision;
    this.searched = JSON.stringify(wanted);
    const at = quiet ? this.places[this.here]?.start ?? 0 : 0;
    this.places = found.places;
    this.total = found.total;
    // The one that was shown, else the first from what is in sight on.
    const from = quiet ? at : this.sight();
    this.here = this.places.findIndex((place) => place.start >= from - 0.01);
    if (this.here < 0 && this.places.length) this.here = 0;
    this.show();
    if (!quiet && this.here >= 0) await this.go();
  }

  /** When the first word in sight is said. */
  sight() {
    const top = document.querySelector(".player")?.getBoundingClientRect().bottom ?? 0;
    const first = [...document.querySelectorAll("#text p[data-w]")].find((one) => one.getBoundingClientRect().bottom > top);
    return Number(first?.previousElementSibling?.querySelector(".at")?.dataset.seek ?? 0);
  }

  step(by) {
    if (!this.places.length) { this.search(); return; }
    this.here = (this.here + by + this.places.length) % this.places.length;
    this.show();
    this.go();
  }

  show() {
    const { find } = this.wanted;
    let said = "";
    if (find && !this.places.length) said = say("scripts-find-nowhere");
    else if (find) said = say("scripts-find-place", { number: this.here + 1, total: this.total });
    this.count.textContent = said;
    for (const button of this.bar.querySelectorAll("[data-find-before], [data-find-after], [data-find-one]")) button.disabled = !this.places.length;
    if (this.bar.contains(document.activeElement) && isLost()) this.form.elements.find.focus();
    this.mark();
  }

  async go() {
    const place = this.places[this.here];
    if (!place) return;
    this.follow()?.leave();
    await this.text.show(place.start).catch(() => {});
    this.mark();
    const [range] = rangesBetween(this.text, place.start, place.end);
    if (range) bring(range);
    announce(`${this.count.textContent}: ${place.before}${place.text}${place.after}`);
  }

  mark() {
    const ranges = (places) => places.flatMap((place) => rangesBetween(this.text, place.start, place.end));
    colour("found", this.bar.hidden ? [] : ranges(this.places.filter((_, number) => number !== this.here)));
    colour("here", this.bar.hidden ? [] : ranges(this.places.slice(this.here, this.here + 1)));
  }

  /** Replaces one place, or all of them. */
  async replace(only) {
    const wanted = this.wanted;
    if (!wanted.find || !this.form.elements.replace || !this.editor.leave()) return;
    // A search that somebody's typing began meanwhile takes the place of this one, which then has found nothing.
    for (let tries = 0; tries < 5 && this.searched !== JSON.stringify(wanted); tries += 1) await this.search(true);
    if (this.searched !== JSON.stringify(wanted) || !this.revision || (only !== undefined && !this.places[only])) return;
    const body = { revision: this.revision, ...wanted, replace: this.form.elements.replace.value, ...(only === undefined ? {} : { only }) };
    const answer = await this.editor.ask("POST", "/edits/replace", body, (message) => { this.count.textContent = message; announce(message); });
    if (!answer) return;
    if (answer.conflict) {
      await this.editor.renew(true);
      await this.search(true);
      this.editor.say(say("scripts-changed-try-again"));
      return;
    }
    this.editor.know(answer);
    await this.editor.renew();
    await this.search(true);
    this.editor.say(answer.replaced ? say("scripts-find-replaced", { count: answer.replaced }) : say("scripts-find-none", { text: wanted.find }));
    if (only !== undefined && this.places.length) this.go();
  }
}
