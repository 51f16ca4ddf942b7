// Names of speakers: given once, shown everywhere; and voices that were taken for two made one.

import { say } from "./say.js";

export class People {
  constructor({ id, editor, refresh }) {
    Object.assign(this, { id, editor, refresh });
    this.dialog = document.querySelector("[data-person-dialog]");
    if (!this.dialog) return;
    this.form = this.dialog.querySelector("form");
    this.trouble = this.dialog.querySelector("[data-person-trouble]");
    this.conflict = this.dialog.querySelector("[data-person-conflict]");
    this.dialog.querySelector("[data-person-theirs]").addEventListener("click", () => this.take());
    this.dialog.querySelector("[data-person-mine]").addEventListener("click", () => this.save());
    this.dialog.querySelector("[data-person-cancel]").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    this.form.elements.same.addEventListener("change", () => { this.form.elements.name.disabled = this.form.elements.same.value !== ""; });
    document.addEventListener("click", (event) => {
      const one = event.target.closest?.("[data-person-open], #text .name[data-person]");
      // A selection means that a name was passed over by the mouse; a button is pressed.
      if (one && (one.dataset.personOpen || String(getSelection()) === "")) this.open(Number(one.dataset.personOpen ?? one.dataset.person));
    });
    this.attach();
  }

  /** A button beside each name in the list. */
  attach() {
    if (!this.dialog) return;
    for (const name of document.querySelectorAll("[data-part=people] .name[data-person]")) {
      if (name.parentElement.querySelector("[data-person-open]")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain person-open";
      button.dataset.personOpen = name.dataset.person;
      button.textContent = say("scripts-person-change");
      button.setAttribute("aria-label", say("scripts-person-change-name", { name: name.textContent }));
      name.after(button);
    }
  }

  open(speaker) {
    if (!this.editor.leave()) return;
    this.speaker = speaker;
    const names = this.editor.names;
    const { name, same } = this.form.elements;
    this.dialog.querySelector("[data-person-title]").textContent = names.get(speaker) ?? say("scripts-speaker", { number: speaker + 1 });
    // As the page has it, whatever is being typed there.
    const called = (one) => document.querySelector(`[data-part=people] [name="was-${one}"]`)?.value ?? "";
    this.seen = called(speaker);
    name.value = this.seen;
    name.placeholder = say("scripts-speaker", { number: speaker + 1 });
    name.disabled = false;
    const others = [...names].filter(([other]) => other !== speaker);
    this.others = new Map(others.map(([other]) => [other, called(other)]));
    same.replaceChildren(new Option(say("scripts-person-nobody-else"), ""), ...others.map(([other, label]) => new Option(label, String(other))));
    const editable = Boolean(document.querySelector("[data-part=text][data-editable]"));
    same.parentElement.hidden = !others.length || !editable;
    this.say("");
    this.conflict.hidden = true;
    this.dialog.showModal();
    name.focus();
    name.select();
  }

  say(text) {
    this.trouble.textContent = text;
    this.trouble.hidden = !text;
  }

  /** What somebody else calls them by now, beside what is written here. What is saved next takes its place: only who has read it does that. */
  both(theirs) {
    this.seen = theirs;
    this.conflict.querySelector("q").textContent = theirs || say("scripts-speaker", { number: this.speaker + 1 });
    this.conflict.hidden = false;
    this.conflict.scrollIntoView({ block: "nearest" });
  }

  ask(method, path, body, on) {
    return this.editor.ask(method, path, body, (message) => this.say(message), on);
  }

  /** Who takes part, and the revision of that. */
  async list() {
    const answer = await this.ask("GET", "/participants");
    if (!answer) return null;
    const { revision, conflict: _, ...list } = answer;
    const of = (speaker) => Object.values(list).find((one) => one.speaker === speaker) ?? { name: "" };
    return { revision, of };
  }

  async save() {
    if (this.busy) return;
    this.busy = true;
    this.say("");
    this.conflict.hidden = true;
    try {
      const { name, same } = this.form.elements;
      const done = same.value === "" ? await this.rename(this.speaker, name.value.trim()) : await this.merge(this.speaker, Number(same.value));
      if (!done) return;
      this.dialog.close();
      await this.refresh();
      this.editor.say(done.text, done.undo);
    } finally {
      this.busy = false;
    }
  }

  /** Theirs it is. */
  async take() {
    this.dialog.close();
    await this.refresh();
  }

  /** Gives a voice a name, or takes it away, if it is called what was seen; what that did, with a way back, or null. */
  async rename(speaker, name) {
    const list = await this.list();
    if (!list) return null;
    const now = list.of(speaker);
    if (now.name === name) return { text: "" };
    if (now.name !== this.seen) { this.both(now.name); return null; }
    const { revision } = list;
    let answer;
    if (!name) answer = await this.ask("DELETE", `/participants/${now.id}`, undefined, revision);
    else if (now.id) answer = await this.ask("PATCH", `/participants/${now.id}`, { name, revision });
    else answer = await this.ask("POST", "/participants", { speaker, name, revision });
    if (!answer) return null;
    if (answer.conflict) {
      if ("theirs" in answer) this.both(answer.theirs?.name ?? "");
      else this.say(answer.detail);
      return null;
    }
    this.editor.know({ revision: answer.revision, can_undo: true, can_redo: false });
    return { text: name ? say("scripts-person-named", { name }) : say("scripts-person-unnamed"), undo: () => this.back(answer.revision, 1) };
  }

  /** Takes so many changes back, if they are the last still. */
  async back(revision, count) {
    for (let left = count; left > 0; left -= 1) {
      const back = await this.editor.ask("POST", "/edits/undo", { revision }, (message) => this.editor.say(message));
      if (!back) return;
      if (back.conflict) { await this.editor.renew(true); this.editor.say(say("scripts-person-changed")); return; }
      this.editor.know(back);
      ({ revision } = back);
    }
    await this.refresh();
    this.editor.say(say("scripts-taken-back"));
  }

  /** Says that two voices are one; the one that goes loses its name. */
  async merge(from, to) {
    const list = await this.list();
    if (!list) return null;
    const [one, other] = [list.of(from), list.of(to)];
    if (one.name !== this.seen) { this.both(one.name); return null; }
    if (other.name !== this.others.get(to)) {
      this.others.set(to, other.name);
      this.say(say("scripts-person-other", { name: other.name || say("scripts-speaker", { number: to + 1 }) }));
      return null;
    }
    const both = one.name && other.name;
    if (both && !confirm(say("scripts-person-merge", { one: one.name, other: other.name }))) return null;
    let { revision } = list;
    if (both) {
      const gone = await this.ask("DELETE", `/participants/${one.id}`, undefined, revision);
      if (!gone) return null;
      if (gone.conflict) { this.say(say("scripts-changed-try-again")); return null; }
      ({ revision } = gone);
    }
    const answer = await this.ask("PATCH", "/speaker/merge", { speaker_from: from, speaker_to: to, revision });
    if (!answer || answer.conflict) {
      if (answer) this.say(answer.edits ? say("scripts-changed-try-again") : answer.detail);
      const back = both && (await this.ask("POST", "/edits/undo", { revision }));
      if (both && (!back || back.conflict)) await this.ask("POST", "/participants", { speaker: from, name: one.name });
      return null;
    }
    this.editor.know({ revision: answer.revision, can_undo: true, can_redo: false });
    return { text: say("scripts-person-merged"), undo: () => this.back(answer.revision, both ? 2 : 1) };
  }
}
