// Changing the text: a form below the paragraph, for one segment of it at a time; undo, redo, find and replace.

import { announce } from "./util.js";

/** What the server says about a refusal, in one line. */
function reason(body, status) {
  const detail = body?.detail;
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail) && detail.length) return detail.map((one) => `${one.loc?.at(-1) ?? ""} ${one.msg}`.trim()).join("; ");
  return `The server answered ${status}.`;
}

const LOST = "There is no connection to the server. What you wrote is still here: save it again in a moment.";

export class Editor {
  constructor(id, { refresh, player }) {
    this.base = `/v1/transcripts/${id}`;
    this.refresh = refresh;
    this.player = player;
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
    this.menu = part("replace");
    this.toggle.addEventListener("click", () => this.set(!this.on));
    this.undo.addEventListener("click", () => this.whole("undo", {}, "Undone."));
    this.redo.addEventListener("click", () => this.whole("redo", {}, "Done again."));
    this.menu.querySelector("form").addEventListener("submit", (event) => this.replace(event));
    window.addEventListener("beforeunload", (event) => { if (this.dirty()) event.preventDefault(); });
  }

  /** The text is there, or is there anew. */
  attach() {
    if (!this.bar) return;
    const section = document.querySelector("[data-part=text]");
    this.bar.hidden = !section?.matches("[data-editable]");
    section?.querySelector(".label-row")?.after(this.bar);
    if (this.bar.hidden) this.on = false;
    this.segments = null;
    // Before the words' own listener, which would play from there.
    if (section !== this.section) section?.addEventListener("click", (event) => this.click(event), { capture: true });
    this.section = section;
    this.dress();
  }

  async set(on) {
    if (!on && !this.leave()) return;
    this.on = on;
    this.say("");
    if (on) {
      try {
        await this.load();
      } catch (error) {
        this.on = false;
        this.say(error.message);
      }
    }
    this.dress();
    if (this.on) this.say("Choose the words that are to be changed.");
  }

  dress() {
    this.section?.classList.toggle("editing", this.on);
    this.toggle.textContent = this.on ? "Done" : "Edit text";
    this.toggle.setAttribute("aria-pressed", String(this.on));
    this.bar.querySelector("[data-edit-tools]").hidden = !this.on;
    for (const button of document.querySelectorAll(".edit-open")) button.remove();
    if (!this.on) return;
    // By keyboard: a button for each paragraph.
    for (const turn of document.querySelectorAll("#text .turn")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain edit-open";
      button.textContent = "Edit";
      button.setAttribute("aria-label", `Edit from ${turn.querySelector(".at")?.lastChild?.textContent?.trim() ?? "here"}`);
      turn.querySelector(".who").append(button);
    }
  }

  /** Asks the server; `null` and a word about it when that went wrong. */
  async ask(method, path, body, trouble) {
    let response;
    try {
      const init = body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {};
      response = await fetch(this.base + path, { method, ...init });
    } catch {
      trouble(LOST);
      return null;
    }
    const answer = await response.json().catch(() => null);
    if (response.ok || response.status === 409) return { conflict: response.status === 409, ...answer };
    trouble(response.status === 401 ? "You are logged out. Log in in another window, then save again." : reason(answer, response.status));
    return null;
  }

  async load() {
    const fail = (message) => { throw new Error(message); };
    let segments = [];
    for (let total = 1; segments.length < total;) {
      const page = await this.ask("GET", `/segments?offset=${segments.length}`, null, fail);
      // Changed in between: from the beginning.
      if (segments.length && page.revision !== this.revision) { segments = []; this.revision = page.revision; continue; }
      this.know(page);
      total = page.total;
      segments = segments.concat(page.segments);
      if (!page.segments.length) break;
    }
    const people = await fetch(`${this.base}/participants`).then((answer) => (answer.ok ? answer.json() : []), () => []);
    this.names = new Map(people.filter((one) => one.speaker !== null).map((one) => [one.speaker, one.name]));
    this.segments = segments;
  }

