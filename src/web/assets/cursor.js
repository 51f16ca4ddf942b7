// The text by keyboard: arrows choose a word, Enter plays from it, Shift selects.

import { say } from "./say.js";
import { announce, clock } from "./util.js";
import { colour, rangeOf, startOf, wordsOf } from "./words.js";

/** Whether a paragraph is read from right to left, by its first letter. */
function rightToLeft(paragraph) {
  const letter = /\p{L}/u.exec(paragraph.textContent)?.[0] ?? "";
  return /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]/.test(letter);
}

export class Cursor {
  constructor(text, follow) {
    this.text = text;
    this.follow = follow;
    this.at = null;
    text.addEventListener("open", () => { if (this.at && !this.at.paragraph.isConnected) this.leave(); });
    this.attach();
  }

  attach() {
    const root = document.getElementById("text");
    if (!root) return;
    // Tab leads to words, not to where there are none yet.
    root.tabIndex = root.querySelector(".leaf") ? 0 : -1;
    if (root === this.root) return;
    this.root = root;
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", say("scripts-text-label"));
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("blur", () => this.leave());
  }

  leave() {
    this.at = this.anchor = null;
    colour("cursor", []);
  }

  key(event) {
    if (event.target !== this.root || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" && this.at) {
      event.preventDefault();
      this.follow()?.go(wordsOf(this.at.paragraph).starts[this.at.index]);
    } else if (event.key === "Escape" && this.at) {
      getSelection().removeAllRanges();
      this.leave();
    } else if (/^Arrow/.test(event.key)) {
      event.preventDefault();
      this.move(event.key, event.shiftKey);
    }
  }

  /** The first word: that which plays, else the first in sight. */
  first() {
    const now = this.follow()?.now;
    if (now?.paragraph.isConnected && this.follow().player.time > 0) return { ...now };
    const top = document.querySelector(".player")?.getBoundingClientRect().bottom ?? 0;
    const all = this.all();
    const paragraph = all.find((one) => one.getBoundingClientRect().bottom > top) ?? all[0];
    return paragraph ? { paragraph, index: 0 } : null;
  }

  all() { return [...this.root.querySelectorAll("p[data-w]")].filter((one) => one.dataset.w); }

  async move(pressed, selecting) {
    const from = this.at;
    // Where words run to the left, so does the cursor.
    const key = from && rightToLeft(from.paragraph) ? { ArrowRight: "ArrowLeft", ArrowLeft: "ArrowRight" }[pressed] ?? pressed : pressed;
    if (!from) this.at = this.first();
    else if (key === "ArrowRight" && from.index + 1 < wordsOf(from.paragraph).starts.length) this.at = { ...from, index: from.index + 1 };
    else if (key === "ArrowLeft" && from.index > 0) this.at = { ...from, index: from.index - 1 };
    else this.at = (await this.beside(from.paragraph, key === "ArrowRight" || key === "ArrowDown" ? 1 : -1, key === "ArrowLeft")) ?? from;
    if (!this.at) return;
    const range = rangeOf(this.at.paragraph, this.at.index);
    colour("cursor", [range]);
    const box = range.getBoundingClientRect();
    const top = (document.querySelector(".player")?.getBoundingClientRect().bottom ?? 0) + 16;
    if (box.top < top || box.bottom > window.innerHeight - 40) window.scrollBy({ top: box.top - window.innerHeight * 0.4 });
    if (selecting) this.select(from ?? this.at);
    else { this.anchor = null; getSelection().removeAllRanges(); }
    const other = from?.paragraph !== this.at.paragraph;
    const name = other ? this.at.paragraph.closest(".turn").querySelector(".name")?.textContent : null;
    announce([name, other ? clock(startOf(this.at.paragraph)) : null, String(range)].filter(Boolean).join(", "));
  }

  select(from) {
    this.anchor ??= from;
    const [one, other] = [rangeOf(this.anchor.paragraph, this.anchor.index), rangeOf(this.at.paragraph, this.at.index)];
    const forwards = one.compareBoundaryPoints(Range.START_TO_START, other) <= 0;
    getSelection().setBaseAndExtent(
      one.startContainer, forwards ? one.startOffset : one.endOffset,
      other.startContainer, forwards ? other.endOffset : other.startOffset,
    );
  }

  /** The paragraph before or after; its leaf is fetched if need be. */
  async beside(paragraph, by, last) {
    let all = this.all();
    let next = all[all.indexOf(paragraph) + by];
    const leaf = paragraph.closest(".leaf");
    const other = by > 0 ? leaf.nextElementSibling : leaf.previousElementSibling;
    if (next?.closest(".leaf") !== leaf && other && !other.matches("[data-open]")) {
      await this.text.open(other).catch(() => {});
      all = this.all();
      next = all[all.indexOf(paragraph) + by];
    }
    return next ? { paragraph: next, index: last ? wordsOf(next).starts.length - 1 : 0 } : null;
  }
}
