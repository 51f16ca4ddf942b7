// What was changed and what the machine heard each time: compared, gone back to, restored.

import { isLost } from "./focus.js";
import { say } from "./say.js";
import { clock, moment } from "./util.js";

export class Versions {
  constructor({ editor, go }) {
    Object.assign(this, { editor, go });
    this.dialog = document.querySelector("[data-history]");
    this.button = document.querySelector("[data-history-open]");
    if (!this.dialog) return;
    const part = (name) => this.dialog.querySelector(`[data-history-${name}]`);
    this.part = part;
    this.button.addEventListener("click", () => this.open());
    part("close").addEventListener("click", () => this.dialog.close());
    part("all").addEventListener("click", () => this.compare(undefined, say("scripts-history-since-machine")));
    part("back").addEventListener("click", () => this.lists());
    part("restore-all").addEventListener("click", () => this.restoreAll());
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
  }

  async open() {
    if (!this.editor.leave()) return;
    this.dialog.showModal();
    await this.lists();
  }

  say(text) { this.part("said").textContent = text; }

  ask(method, path, body) {
    return this.editor.ask(method, path, body, (message) => this.say(message));
  }

  async lists() {
    this.say(say("scripts-history-fetching"));
    this.part("compared").hidden = true;
    this.part("lists").hidden = false;
    this.part("lists").setAttribute("aria-busy", "true");
    const [edits, versions] = await Promise.all([this.ask("GET", "/edits?limit=100"), this.ask("GET", "/versions")]);
    this.part("lists").removeAttribute("aria-busy");
    if (!edits || !versions || edits.conflict) { if (edits?.conflict) this.say(edits.detail); return; }
    this.say("");
    this.revision = edits.revision;
    this.edits = edits.edits;
    this.editor.know(edits);
    this.part("edits").replaceChildren(...edits.edits.map((edit) => this.edit(edit)));
    this.part("none").hidden = edits.edits.length > 0;
    this.part("all").hidden = this.part("restore-all").hidden = edits.edits.length === 0;
    this.part("more").hidden = edits.total <= edits.edits.length;
    this.part("versions").replaceChildren(...versions.versions.map((version) => this.version(version, versions)));
    // What was pressed is no more: the list was made anew.
    if (isLost()) (this.part("all").hidden ? this.part("close") : this.part("all")).focus();
  }

  edit(edit) {
    const item = row(say("scripts-history-kind", { kind: edit.kind }), [when(edit.created_at), edit.user_name, state(edit)]);
    for (const { start, before, after } of edit.texts.slice(0, 3)) item.append(difference({ start, before, after }, (at) => this.leave(at)));
    for (const one of edit.names?.slice(0, 3) ?? []) item.append(naming(one));
    if (edit.names?.length > 3) item.append(line(say("scripts-history-more", { count: edit.count - 3 })));
    if (edit.texts.length > 3) item.append(line(say("scripts-history-more", { count: edit.count - 3 })));
    if (edit.state !== "undone" && edit.kind !== "undo" && edit.kind !== "redo") {
      const number = Number(edit.revision);
      const compare = [say("scripts-history-compare-before"), () => this.compare(`${this.revision.split(".")[0]}.${number - 1}`, say("scripts-history-since-before"))];
      // Names are no part of the text.
      item.append(actions([[say("scripts-history-undo-from"), () => this.undo(number)], ...(edit.kind === "name" ? [] : [compare])]));
    }
    return item;
  }

  version(version, { revision, versions }) {
    const name = say("scripts-history-version", { number: version.version, method: version.method });
    const item = row(name, [when(version.created_at), version.current ? say("scripts-history-shown") : ""]);
    if (!version.current) {
      const edit = revision.split(".")[1];
      item.append(actions([
        [say("scripts-history-show"), () => this.restore(version.version, versions.find((one) => one.current)?.version)],
        [say("scripts-history-compare"), () => this.compare(`${version.version}.${edit}`, say("scripts-history-version-and-now", { number: version.version }))],
      ]));
    }
    return item;
  }

  async compare(from, title) {
    this.say(say("scripts-history-fetching"));
    const found = await this.ask("GET", `/compare${from ? `?from=${from}` : ""}`);
    if (!found || found.conflict) { if (found) this.say(found.detail); return; }
    this.say("");
    this.part("lists").hidden = true;
    this.part("compared").hidden = false;
    this.part("title").textContent = say("scripts-history-differs", { title, count: found.total });
    const names = this.editor.names;
    const name = (speaker) => (speaker === null ? say("scripts-history-nobody") : names.get(speaker) ?? say("scripts-speaker", { number: speaker + 1 }));
    const shown = found.differences.map((one) => {
      const item = document.createElement("li");
      item.append(difference(one, (at) => this.leave(at), one.speakers && `${name(one.speakers.before)} → ${name(one.speakers.after)}`));
      return item;
    });
    if (found.total > shown.length) shown.push(line(say("scripts-history-first", { count: shown.length })));
    this.part("differences").replaceChildren(...shown);
    this.part("back").focus();
  }