  know({ revision, can_undo: undo, can_redo: redo }) {
    this.revision = revision;
    this.undo.disabled = !undo;
    this.redo.disabled = !redo;
  }

  say(text) {
    this.said.textContent = text;
    if (text) announce(text);
  }

  // Which segment.

  click(event) {
    if (!this.on || event.button !== 0) return;
    const open = event.target.closest(".edit-open");
    const word = event.target.closest("#text [data-s]") ?? open?.closest(".turn").querySelector("[data-s]");
    if (!word || (!open && String(getSelection()) !== "")) return;
    event.preventDefault();
    event.stopPropagation();
    this.open(Number(word.dataset.s));
  }

  async open(time) {
    if (!this.leave()) return;
    try {
      if (!this.segments) await this.load();
    } catch (error) {
      this.say(error.message);
      return;
    }
    const near = (word) => Math.abs(word.start - time) < 0.011;
    const found = this.segments.find((one) => one.words.some(near)) ?? this.segments.find((one) => one.start <= time + 0.011 && time < one.end);
    if (found) this.show(found);
  }

  words(segment) {
    const all = [...document.querySelectorAll("#text [data-s]")];
    const times = new Set(segment.words.map((word) => Math.round(word.start * 100)));
    const within = (at) => (times.size ? times.has(Math.round(at * 100)) : at >= segment.start - 0.011 && at < segment.end);
    return all.filter((word) => within(Number(word.dataset.s)));
  }

  show(segment) {
    this.close();
    const words = this.words(segment);
    for (const word of words) word.classList.add("chosen");
    const turn = words.at(-1)?.closest(".turn");
    if (!turn) return;
    const panel = document.importNode(this.form.content, true).querySelector("form");
    const part = (name) => panel.querySelector(`[data-edit-${name}]`);
    this.panel = { panel, part, segment, words, text: panel.querySelector("textarea"), index: segment.index, revision: this.revision };
    this.panel.text.value = segment.text;
    if (document.getElementById("text").lang !== "auto") this.panel.text.lang = document.getElementById("text").lang;
    this.speakers(part("speaker"), segment.speaker);
    if (segment.machine_text !== undefined) {
      part("heard").hidden = false;
      part("heard").querySelector("span").textContent = `The machine heard: “${segment.machine_text}”`;
    }
    part("join").disabled = part("after").disabled = segment.index + 1 >= this.segments.length;
    part("before").disabled = segment.index === 0;
    part("split").disabled = segment.words.length < 2;
    part("play").hidden = !this.player();
    panel.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    panel.addEventListener("keydown", (event) => this.key(event));
    part("cancel").addEventListener("click", () => this.cancel());
    part("play").addEventListener("click", () => this.play(segment));
    part("speaker").addEventListener("change", (event) => this.assign(Number(event.target.value)));
    part("restore").addEventListener("click", () => this.one("POST", "/restore-machine-text", {}, "The machine’s words are back."));
    part("split").addEventListener("click", () => this.split());
    part("join").addEventListener("click", () => this.one("POST", "/merge", {}, "Joined."));
    part("before").addEventListener("click", () => this.go(-1));
    part("after").addEventListener("click", () => this.go(1));
    part("theirs").addEventListener("click", () => this.cancel());
    part("mine").addEventListener("click", () => this.save());
    turn.after(panel);
    this.panel.text.focus();
    panel.scrollIntoView({ block: "nearest" });
  }

  speakers(select, now) {
    const known = new Set([...this.segments.map((one) => one.speaker), ...this.names.keys()].filter((one) => one !== null));
    const next = Math.max(-1, ...known) + 1;
    for (const speaker of [...known].sort((a, b) => a - b)) select.add(new Option(this.names.get(speaker) ?? `Speaker ${speaker + 1}`, String(speaker)));
    select.add(new Option("Another speaker", String(next)));
    if (now === null) select.prepend(new Option("Unknown", ""));
    select.value = now === null ? "" : String(now);
  }

