// The words that the machine was not sure of, one after another: each is played, and a person says that it is right, or what is said.

import { say } from "./say.js";
import { announce, clock } from "./util.js";
import { bring, colour, rangesBetween } from "./words.js";

/** Seconds that are played before and after. */
const AROUND = 1;

export class Review {
  constructor({ editor, text, player, follow }) {
    Object.assign(this, { editor, text, player, follow });
    this.panel = document.querySelector("[data-review]");
    this.open = document.querySelector("[data-review-open]");
    if (!this.panel || !this.open) return;
    const part = (name) => this.panel.querySelector(`[data-review-${name}]`);
    this.part = part;
    this.input = part("input");
    this.place = null;
    this.later = new Set();
    this.made = 0;
    this.open.addEventListener("click", () => this.begin());
    part("close").addEventListener("click", () => this.end());
    part("play").addEventListener("click", () => this.play());
    part("right").addEventListener("click", () => this.decide(false, true));
    part("all").addEventListener("click", () => this.decide(true));
    part("skip").addEventListener("click", () => this.skip());
    part("undo").addEventListener("click", () => this.undo());
    part("again").addEventListener("click", () => { this.later.clear(); this.next(-1); });
    part("below").addEventListener("change", () => { this.later.clear(); this.fetch().then((there) => there && this.next(-1)); });
    part("form").addEventListener("submit", (event) => { event.preventDefault(); this.decide(event.submitter === part("all")); });
    this.input.addEventListener("input", () => this.label());
    this.panel.addEventListener("keydown", (event) => this.key(event));
    text.addEventListener("open", () => this.mark());
  }

  get on() { return Boolean(this.panel) && !this.panel.hidden; }

  async begin() {
    if (!this.open || this.open.closest("[hidden]") || this.on || !this.editor.leave()) return;
    this.came = document.activeElement;
    this.made = 0;
    this.later.clear();
    this.part("said").textContent = say("scripts-review-fetching");
    this.panel.hidden = false;
    this.open.setAttribute("aria-expanded", "true");
    if (!(await this.fetch())) return;
    this.say("");
    this.next((this.player()?.time ?? 0) - 0.01);
  }

  end() {
    this.panel.hidden = true;
    this.open.setAttribute("aria-expanded", "false");
    this.player()?.audio.pause();
    this.place = null;
    colour("doubtful", []);
    this.editor.renew(true);
    (this.came?.isConnected && this.came !== document.body ? this.came : this.open).focus({ preventScroll: true });
  }

  say(text) {
    this.part("said").textContent = text;
    if (text) announce(text);
  }

  /** What is doubtful now; whether that could be asked. */
  async fetch() {
    const found = await this.editor.ask("GET", `/doubts?below=${this.part("below").value}&limit=200`, null, (message) => this.say(message));
    if (!found) return false;
    if (found.conflict) { this.say(found.detail); return false; }
    this.revision = found.revision;
    this.left = found.places;
    this.places = found.groups.flatMap((group) => group.places.map((place) => ({ ...place, group })));
    this.places.sort((a, b) => a.start - b.start);
    return true;
  }

  keyOf({ start, text }) { return `${Math.round(start * 100)} ${text}`; }

  /** The first place after a time, else from the beginning; those kept for later come last. */
  next(after) {
    const open = this.places.filter((place) => !this.later.has(this.keyOf(place)));
    this.show(open.find((place) => place.start > after) ?? open[0] ?? null);
  }

  show(place) {
    this.place = place;
    const { part } = this;
    const left = say("scripts-review-left", { count: this.left });
    part("left").textContent = this.left ? left : "";
    part("undo").disabled = this.made === 0;
    part("item").hidden = !place;
    part("done").hidden = Boolean(place);
    if (!place) {
      part("done").querySelector("strong").textContent = this.left ? say("scripts-review-for-later", { count: this.left }) : say("scripts-review-none");
      part("again").hidden = !this.left;
      this.mark();
      announce(part("done").querySelector("strong").textContent);
      (this.left ? part("again") : part("close")).focus({ preventScroll: true });
      return;
    }
    part("before").textContent = place.before;
    part("word").textContent = place.text;
    part("after").textContent = place.after;
    const name = place.speaker === null ? null : this.editor.names.get(place.speaker);
    part("where").textContent = [name, clock(place.start), say("scripts-review-sure", { percent: Math.round(place.probability * 100) })].filter(Boolean).join(" · ");
    this.input.value = plain(place.text);
    this.label();
    this.input.focus({ preventScroll: true });
    this.input.select();
    part("play").hidden = !this.player();
    this.play();
    this.look();
    announce(`${left}: ${place.before} ${place.text} ${place.after}`);
  }