  /** To a place of the text. */
  leave(at) {
    this.dialog.close();
    document.getElementById("text").focus({ preventScroll: true });
    this.go(at);
  }

  /** Undoes this change and all that came after it, one by one: each can be done again. */
  async undo(number) {
    const standing = this.edits.filter((one) => one.revision >= number && one.state !== "undone" && one.kind !== "undo" && one.kind !== "redo");
    let revision = this.revision;
    for (const _ of standing) {
      const answer = await this.ask("POST", "/edits/undo", { revision });
      if (!answer || answer.conflict) { if (answer) this.say(say("scripts-history-changed")); break; }
      revision = answer.revision;
    }
    await this.editor.renew(true);
    await this.lists();
    this.say(say("scripts-history-undone", { count: standing.length }));
  }

  async restoreAll() {
    const answer = await this.ask("POST", "/edits/restore-machine-text", { revision: this.revision });
    if (!answer || answer.conflict) { if (answer) this.say(say("scripts-history-changed")); return; }
    await this.editor.renew(true);
    await this.lists();
    this.say(say("scripts-history-restored"));
  }

  async restore(version, before) {
    const answer = await this.ask("POST", `/versions/${version}/restore`);
    if (!answer || answer.conflict) { if (answer) this.say(answer.detail); return; }
    await this.editor.renew(true);
    await this.lists();
    this.say(say("scripts-history-version-shown", { number: version }));
    const undo = before === undefined ? undefined : async () => {
      await this.ask("POST", `/versions/${before}/restore`);
      await this.editor.renew(true);
      this.editor.say(say("scripts-history-version-again", { number: before }));
    };
    this.editor.say(say("scripts-history-version-shown", { number: version }), undo);
  }
}

const when = (date) => moment(new Date(date));

function state({ state, count, kind }) {
  const places = ["undo", "redo", "name"].includes(kind) || !count ? "" : say("scripts-history-places", { count });
  return [places, say("scripts-history-state", { state })].filter(Boolean).join(", ");
}

function row(title, facts) {
  const item = document.createElement("li");
  const head = document.createElement("p");
  const strong = document.createElement("strong");
  strong.textContent = title;
  const small = document.createElement("span");
  small.className = "muted small";
  small.textContent = ` ${facts.filter(Boolean).join(" · ")}`;
  head.append(strong, small);
  item.append(head);
  return item;
}

function line(text) {
  const one = document.createElement("p");
  one.className = "muted small";
  one.textContent = text;
  return one;
}

function actions(list) {
  const all = document.createElement("p");
  for (const [name, act] of list) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.textContent = name;
    button.addEventListener("click", act);
    all.append(button);
  }
  return all;
}

/** Who was called what, and is from then on. */
function naming({ before, after }) {
  const all = document.createElement("p");
  all.className = "difference";
  const voice = (one) => (one && one.speaker !== null ? say("scripts-speaker", { number: one.speaker + 1 }) : "");
  const other = before && after && before.speaker !== after.speaker;
  const shown = (kind, one) => {
    const part = document.createElement(kind);
    part.textContent = [one.name, other ? voice(one) : ""].filter(Boolean).join(", ");
    all.append(part);
  };
  if (!other && voice(after ?? before)) {
    const whose = document.createElement("span");
    whose.className = "muted";
    whose.textContent = voice(after ?? before);
    all.append(whose);
  }
  if (before) shown("del", before);
  if (after) shown("ins", after);
  return all;
}

/** Before and after, with the time, which leads there. */
function difference({ start, before, after }, go, speakers) {
  const all = document.createElement("p");
  all.className = "difference";
  const at = document.createElement("button");
  at.type = "button";
  at.className = "plain at";
  at.textContent = clock(start);
  at.addEventListener("click", () => go(start));
  all.append(at);
  if (speakers) {
    const said = document.createElement("span");
    said.textContent = `${speakers}: ${after}`;
    all.append(said);
    return all;
  }
  const [old, fresh] = [document.createElement("del"), document.createElement("ins")];
  old.textContent = before;
  fresh.textContent = after;
  if (before) all.append(old);
  if (after) all.append(fresh);
  return all;
}