  play({ start, end }) {
    const player = this.player();
    player?.seek(start, true);
    const stop = (event) => {
      if (event.detail < end && event.detail >= start - 1) return;
      player.removeEventListener("time", stop);
      if (event.detail >= end && event.detail < end + 1) player.audio.pause();
    };
    player?.addEventListener("time", stop);
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
    if (!this.segments) await this.load().catch((error) => this.say(error.message));
    const next = this.segments?.[to];
    if (next) this.show(next);
  }

  dirty() {
    return Boolean(this.panel) && this.panel.text.value.trim() !== this.panel.segment.text;
  }

  leave() {
    if (this.dirty() && !confirm("What you wrote here is not saved. Leave it?")) return false;
    this.close();
    return true;
  }

  close(back = false) {
    if (!this.panel) return;
    const { panel, words } = this.panel;
    for (const word of words) word.classList.remove("chosen");
    const turn = panel.previousElementSibling;
    this.panel = null;
    panel.remove();
    if (back) turn?.querySelector(".edit-open")?.focus();
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
    panel.setAttribute("aria-busy", "true");
    const answer = await this.ask(method, `/segments/${this.panel.index}${path}`, { revision: this.panel.revision, ...body }, (message) => this.trouble(message));
    panel.removeAttribute("aria-busy");
    if (!answer) return false;
    if (answer.conflict) {
      // What they name next is what there is now: to be written over only by who has read it.
      if (!answer.segments?.length) { this.trouble("Somebody else removed this meanwhile."); return false; }
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
    return this.one("PATCH", "", { text }, text ? "Saved." : "Taken out. Undo brings it back.");
  }

  async split() {
    if (this.dirty()) { this.trouble("Save what you wrote first, then split it."); return; }
    const { text, segment } = this.panel;
    const word = text.value.slice(0, text.selectionStart).split(/\s+/).filter(Boolean).length;
    if (word < 1 || word >= segment.words.length) { this.trouble("Put the cursor where the second part is to begin."); return; }
    await this.one("POST", "/split", { word }, "Split.");
  }

  async assign(speaker) {
    const { segment, part } = this.panel;
    if (this.dirty()) {
      // The text would be taken anew, and with it what somebody else did: nobody is to write over that unseen.
      part("speaker").value = segment.speaker === null ? "" : String(segment.speaker);
      this.trouble("Save what you wrote first, then choose who says it.");
      return;
    }
    const until = segment.words.at(-1)?.start ?? segment.start;
    const from = segment.words[0]?.start ?? segment.start;
    const body = { speaker, timestamp_from: from, timestamp_to: until };
    const answer = await this.ask("PATCH", "/speaker/assign", body, (message) => this.trouble(message));
    if (!answer) return;
    this.close(true);
    await this.renew(true);
    this.say("Given to another speaker.");
  }

  /** A change of the whole text. */
  async whole(what, body, done) {
    if (!this.leave()) return null;
    const answer = await this.ask("POST", `/edits/${what}`, { revision: this.revision, ...body }, (message) => this.say(message));
    if (!answer) return null;
    if (answer.conflict) {
      await this.renew(true);
      this.say("Somebody else changed the text meanwhile. It is shown as it is now: try again.");
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

  async replace(event) {
    event.preventDefault();
    const data = new FormData(event.target);
    const body = { find: data.get("find"), replace: data.get("replace"), whole_words: data.has("whole_words"), case_sensitive: data.has("case_sensitive") };
    this.menu.open = false;
    const answer = await this.whole("replace", body, "");
    if (!answer) return;
    const places = answer.replaced === 1 ? "1 place" : `${answer.replaced} places`;
    this.say(answer.replaced ? `Replaced in ${places}. Undo takes it back.` : `“${body.find}” does not occur.`);
  }

  /** Shows the text as it is now. */
  async renew(ask = false) {
    this.segments = null;
    try {
      await this.refresh();
      if (ask) await this.load();
    } catch { /* the next event fetches it */ }
  }
}
