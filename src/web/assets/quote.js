// A link to selected words: made, copied, taken back again, all in one dialog.

import { call } from "./api.js";
import { say } from "./say.js";
import { announce, clock, copy, moment } from "./util.js";

export class Quoting {
  constructor(id, selection) {
    this.base = `/v1/transcripts/${id}/quotes`;
    this.selection = selection;
    this.dialog = document.querySelector("[data-quote-dialog]");
    if (!this.dialog) return;
    this.form = this.dialog.querySelector("form");
    this.part = (name) => this.dialog.querySelector(`[data-quote-${name}]`);
    document.querySelector("[data-selection-quote]")?.addEventListener("click", () => this.open());
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.make(); });
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
    for (const button of this.dialog.querySelectorAll("[data-quote-close]")) button.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.back());
    this.part("copy").addEventListener("click", () => this.copy());
    this.part("revoke").addEventListener("click", () => this.revoke());
    this.form.elements.link.addEventListener("focus", () => this.form.elements.link.select());
  }

  /** For the words that are selected, if any are. */
  open() {
    const { words } = this.selection;
    if (!this.dialog || !words || this.dialog.open) return;
    // A word's end is rounded on the page, and may lie behind the recording's.
    this.words = { ...words, end: Math.min(words.end, Number(this.dialog.dataset.length) || words.end) };
    this.range = getSelection().rangeCount ? getSelection().getRangeAt(0).cloneRange() : null;
    this.part("text").textContent = say("scripts-quoted", { text: words.text });
    this.part("when").textContent = `${clock(this.words.start)} – ${clock(this.words.end)}`;
    this.show(null);
    this.dialog.showModal();
    this.form.elements.life.focus();
  }

  /** The link that was made, or what makes one. */
  show(made) {
    this.made = made;
    this.say("");
    this.part("new").hidden = Boolean(made);
    this.part("made").hidden = !made;
    this.form.elements.link.value = made?.url ?? "";
    if (!made) return;
    const until = this.part("until");
    until.dateTime = made.expires_at;
    until.textContent = moment(new Date(made.expires_at));
    this.part("copy").focus();
  }

  say(text) {
    this.part("trouble").textContent = text;
    this.part("trouble").hidden = !text;
  }

  async ask(method, path, body) {
    if (this.asking) return null;
    this.asking = true;
    this.form.setAttribute("aria-busy", "true");
    this.say("");
    try {
      return await call(method, this.base + path, body);
    } catch (error) {
      this.say(say("scripts-quote-failed", { error: error.message }));
      return null;
    } finally {
      this.asking = false;
      this.form.removeAttribute("aria-busy");
    }
  }

  async make() {
    if (this.made) return;
    const { start, end } = this.words;
    const made = await this.ask("POST", "", { start, end, expires_in: Number(this.form.elements.life.value) });
    if (!made) return;
    this.show(made);
    announce(say("scripts-quote-made"));
  }

  async copy() {
    const { link } = this.form.elements;
    const button = this.part("copy");
    // The old command copies only while something is marked.
    if (!navigator.clipboard) link.focus();
    if (!(await copy(link.value))) {
      link.focus();
      link.select();
      this.say(say("scripts-not-copied"));
      return;
    }
    button.focus();
    this.say("");
    announce(say("scripts-quote-copied"));
    button.textContent = say("scripts-copied");
    setTimeout(() => { button.textContent = say("scripts-copy"); }, 2000);
  }

  async revoke() {
    if (!(await this.ask("DELETE", `/${this.made.id}`))) return;
    this.show(null);
    this.form.elements.life.focus();
    announce(say("scripts-quote-taken-back"));
  }

  /** To the words it was about, which are selected again. */
  back() {
    document.getElementById("text")?.focus({ preventScroll: true });
    if (!this.range?.startContainer.isConnected) return;
    getSelection().removeAllRanges();
    getSelection().addRange(this.range);
  }
}
