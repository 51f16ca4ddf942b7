// Names of speakers: given once, shown everywhere; and voices that were taken for two made one.

import { say } from "./say.js";

export class People {
  constructor({ id, editor, refresh }) {
    Object.assign(this, { id, editor, refresh });
    this.dialog = document.querySelector("[data-person-dialog]");
    if (!this.dialog) return;
    this.form = this.dialog.querySelector("form");
    this.trouble = this.dialog.querySelector("[data-person-trouble]");
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
    name.value = document.querySelector(`[data-part=people] [name="speaker-${speaker}"]`)?.value ?? "";
    name.placeholder = say("scripts-speaker", { number: speaker + 1 });
    name.disabled = false;
    const others = [...names].filter(([other]) => other !== speaker);
    same.replaceChildren(new Option(say("scripts-person-nobody-else"), ""), ...others.map(([other, label]) => new Option(label, String(other))));
    const editable = Boolean(document.querySelector("[data-part=text][data-editable]"));
    same.parentElement.hidden = !others.length || !editable;
    this.say("");
    this.dialog.showModal();
    name.focus();
    name.select();
  }

  say(text) {
    this.trouble.textContent = text;
    this.trouble.hidden = !text;
  }

  ask(method, path, body) {
    return this.editor.ask(method, path, body, (message) => this.say(message));
  }

  /** Who has this voice, if anybody was named. */
  async named(speaker) {
    const list = await this.ask("GET", "/participants");
    return list && (Object.values(list).find((one) => one?.speaker === speaker) ?? { name: "" });
  }

  async save() {
    this.say("");
    const { name, same } = this.form.elements;
    const done = same.value === "" ? await this.rename(this.speaker, name.value.trim()) : await this.merge(this.speaker, Number(same.value));
    if (!done) return;
    this.dialog.close();
    await this.refresh();
    this.editor.say(done.text, done.undo);
  }

  /** Gives a voice a name, or takes it away; what that did, with a way back, or null. */
  async rename(speaker, name) {
    const now = await this.named(speaker);
    if (!now) return null;
    if (now.name === name) return { text: "" };
    let answer;
    if (!name) answer = await this.ask("DELETE", `/participants/${now.id}`);
    else if (now.id) answer = await this.ask("PATCH", `/participants/${now.id}`, { name });
    else answer = await this.ask("POST", "/participants", { speaker, name });
    if (!answer || answer.conflict) { if (answer) this.say(answer.detail); return null; }
    const undo = async () => {
      const back = await this.rename(speaker, now.name);
      if (back) await this.refresh();
      this.editor.say(back ? say("scripts-taken-back") : say("scripts-person-not-taken-back"));
    };
    return { text: name ? say("scripts-person-named", { name }) : say("scripts-person-unnamed"), undo };
  }

  /** Says that two voices are one; the one that goes loses its name. */
  async merge(from, to) {
    const [one, other] = [await this.named(from), await this.named(to)];
    if (!one || !other) return null;
    const both = one.name && other.name;
    if (both && !confirm(say("scripts-person-merge", { one: one.name, other: other.name }))) return null;
    if (both && !(await this.ask("DELETE", `/participants/${one.id}`))) return null;
    const answer = await this.ask("PATCH", "/speaker/merge", { speaker_from: from, speaker_to: to });
    if (!answer || answer.conflict) {
      if (answer) this.say(answer.detail);
      if (both) await this.ask("POST", "/participants", { speaker: from, name: one.name });
      return null;
    }
    await this.editor.load("limit=1");
    const undo = async () => {
      const back = await this.ask("POST", "/edits/undo", { revision: this.editor.revision });
      if (!back || back.conflict) { this.editor.say(say("scripts-person-changed")); return; }
      this.editor.know(back);
      // A name that went along is back by itself; one that was given up is not.
      if (both) await this.ask("POST", "/participants", { speaker: from, name: one.name });
      await this.refresh();
      this.editor.say(say("scripts-taken-back"));
    };
    return { text: say("scripts-person-merged"), undo };
  }
}
