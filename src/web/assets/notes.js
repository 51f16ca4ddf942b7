// Notes: read in their place and written there, in the form that works without script. What is written stays until it is saved or given up.

import { PATIENCE, TRANSLATED, failure } from "./api.js";
import { say } from "./say.js";
import { announce, isTyped } from "./util.js";

export class Notes {
  constructor(id, { refresh }) {
    this.url = `/v1/transcripts/${id}`;
    this.refresh = refresh;
    this.busy = false;
    window.addEventListener("beforeunload", (event) => { if (this.dirty()) event.preventDefault(); });
  }

  /** They are there, or are there anew. */
  attach() {
    this.form = document.querySelector("[data-notes-form]");
    if (!this.form) return;
    const part = (name) => document.querySelector(`[data-notes-${name}]`);
    this.fold = this.form.closest("details");
    this.text = this.form.querySelector("textarea");
    this.revision = this.form.querySelector("[name=notes_revision]");
    Object.assign(this, { opener: part("open"), said: part("said"), trouble: part("trouble"), conflict: part("conflict") });
    this.wording = this.opener.textContent;
    for (const name of ["cancel", "keys"]) part(name).hidden = false;
    this.opener.addEventListener("click", (event) => { event.preventDefault(); if (this.fold.open) this.leave(); else this.open(); });
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    this.form.addEventListener("keydown", (event) => this.key(event));
    part("cancel").addEventListener("click", () => this.giveUp());
  }

  dirty() {
    return Boolean(this.form) && isTyped(this.text);
  }

  open() {
    if (!this.form) return;
    this.fold.open = true;
    this.opener.textContent = this.wording;
    this.say("");
    this.text.focus();
    // Behind what is there; whoever comes back is where they were.
    if (!this.dirty()) this.text.setSelectionRange(this.text.value.length, this.text.value.length);
    this.form.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.save(); }
    if (event.key === "Escape") { event.stopPropagation(); this.leave(); }
  }

  /** Back to reading. What is not saved is there when one comes back to it. */
  leave() {
    this.shut();
    if (!this.dirty()) { this.renew(); return; }
    this.opener.textContent = say("scripts-notes-go-on");
    this.say(say("scripts-notes-kept"));
  }

  /** The notes as they are; what was written is given up. */
  giveUp() {
    this.form.reset();
    this.trouble.replaceChildren();
    this.shut();
    this.opener.textContent = this.wording;
    this.say("");
    this.renew();
  }

  shut() {
    this.fold.open = false;
    this.opener.focus();
  }

  async save() {
    if (this.busy) return;
    this.busy = true;
    this.form.setAttribute("aria-busy", "true");
    this.say(say("scripts-notes-saving"));
    const sent = this.text.value;
    const answer = await this.send(sent);
    this.form.removeAttribute("aria-busy");
    this.busy = false;
    if (!answer) return;
    this.revision.value = answer.notes_revision;
    if (answer.theirs !== undefined) {
      this.say("");
      this.both(answer.theirs);
      return;
    }
    this.trouble.replaceChildren();
    this.text.defaultValue = sent;
    // Whoever went on writing meanwhile goes on.
    if (this.dirty()) { this.say(say("scripts-notes-saved-before")); return; }
    this.shut();
    await this.renew();
    this.say(say("scripts-edit-saved"));
  }

  /** What somebody else wrote, beside what is written here. What is saved next takes its place: only who has read it does that. */
  both(theirs) {
    const notice = document.importNode(this.conflict.content, true).firstElementChild;
    notice.querySelector("blockquote").textContent = theirs || "—";
    notice.querySelector("[data-notes-take]").addEventListener("click", () => this.giveUp());
    notice.querySelector("[data-notes-mine]").addEventListener("click", () => { this.text.focus(); this.save(); });
    this.trouble.replaceChildren(notice);
    notice.scrollIntoView({ block: "nearest" });
  }

  /** Sends them; what the server answers where it took them, or where somebody else was faster; else it says why. */
  async send(notes) {
    const trouble = (text) => {
      this.say("");
      const notice = document.createElement("p");
      notice.className = "notice bad";
      notice.setAttribute("role", "alert");
      notice.textContent = text;
      this.trouble.replaceChildren(notice);
    };
    let response;
    try {
      const body = JSON.stringify({ notes, notes_revision: this.revision.value });
      response = await fetch(this.url, { method: "PATCH", body, headers: { "content-type": "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
      if (response.ok || response.status === 409) return await response.json();
    } catch {
      trouble(say("scripts-edit-lost"));
      return null;
    }
    trouble(response.status === 401 ? say("scripts-edit-logged-out") : say("scripts-notes-failed", { error: failure(response.status, await response.text().catch(() => ""), response.headers.get(TRANSLATED)).message }));
    return null;
  }

  say(text) {
    this.said.textContent = text;
    this.said.hidden = !text;
    if (text) announce(text);
  }

  /** Shows what there is now; while something is written it was held back. */
  async renew() {
    try {
      await this.refresh();
    } catch { /* the next event fetches it */ }
  }
}
