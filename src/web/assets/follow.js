// Words follow the playback, and lead it: a click on a word or a time goes there. Whoever scrolls away is left alone until they come back.

import { say } from "./say.js";
import { announce, clock } from "./util.js";
import { colour, glide, lastUpTo, rangeOf, wordUnder, wordsOf } from "./words.js";

export class Follow {
  constructor(player, text) {
    this.player = player;
    this.text = text;
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.now = null;
    this.away = false;
    this.speaker = null;
    this.about = null;
    this.checkbox = document.querySelector("[data-follow]");
    this.back = backButton();
    this.index();
    player.addEventListener("time", (event) => this.mark(event.detail));
    player.audio.addEventListener("play", () => announce([this.speaker, clock(player.time)].filter(Boolean).join(", ")), { signal });
    document.addEventListener("click", (event) => this.click(event), { signal });
    this.back.addEventListener("click", () => {
      // The button goes away: whoever pressed it by keyboard is in the text.
      if (this.back.matches(":focus-visible")) document.getElementById("text").focus({ preventScroll: true });
      this.return();
    }, { signal });
    text.addEventListener("open", () => { this.now = null; this.mark(player.time); }, { signal });
    // Whoever scrolls by hand is reading elsewhere, and so is whoever tabs to what is elsewhere: it has to stay in sight.
    for (const kind of ["wheel", "touchmove", "keydown"]) {
      window.addEventListener(kind, (event) => {
        if (kind === "keydown" && (!/^(Arrow|Page|Home|End|Tab)/.test(event.key) || event.defaultPrevented)) return;
        this.touched = performance.now();
      }, { passive: true, signal });
    }
    window.addEventListener("scroll", () => this.look(), { passive: true, signal });
  }

  /** Lets go of the page: another player has taken over. */
  end() {
    this.listening.abort();
    this.player.audio.pause();
    this.back.hidden = true;
    colour("now", []);
  }

  /** Reads the topics anew. */
  index() {
    this.topics = [...document.querySelectorAll(".toc a[data-seek]")];
    this.now = null;
    this.mark(this.player.time);
  }

  mark(time) {
    const paragraph = this.text.paragraphAt(time);
    this.text.playing = this.player.audio.paused ? null : this.text.at(time);
    if (!paragraph) {
      // Not there yet; it comes when it is about to be needed.
      if (!this.player.audio.paused) this.fetch(time);
      if (this.now) { colour("now", []); this.now = null; }
      return;
    }
    const index = Math.max(0, lastUpTo(wordsOf(paragraph).starts, time + 0.02));
    if (this.now?.paragraph === paragraph && this.now.index === index) return;
    const before = this.now?.paragraph;
    this.now = { paragraph, index };
    const range = rangeOf(paragraph, index);
    colour("now", time > 0 || !this.player.audio.paused ? [range] : []);
    const news = [];
    if (before !== paragraph) {
      before?.classList.remove("now");
      before?.removeAttribute("aria-current");
      paragraph.classList.toggle("now", time > 0);
      if (time > 0) paragraph.setAttribute("aria-current", "true");
      news.push(this.turned(paragraph, time));
    }
    if (!this.player.audio.paused) this.bring(range);
    news.push(this.topic(time));
    const said = news.filter(Boolean);
    if (said.length && !this.player.audio.paused) announce([`${said[0]}, ${clock(time)}`, ...said.slice(1)].join(". "));
  }

  /** Has the leaf of a time, and soon after the next one. */
  fetch(time) {
    const leaf = this.text.at(time);
    if (leaf) this.text.open(leaf).catch(() => {});
  }

  /** Marks the topic that is spoken of; gives its title when that is another one. */
  topic(time) {
    let current = null;
    for (const topic of this.topics) if (Number(topic.dataset.seek) <= time + 0.02) current = topic;
    for (const topic of this.topics) {
      if (topic === current && time > 0) topic.setAttribute("aria-current", "true");
      else topic.removeAttribute("aria-current");
    }
    if (current === this.about) return null;
    this.about = current;
    return current?.querySelector("span")?.textContent;
  }

