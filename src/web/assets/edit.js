// Changing the text: a form below the paragraph, for one segment of it at a time; undo and redo of whatever changes it.

import { TRANSLATED } from "./api.js";
import { chosen } from "./focus.js";
import { say } from "./say.js";
import { announce } from "./util.js";
import { colour, rangeOf, startOf, wordUnder, wordsOf } from "./words.js";

/** Hundredths of a second, as the page has the times of words. */
const hundredths = (seconds) => Math.round(seconds * 100);

/** What the server says about a refusal, in one line. */
function reason(body, status) {
  const detail = body?.detail;
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail) && detail.length) return detail.map((one) => `${one.loc?.at(-1) ?? ""} ${one.msg}`.trim()).join("; ");
  return say("scripts-edit-answered", { status: String(status) });
}

export class Editor {
  constructor(id, { refresh, player, text }) {
    this.base = `/v1/transcripts/${id}`;
    this.refresh = refresh;
    this.player = player;
    this.text = text;
    this.on = false;
    this.panel = null;
    this.bar = document.querySelector("[data-edit-bar]");
    this.form = document.querySelector("template[data-edit-form]");
    if (!this.bar) return;
    const part = (name) => this.bar.querySelector(`[data-edit-${name}]`);
    this.toggle = part("toggle");
    this.undo = part("undo");
    this.redo = part("redo");
    this.said = part("said");
    this.undone = part("undone");
    this.back = part("said-undo");
    this.toggle.addEventListener("click", () => this.set(!this.on));
    this.undo.addEventListener("click", () => this.whole("undo", {}, say("scripts-undone")));
    this.redo.addEventListener("click", () => this.whole("redo", {}, say("scripts-done-again")));
    this.back.addEventListener("click", () => {
      const undo = this.takeBack;
      // The button goes away.
      this.toggle.focus({ preventScroll: true });
      this.say("");
      undo?.();
    });
    this.text.addEventListener("open", ({ detail: leaf }) => this.dress(leaf));
    window.addEventListener("beforeunload", (event) => { if (this.dirty()) event.preventDefault(); });
  }

  /** The text is there, or is there anew. */
  attach() {
    if (!this.bar) return;
    const section = document.querySelector("[data-part=text]");
    this.bar.hidden = !section?.matches("[data-editable]");
    // Moved once only: what is moved loses the focus.
    if (section && this.bar.parentElement !== section) section.querySelector(".label-row").after(this.bar);
    if (this.bar.hidden) this.on = false;
    this.segments = new Map();
    // Before the words' own listener, which would play from there.
    if (section !== this.section) section?.addEventListener("click", (event) => this.click(event), { capture: true });
    this.section = section;
    this.dress();
  }

  /** The button, by a key. */
  press() {
    if (this.bar && !this.bar.hidden) this.set(!this.on);
  }

  async set(on) {
    if (!on && !this.leave()) return;
    this.on = on;
    this.say("");
    if (on) {
      try {
        await this.load("limit=1");
      } catch (error) {
        this.on = false;
        this.say(error.message);
      }
    }
    this.dress();
    if (this.on) this.say(say("scripts-edit-choose"));
  }