  /** What the buttons do now. */
  label() {
    if (!this.place) return;
    const alike = this.place.group.places.length;
    const other = this.input.value.trim() !== plain(this.place.text);
    this.part("right").hidden = other;
    this.part("here").hidden = !other;
    this.part("here").textContent = this.input.value.trim() ? say("scripts-review-fix") : say("scripts-review-take-out");
    this.part("all").hidden = alike < 2;
    this.part("all").textContent = other ? say("scripts-review-fix-all", { count: alike }) : say("scripts-review-all-right", { count: alike });
  }

  play() {
    if (this.place) this.player()?.only(Math.max(0, this.place.start - AROUND), this.place.end + AROUND);
  }

  async look() {
    const { place } = this;
    this.follow()?.leave();
    await this.text.show(place.start).catch(() => {});
    if (place !== this.place) return;
    const ranges = this.mark();
    if (ranges.length) bring(ranges[0], this.panel.getBoundingClientRect().height);
  }

  mark() {
    const ranges = this.on && this.place ? rangesBetween(this.text, this.place.start, this.place.end) : [];
    colour("doubtful", ranges);
    return ranges;
  }

  /** Right, or another text; here or wherever it reads so. */
  async decide(everywhere, right = false) {
    const { place } = this;
    if (!place || this.busy) return;
    const other = !right && this.input.value.trim() !== plain(place.text);
    const places = (everywhere ? place.group.places : [place]).slice(0, 1000).map(({ segment, word, count }) => ({ segment, word, count }));
    const body = { revision: this.revision, places, ...(other ? { text: this.input.value.trim() } : {}) };
    this.busy = true;
    this.panel.setAttribute("aria-busy", "true");
    try {
      this.say("");
      const answer = await this.editor.ask("POST", "/doubts", body, (message) => this.say(message));
      if (!answer) return;
      if (answer.conflict) {
        if (await this.fetch()) this.next(place.start - 0.02);
        this.say(say("scripts-review-changed"));
        return;
      }
      this.made += 1;
      this.editor.know(answer);
      if (other) await this.editor.renew();
      if (await this.fetch()) this.next(place.start);
    } finally {
      this.busy = false;
      this.panel.removeAttribute("aria-busy");
    }
  }

  skip() {
    if (!this.place) return;
    this.later.add(this.keyOf(this.place));
    this.next(this.place.start);
  }

  /** Takes the last decision back and goes there again. */
  async undo() {
    if (!this.made || this.busy) return;
    const before = new Set(this.places.map((place) => this.keyOf(place)));
    const answer = await this.editor.ask("POST", "/edits/undo", { revision: this.revision }, (message) => this.say(message));
    if (!answer) return;
    if (answer.conflict) { this.say(say("scripts-review-not-undone")); await this.fetch(); return; }
    this.made -= 1;
    this.editor.know(answer);
    await this.editor.renew();
    if (!(await this.fetch())) return;
    const back = this.places.find((place) => !before.has(this.keyOf(place)));
    this.show(back ?? this.place);
    this.say(say("scripts-taken-back"));
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.end(); }
    if (event.target !== this.input) return;
    if (event.key === "Enter") { event.preventDefault(); this.decide(event.shiftKey && this.place?.group.places.length > 1); }
    if (event.altKey && event.key === "ArrowRight") { event.preventDefault(); this.skip(); }
    if (event.altKey && event.key === "ArrowLeft") { event.preventDefault(); this.play(); }
  }
}

/** A word without the punctuation around it, which stays as it is. */
function plain(text) {
  return text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}\p{M}]+$/gu, "");
}