  /** Who speaks now, for people who can't see it: when that changes, and no more often. */
  turned(paragraph, time) {
    const name = paragraph.closest(".turn").querySelector(".name")?.textContent ?? null;
    if (name === this.speaker) return null;
    this.speaker = name;
    const next = this.text.at(time)?.nextElementSibling;
    if (next && !this.player.audio.paused && Number(next.dataset.from) - time < 60) this.text.open(next).catch(() => {});
    return name;
  }

  top() { return (document.querySelector(".player")?.getBoundingClientRect().bottom ?? 0) + 24; }

  visible(range) {
    const place = range.getBoundingClientRect();
    return place.top >= this.top() && place.bottom <= window.innerHeight * 0.85;
  }

  bring(range) {
    if (this.away || !this.checkbox?.checked) { this.look(); return; }
    if (this.visible(range)) return;
    if (performance.now() - (this.touched ?? -9999) < 1500) { this.look(); return; }
    this.scroll(range);
  }

  scroll(range) {
    this.own = performance.now();
    glide(range.getBoundingClientRect().top - window.innerHeight * 0.4);
  }

  /** Whether what plays is out of sight because somebody scrolled; then a button leads back. */
  look() {
    const byHand = performance.now() - (this.touched ?? -9999) < 1500;
    if (byHand && performance.now() - (this.own ?? -9999) > 600) {
      this.away = !this.now || !this.visible(rangeOf(this.now.paragraph, this.now.index));
    }
    const started = this.player.time > 0 && (!this.player.audio.paused || this.away);
    this.back.hidden = !started || (this.now !== null && this.visible(rangeOf(this.now.paragraph, this.now.index))) || (!this.away && this.checkbox?.checked);
  }

  /** Somebody is led elsewhere: the page stays there. */
  leave() {
    this.away = true;
    this.look();
  }

  /** Back to what plays. */
  async return() {
    this.away = false;
    this.touched = undefined;
    this.back.hidden = true;
    await this.text.show(this.player.time).catch(() => {});
    this.mark(this.player.time);
    if (this.now) this.scroll(rangeOf(this.now.paragraph, this.now.index));
  }

  /** Goes to a time and shows it. */
  async go(seconds, play = true) {
    this.away = false;
    this.touched = undefined;
    this.back.hidden = true;
    this.player.seek(seconds, play);
    await this.text.show(seconds).catch(() => {});
    this.mark(this.player.time);
    // Hands that were quicker than the text are elsewhere already.
    if (this.touched !== undefined) { this.look(); return; }
    if (this.now && !this.visible(rangeOf(this.now.paragraph, this.now.index))) this.scroll(rangeOf(this.now.paragraph, this.now.index));
  }

  click(event) {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("[data-seek]");
    if (link) {
      event.preventDefault();
      history.replaceState(null, "", link.href ?? location.href);
      this.go(Number(link.dataset.seek)).then(() => {
        if (link.dataset.show) document.getElementById(link.dataset.show)?.scrollIntoView({ block: "start" });
      });
      return;
    }
    if (!event.target.closest("#text p")) return;
    // A selection means the click was the end of marking text.
    const word = String(getSelection()) === "" ? wordUnder(event.clientX, event.clientY) : null;
    if (word) {
      this.away = false;
      this.player.seek(wordsOf(word.paragraph).starts[word.index], true);
    }
  }
}

/** There is one on the page, whichever player there is. */
function backButton() {
  let button = document.querySelector(".back-now");
  if (!button) {
    button = document.createElement("button");
    button.type = "button";
    button.className = "back-now";
    button.textContent = say("scripts-back-to-now");
    button.hidden = true;
    document.querySelector("[data-transcript]").append(button);
  }
  return button;
}