  dress(where = document) {
    this.section?.classList.toggle("editing", this.on);
    this.toggle.textContent = this.on ? say("scripts-edit-done") : say("scripts-edit-text");
    this.toggle.setAttribute("aria-pressed", String(this.on));
    this.bar.classList.toggle("on", this.on);
    for (const button of this.on ? [] : where.querySelectorAll(".edit-open")) {
      if (button === document.activeElement) button.parentElement.querySelector(".at").focus({ preventScroll: true });
      button.remove();
    }
    if (!this.on) return;
    // By keyboard: a button for each paragraph.
    for (const head of where.querySelectorAll(".turn .who")) {
      if (head.querySelector(".edit-open")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain edit-open";
      button.textContent = say("scripts-edit");
      const at = head.querySelector(".at")?.lastChild?.textContent?.trim();
      button.setAttribute("aria-label", at ? say("scripts-edit-from", { at }) : say("scripts-edit-from-here"));
      head.append(button);
    }
  }

  /** Asks the server; `null` and a word about it when that went wrong. `on`: the revision that was seen, for what has no body to name it in. */
  async ask(method, path, body, trouble, on) {
    let response;
    try {
      const headers = { ...(body && { "content-type": "application/json" }), ...(on && { "if-match": `"${on}"` }) };
      response = await fetch(this.base + path, { method, headers, body: body ? JSON.stringify(body) : undefined });
    } catch {
      trouble(say("scripts-edit-lost"));
      return null;
    }
    const answer = await response.json().catch(() => null);
    const translated = response.headers.get(TRANSLATED);
    if (answer && translated) answer.detail = decodeURIComponent(translated);
    const revision = response.headers.get("etag")?.match(/^"(\d+\.\d+)"$/)?.[1];
    if (response.ok || response.status === 409) return { conflict: response.status === 409, revision, ...answer };
    trouble(response.status === 401 ? say("scripts-edit-logged-out") : reason(answer, response.status));
    return null;
  }

  /** Asks for segments and keeps them by number; those of an older text are forgotten. */
  async load(query) {
    const fail = (message) => { throw new Error(message); };
    const page = await this.ask("GET", `/segments?${query}`, null, fail);
    if (page.conflict) fail(page.detail);
    this.segments ??= new Map();
    this.know(page);
    this.total = page.total;
    for (const one of page.segments) this.segments.set(one.index, one);
    return page.segments;
  }

  /** Who speaks, as the page lists them: names by number. */
  get names() {
    return new Map([...document.querySelectorAll("[data-part=people] [data-person]")].map((one) => [Number(one.dataset.person), one.textContent]));
  }

  /** What a voice is called. */
  name(speaker) {
    return speaker === null ? say("scripts-unknown-speaker") : this.names.get(speaker) ?? say("scripts-speaker", { number: speaker + 1 });
  }

  know({ revision, can_undo: undo, can_redo: redo }) {
    // Segments of another text than that are none to write on.
    if (revision !== this.revision) this.segments?.clear();
    this.revision = revision;
    if (!this.bar) return;
    this.undo.disabled = !undo;
    this.redo.disabled = !redo;
    this.undone.hidden = !undo && !redo && !this.on;
  }

  /** Says what was done, with a way back where undoing the text is none. */
  say(text, undo) {
    if (!this.bar) return;
    this.said.textContent = text;
    this.takeBack = undo;
    this.back.hidden = !undo;
    if (text) announce(text);
  }

  // Which segment.

  click(event) {
    if (!this.on || event.button !== 0 || event.target.closest(".edit-panel")) return;
    const open = event.target.closest(".edit-open");
    if (open) {
      const paragraph = open.closest(".who").nextElementSibling;
      event.preventDefault();
      event.stopPropagation();
      this.open(startOf(paragraph));
      return;
    }
    if (!event.target.closest("#text p[data-w]") || String(getSelection()) !== "") return;
    const word = wordUnder(event.clientX, event.clientY);
    if (!word) return;
    event.preventDefault();
    event.stopPropagation();
    this.open(wordsOf(word.paragraph).starts[word.index]);
  }

  /** Opens the segment of the word that begins then. */
  async open(time) {
    if (!this.leave()) return;
    try {
      const near = await this.load(`at=${Math.max(0, time - 0.02)}&limit=20`);
      const has = (one) => one.words.some((word) => hundredths(word.start) === hundredths(time));
      const found = near.find(has) ?? near.find((one) => one.start <= time + 0.011 && time < one.end) ?? near[0];
      if (found) await this.show(found);
    } catch (error) {
      this.say(error.message);
    }
  }

  /** The segment of this number. */
  async segment(index) {
    if (!this.segments.has(index)) await this.load(`offset=${index}&limit=20`);
    return this.segments.get(index);
  }

  /** Where its words are shown: ranges, and the last one's paragraph. */
  words(segment) {
    const times = new Set(segment.words.map((word) => hundredths(word.start)));
    const meant = (time) => (times.size ? times.has(hundredths(time)) : time >= segment.start - 0.011 && time < segment.end);
    const ranges = [];
    let last = null;
    for (const leaf of this.text.all.filter((one) => one.matches("[data-open]"))) {
      for (const paragraph of this.text.paragraphsOf(leaf).all) {
        if (startOf(paragraph) > segment.end + 0.02 || Number(paragraph.dataset.end) < segment.start - 0.02) continue;
        wordsOf(paragraph).starts.forEach((start, index) => {
          if (meant(start)) { ranges.push(rangeOf(paragraph, index)); last = paragraph; }
        });
      }
    }
    return { ranges, last };
  }

  async show(segment) {
    this.close();
    await this.text.show(segment.words[0]?.start ?? segment.start);
    const { ranges, last } = this.words(segment);
    // What has no words is shown nowhere: it is written in beside what is said there.
    const paragraph = last ?? this.text.paragraphAt(segment.start);
    if (!paragraph) return;
    colour("chosen", ranges);
    const panel = document.importNode(this.form.content, true).querySelector("form");
    const part = (name) => panel.querySelector(`[data-edit-${name}]`);
    this.panel = { panel, part, segment, text: panel.querySelector("textarea"), index: segment.index, revision: this.revision };
    this.panel.text.value = segment.text;
    if (document.getElementById("text").lang !== "auto") this.panel.text.lang = document.getElementById("text").lang;
    this.speakers(part("speaker"), segment.speaker);
    if (segment.machine_text !== undefined) {
      part("heard").hidden = false;
      part("heard").querySelector("span").textContent = say("scripts-edit-heard", { text: segment.machine_text });
    }
    part("join").disabled = part("after").disabled = segment.index + 1 >= this.total;
    part("before").disabled = segment.index === 0;
    part("split").disabled = segment.words.length < 2;
    part("play").hidden = !this.player();
    panel.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    panel.addEventListener("keydown", (event) => this.key(event));
    part("cancel").addEventListener("click", () => this.cancel());
    part("play").addEventListener("click", () => this.play(segment));
    chosen(part("speaker"), panel.querySelector("[data-enter]"), () => this.assign(Number(part("speaker").value)));
    part("restore").addEventListener("click", () => this.one("POST", "/restore-machine-text", {}, say("scripts-edit-restored")));
    part("split").addEventListener("click", () => this.split());
    part("join").addEventListener("click", () => this.one("POST", "/merge", {}, say("scripts-edit-joined")));
    part("before").addEventListener("click", () => this.go(-1));
    part("after").addEventListener("click", () => this.go(1));
    part("theirs").addEventListener("click", () => this.cancel());
    part("mine").addEventListener("click", () => (this.panel.again ?? (() => this.save()))());
    paragraph.after(panel);
    this.panel.text.focus();
    panel.scrollIntoView({ block: "nearest" });
  }

  speakers(select, now) {
    const { names } = this;
    const known = new Set([...names.keys(), ...(now === null ? [] : [now])]);
    const next = Math.max(-1, ...known) + 1;
    for (const speaker of [...known].sort((a, b) => a - b)) select.add(new Option(names.get(speaker) ?? say("scripts-speaker", { number: speaker + 1 }), String(speaker)));
    select.add(new Option(say("scripts-another-speaker"), String(next)));
    if (now === null) select.prepend(new Option(say("scripts-unknown-speaker"), ""));
    select.value = now === null ? "" : String(now);
  }

  play({ start, end }) {
    this.player()?.only(start, end);
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.save(); }
    if (event.key === "Escape") { event.stopPropagation(); this.cancel(); }
    if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) { event.preventDefault(); this.go(event.key === "ArrowDown" ? 1 : -1); }
  }

  /** To the segment before or after; what was written is saved first. */
  async go(by) {
    const to = this.panel.segment.index + by;
    if (this.dirty() && !(await this.save())) return;
    const next = await this.segment(to).catch((error) => { this.say(error.message); });
    if (next) await this.show(next);
  }

  dirty() {
    return Boolean(this.panel) && this.panel.text.value.trim() !== this.panel.segment.text;
  }

  leave() {
    if (this.panel && this.dirty() && !confirm(say("scripts-edit-leave"))) return false;
    this.close();
    return true;
  }

  close(back = false) {
    if (!this.panel) return;
    const { panel } = this.panel;
    colour("chosen", []);
    const paragraph = panel.previousElementSibling;
    this.panel = null;
    panel.remove();
    if (back) paragraph?.previousElementSibling?.querySelector(".edit-open")?.focus();
  }

  /** Leaves what was written; what others changed meanwhile was held back, and is shown now. */
  cancel() {
    this.close(true);
    this.renew();
  }

  // Changes.

  trouble(message) {
    const line = this.panel?.part("error");
    if (!line) return this.say(message);
    line.hidden = false;
    line.textContent = message;
  }

  /** A change of the segment of the panel: whether it was made. */
  async one(method, path, body, done) {
    const { panel, part } = this.panel;
    part("error").hidden = true;
    this.panel.again = undefined;
    panel.setAttribute("aria-busy", "true");
    const answer = await this.ask(method, `/segments/${this.panel.index}${path}`, { revision: this.panel.revision, ...body }, (message) => this.trouble(message));
    panel.removeAttribute("aria-busy");
    if (!answer) return false;
    if (answer.conflict) {
      // What they name next is what there is now: to be written over only by who has read it.
      if (!answer.segments?.length) { this.trouble(say("scripts-edit-removed")); return false; }
      this.panel.revision = answer.revision;
      this.panel.index = answer.segments[0].index;
      part("conflict").hidden = false;
      part("conflict").querySelector("q").textContent = answer.theirs;
      part("conflict").scrollIntoView({ block: "nearest" });
      return false;
    }
    this.know(answer);
    this.close(true);
    await this.renew();
    this.say(done);
    return true;
  }

  save() {
    const text = this.panel.text.value.trim();
    if (text === this.panel.segment.text && this.panel.part("conflict").hidden) { this.close(true); return Promise.resolve(true); }
    return this.one("PATCH", "", { text }, text ? say("scripts-edit-saved") : say("scripts-edit-taken-out"));
  }

  async split() {
    if (this.dirty()) { this.trouble(say("scripts-edit-save-then-split")); return; }
    const { text, segment } = this.panel;
    const word = text.value.slice(0, text.selectionStart).split(/\s+/).filter(Boolean).length;
    if (word < 1 || word >= segment.words.length) { this.trouble(say("scripts-edit-cursor")); return; }
    await this.one("POST", "/split", { word }, say("scripts-edit-split"));
  }

  async assign(speaker) {
    const { segment, part } = this.panel;
    if (this.dirty()) {
      // The text would be taken anew, and with it what somebody else did: nobody is to write over that unseen.
      part("speaker").value = segment.speaker === null ? "" : String(segment.speaker);
      this.trouble(say("scripts-edit-save-then-choose"));
      return;
    }
    const until = segment.words.at(-1)?.start ?? segment.start;
    const from = segment.words[0]?.start ?? segment.start;
    const body = { speaker, timestamp_from: from, timestamp_to: until, revision: this.panel.revision };
    const answer = await this.ask("PATCH", "/speaker/assign", body, (message) => this.trouble(message));
    if (!answer) return;
    if (answer.conflict) {
      if (!answer.segments) { this.trouble(answer.detail); return; }
      // Whoever has seen what it is now may give it all the same.
      this.panel.revision = answer.revision;
      this.panel.again = () => this.assign(speaker);
      part("conflict").hidden = false;
      part("conflict").querySelector("q").textContent = answer.segments.map((one) => `${this.name(one.speaker)}: ${one.text}`).join(" ");
      part("conflict").scrollIntoView({ block: "nearest" });
      return;
    }
    this.close(true);
    await this.renew(true);
    this.say(say("scripts-edit-given"));
  }

  /** Gives words to a speaker: those that begin from one time to another, in seconds. Whether that was done. */
  async give(speaker, from, until, name) {
    if (!this.leave()) return false;
    // As the page has the times, in hundredths.
    const body = { speaker, timestamp_from: from - 0.006, timestamp_to: until + 0.006, revision: this.section?.dataset.revision };
    const answer = await this.ask("PATCH", "/speaker/assign", body, (message) => this.say(message));
    if (!answer) return false;
    if (answer.conflict) {
      if (answer.segments) await this.renew(true);
      this.say(answer.segments ? say("scripts-changed-try-again") : answer.detail);
      return false;
    }
    await this.renew(true);
    this.say(say("scripts-edit-given-to", { name }));
    return true;
  }

  /** A change of the whole text. */
  async whole(what, body, done) {
    if (!this.leave()) return null;
    const answer = await this.ask("POST", `/edits/${what}`, { revision: this.revision, ...body }, (message) => this.say(message));
    if (!answer) return null;
    if (answer.conflict) {
      await this.renew(true);
      this.say(say("scripts-changed-try-again"));
      return null;
    }
    this.know(answer);
    await this.renew();
    this.say(done);
    // The text was put there anew, and the button with it.
    const button = what === "redo" ? this.redo : this.undo;
    (button.disabled ? this.toggle : button).focus();
    return answer;
  }

  /** Shows the text as it is now. */
  async renew(ask = false) {
    this.segments?.clear();
    try {
      await this.refresh();
      if (ask) await this.load("limit=1");
    } catch { /* the next event fetches it */ }
  }
}
