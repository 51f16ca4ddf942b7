// What can be done with selected words: play, repeat, copy, give them to another speaker.

import { chosen } from "./focus.js";
import { say } from "./say.js";
import { announce, clock, copy } from "./util.js";
import { selectedWords, startOf } from "./words.js";

export class Selection {
  constructor(id, { player, editor }) {
    this.id = id;
    this.player = player;
    this.editor = editor;
    this.bar = document.querySelector("[data-selection]");
    this.words = null;
    const part = (name) => this.bar.querySelector(`[data-selection-${name}]`);
    // A press must not take the selection away.
    this.bar.addEventListener("pointerdown", (event) => { if (event.target.closest("button")) event.preventDefault(); });
    this.bar.addEventListener("keydown", (event) => this.key(event));
    part("play").addEventListener("click", () => this.player()?.only(this.words.start, this.words.end));
    part("loop").addEventListener("click", () => this.player()?.loop({ from: this.words.start, to: this.words.end }));
    part("copy").addEventListener("click", () => this.copy());
    this.hand = part("hand");
    this.speaker = part("speaker");
    if (this.speaker) chosen(this.speaker, this.bar.querySelector("[data-enter]"), () => this.give(Number(this.speaker.value)));
    document.addEventListener("selectionchange", () => { clearTimeout(this.soon); this.soon = setTimeout(() => this.look(), 200); });
    window.addEventListener("scroll", () => this.place(), { passive: true });
    // By keyboard one goes on past the words, and the bar would cover what comes next.
    document.addEventListener("focusin", ({ target }) => {
      if (target.id === "text") this.look();
      else if (this.passed(target)) this.bar.hidden = true;
    });
  }

  /** Whether somebody has gone on to this by keyboard. */
  passed(control) {
    return control.id !== "text" && control.matches(":focus-visible") && !this.bar.contains(control);
  }

  look() {
    const control = document.activeElement;
    if (this.bar.contains(control)) return;
    this.words = control?.closest(".edit-panel") ? null : selectedWords();
    this.bar.hidden = !this.words || (control !== null && this.passed(control));
    if (this.bar.hidden) return;
    this.hand.hidden = true;
    for (const name of ["play", "loop"]) this.bar.querySelector(`[data-selection-${name}]`).hidden = !this.player();
    if (this.speaker) this.speakers();
    this.place();
  }

  speakers() {
    const names = this.editor.names;
    const editable = Boolean(document.querySelector("[data-part=text][data-editable]"));
    this.speaker.parentElement.hidden = !editable;
    const now = this.words.first.paragraph.closest(".turn").querySelector("[data-person]")?.dataset.person ?? "";
    const next = Math.max(-1, ...names.keys()) + 1;
    const options = [...names].sort((a, b) => a[0] - b[0]).map(([number, name]) => new Option(name, String(number)));
    this.speaker.replaceChildren(...(now === "" ? [new Option(say("scripts-unknown-speaker"), "")] : []), ...options, new Option(say("scripts-another-speaker"), String(next)));
    this.speaker.value = now;
  }

  /** Above the words, or below them where the player would cover it. On a phone the style sheet has it at the bottom. */
  place() {
    if (this.bar.hidden || !this.words) return;
    const box = getSelection().rangeCount ? getSelection().getRangeAt(0).getBoundingClientRect() : null;
    if (!box || !box.width) return;
    const top = document.querySelector(".player")?.getBoundingClientRect().bottom ?? 0;
    const { width, height } = this.bar.getBoundingClientRect();
    const above = box.top - height - 8;
    const below = Math.min(box.bottom + 8, window.innerHeight - height - 8);
    this.bar.style.setProperty("--x", `${Math.max(8, Math.min(box.left, window.innerWidth - width - 8))}px`);
    this.bar.style.setProperty("--y", `${above > top ? above : below}px`);
  }

  focus() {
    if (!this.bar.hidden) this.bar.querySelector("button:not([hidden])").focus();
  }

  key(event) {
    const all = [...this.bar.querySelectorAll("button:not([hidden]), label:not([hidden]) select")];
    const here = all.indexOf(document.activeElement);
    if (event.key === "Escape") {
      event.stopPropagation();
      document.getElementById("text").focus({ preventScroll: true });
      getSelection().removeAllRanges();
      this.words = null;
      this.bar.hidden = true;
    } else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && event.target.tagName === "BUTTON") {
      event.preventDefault();
      all[(here + (event.key === "ArrowRight" ? 1 : all.length - 1)) % all.length].focus();
    }
  }

  async copy() {
    const { first, start, text } = this.words;
    const name = first.paragraph.closest(".turn").querySelector(".name")?.textContent;
    const from = clock(Math.max(start, startOf(first.paragraph)));
    const copied = name ? say("scripts-selected-named", { name, from, text }) : say("scripts-selected", { from, text });
    if (!(await copy(copied))) {
      this.show(copied);
      return;
    }
    this.hand.hidden = true;
    announce(say("scripts-copied-said"));
    const button = this.bar.querySelector("[data-selection-copy]");
    button.textContent = say("scripts-copied");
    setTimeout(() => { button.textContent = say("scripts-copy-with-time"); }, 2000);
  }

  /** Where a page may not copy: what was to be copied, marked, to be copied by hand. Its label says so. */
  show(text) {
    const field = this.hand.querySelector("textarea");
    this.hand.hidden = false;
    field.value = text;
    field.focus({ preventScroll: true });
    field.select();
  }

  async give(speaker) {
    const { start, lastStart } = this.words;
    const name = this.speaker.selectedOptions[0].textContent;
    const given = await this.editor.give(speaker, start, lastStart, name);
    if (!given) return;
    getSelection().removeAllRanges();
    this.words = null;
    this.bar.hidden = true;
    document.getElementById("text").focus({ preventScroll: true });
  }
}
