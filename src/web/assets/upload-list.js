// The list of uploads: two at a time, in order, each with its progress, and what can be done about it.

import { Refused } from "./api.js";
import { say } from "./say.js";
import { Halted, Upload } from "./upload.js";
import { announce, bytes, clock } from "./util.js";

const AT_ONCE = 2;
/** Milliseconds after which an upload that a lost line has stopped is tried again. */
const LATER = 60_000;
// What a browser may not call audio or video although it is.
const KNOWN = /\.(3g2|3gp|aac|ac3|aif|aifc|aiff|amr|ape|asf|au|avi|caf|dsf|dts|eac3|flac|flv|gsm|m2ts|m4a|m4b|m4v|mka|mkv|mov|mp2|mp3|mp4|mpc|mpe?g|mts|mxf|nut|oga|ogg|ogv|opus|ra|rm|sln|spx|tta|ts|voc|w64|wav|weba|webm|wma|wmv|wv)$/i;

/** What is wrong with a file, before anything of it is sent: a sentence, and whether it may be sent all the same. */
function fault(file, limit) {
  if (file.size === 0) return { said: say("scripts-upload-empty") };
  if (file.size > limit) return { said: say("scripts-upload-too-large", { limit: bytes(limit) }) };
  if (!/^(audio|video)\//.test(file.type) && !KNOWN.test(file.name)) {
    return { said: say("scripts-upload-odd"), anyway: true };
  }
  return null;
}

const same = (a, b) => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;

export class Uploads {
  /**
   * @param {HTMLElement} box where the list is
   * @param {number} limit bytes that a file may have
   * @param {() => void} onDone called whenever an upload has become a transcript
   */
  constructor(box, limit, onDone) {
    this.box = box;
    this.limit = limit;
    this.onDone = onDone;
    this.list = box.querySelector("[data-list]");
    this.said = box.querySelector("[data-said]");
    this.clear = box.querySelector("[data-clear]");
    this.items = [];
    this.clear.addEventListener("click", () => this.tidy());
    window.addEventListener("online", () => this.goOn());
    window.addEventListener("beforeunload", (event) => {
      if (this.items.some((item) => item.state === "sending" || item.state === "waiting")) event.preventDefault();
    });
  }

  /** Adds files in their order. `options` gives title, language and so on for the nth of so many. */
  add(files, options) {
    const fresh = [];
    for (const [n, file] of files.entries()) {
      const twice = this.items.find((item) => same(item.file, file) && item.state !== "done" && item.state !== "gone");
      if (twice) {
        // Chosen again: that is how one goes on.
        if (twice.state === "failed" || twice.state === "paused") this.resume(twice);
        else announce(say("scripts-upload-twice", { name: file.name }));
        continue;
      }
      fresh.push(this.row(file, options(n, files.length)));
    }
    if (!this.items.length) return;
    this.box.hidden = false;
    this.next();
    this.tell();
    if (fresh.length) {
      this.box.scrollIntoView({ block: "nearest" });
      this.said.focus({ preventScroll: true });
    }
  }

  row(file, options) {
    const row = document.importNode(document.getElementById("upload-row").content, true).firstElementChild;
    const item = { file, row, state: "waiting", spokenAt: 0 };
    const part = (name) => row.querySelector(`[data-${name}]`);
    part("name").textContent = file.name;
    for (const act of ["pause", "go", "anyway", "cancel"]) part(act).setAttribute("aria-label", say("scripts-upload-act", { act, name: file.name }));
    row.querySelector("progress").setAttribute("aria-label", say("scripts-upload-progress", { name: file.name }));
    part("pause").addEventListener("click", () => this.pause(item));
    part("go").addEventListener("click", () => this.resume(item));
    part("anyway").addEventListener("click", () => this.resume(item));
    part("cancel").addEventListener("click", () => this.cancel(item));
    item.upload = new Upload(file, options, (state) => this.show(item, state));
    this.list.append(row);
    this.items.push(item);
    const wrong = fault(file, this.limit);
    if (wrong) this.set(item, wrong.anyway ? "odd" : "refused", wrong.said);
    else this.set(item, "waiting", say("scripts-upload-waiting", { size: bytes(file.size) }));
    return item;
  }

  /** Starts what waits, as long as there is room. */
  next() {
    const busy = () => this.items.filter((item) => item.state === "sending").length;
    for (const item of this.items) {
      if (busy() >= AT_ONCE) break;
      if (item.state === "waiting") this.start(item);
    }
  }

  async start(item) {
    this.set(item, "sending", say("scripts-upload-beginning"));
    item.lost = false;
    try {
      const id = await item.upload.run();
      item.id = id;
      item.row.querySelector("progress").value = 100;
      item.row.querySelector("[data-percent]").textContent = say("scripts-percent", { percent: 100 });
      item.row.querySelector("[data-open]").href = `/transcripts/${id}`;
      this.set(item, "done", say("scripts-upload-done", { size: bytes(item.file.size) }));
      announce(say("scripts-upload-done-said", { name: item.file.name }));
      // Alone, it is what one wants to see next.
      if (this.items.length === 1) return location.assign(`/transcripts/${id}`);
      this.onDone();
    } catch (error) {
      if (error instanceof Halted) {
        // A halt of the person's; or of one that was started again at once, which has its own state.
      } else if (error instanceof Refused) {
        this.set(item, error.status === 507 ? "failed" : "refused", say("scripts-upload-refused", { error: error.message }));
        announce(say("scripts-upload-about", { name: item.file.name, said: error.message }));
      } else {
        item.lost = true;
        this.set(item, "failed", say("scripts-upload-stopped", { error: error.message }));
        announce(say("scripts-upload-stopped-said", { name: item.file.name }));
        setTimeout(() => this.goOn(), LATER);
      }
    }
    this.next();
    this.tell();
    return null;
  }

  pause(item) {
    const before = item.state;
    this.set(item, "paused", before === "sending" ? say("scripts-upload-paused-at", { sent: bytes(item.sent ?? 0), size: bytes(item.file.size) }) : say("scripts-upload-paused"));
    if (before === "sending") item.upload.halt();
    item.row.querySelector("[data-go]").focus();
    announce(say("scripts-upload-paused-said", { name: item.file.name }));
    this.next();
    this.tell();
  }

  resume(item) {
    this.set(item, "waiting", say("scripts-upload-waits"));
    this.next();
    this.tell();
    item.row.querySelector(item.state === "sending" ? "[data-pause]" : "[data-cancel]").focus();
  }

  /** The line may be back: what waits for it need not wait longer, and what it stopped has its turn again. Nobody's focus moves. */
  goOn() {
    for (const item of this.items) {
      if (item.state === "sending") item.upload.wake?.();
      else if (item.state === "failed" && item.lost) this.set(item, "waiting", say("scripts-upload-waits"));
    }
    this.next();
    this.tell();
  }

  async cancel(item) {
    const begun = item.state === "sending" || item.state === "paused" || item.state === "failed";
    item.state = "gone";
    const at = this.items.indexOf(item);
    this.items.splice(at, 1);
    item.row.remove();
    const near = this.items[Math.min(at, this.items.length - 1)];
    (near ? near.row.querySelector("[data-cancel]:not([hidden]), [data-open]:not([hidden])") : document.querySelector("[data-choose]"))?.focus();
    announce(say("scripts-upload-taken", { name: item.file.name }));
    if (begun) await item.upload.cancel();
    this.next();
    this.tell();
  }

  /** Takes what is over from the list. */
  tidy() {
    for (const item of this.items.filter(({ state }) => state === "done" || state === "refused")) item.row.remove();
    this.items = this.items.filter(({ state }) => state !== "done" && state !== "refused");
    this.tell();
    document.querySelector("[data-choose]").focus();
  }

  set(item, state, detail) {
    item.state = state;
    item.row.dataset.state = state;
    item.row.querySelector("[data-detail]").textContent = detail;
    const over = state === "refused" || state === "odd";
    item.row.querySelector("progress").hidden = over;
    const cancel = item.row.querySelector("[data-cancel]");
    cancel.textContent = over ? say("scripts-upload-take") : say("scripts-upload-cancel");
    cancel.setAttribute("aria-label", say("scripts-upload-act", { act: over ? "take" : "cancel", name: item.file.name }));
    const shown = { pause: ["sending", "waiting"], go: ["paused", "failed"], anyway: ["odd"], open: ["done"] };
    const acts = Object.entries(shown).map(([name, states]) => [item.row.querySelector(`[data-${name}]`), states.includes(state)]);
    acts.push([cancel, state !== "done"]);
    // A button that goes away hands the focus on before.
    for (const [act, of] of acts) if (of) act.hidden = false;
    if (acts.some(([act, of]) => !of && act === document.activeElement)) acts.find(([, of]) => of)?.[0].focus();
    for (const [act, of] of acts) act.hidden = !of;
  }

  show(item, { sent, total, speed, waiting }) {
    if (item.state !== "sending") return;
    item.sent = sent;
    const percent = total ? Math.floor((sent / total) * 100) : 0;
    item.row.querySelector("progress").value = percent;
    item.row.querySelector("[data-percent]").textContent = say("scripts-percent", { percent });
    const left = speed > 0 ? (total - sent) / speed : 0;
    const facts = [say("scripts-upload-sent", { sent: bytes(sent), size: bytes(total) })];
    if (speed > 0) facts.push(say("scripts-upload-speed", { speed: bytes(speed) }));
    if (left > 5) facts.push(say("scripts-upload-left", { left: clock(left) }));
    item.row.querySelector("[data-detail]").textContent = waiting ?? facts.join(" · ");
    if (waiting || percent >= item.spokenAt + 25) {
      item.spokenAt = percent;
      announce(say("scripts-upload-about", { name: item.file.name, said: waiting ?? say("scripts-percent-said", { percent }) }));
    }
  }

  /** How it stands with all of them. */
  tell() {
    const count = (...states) => this.items.filter((item) => states.includes(item.state)).length;
    const [done, all] = [count("done"), this.items.length - count("refused", "odd")];
    if (all === 0) this.said.textContent = say("scripts-upload-none");
    else this.said.textContent = done === all ? say("scripts-upload-all", { count: all }) : say("scripts-upload-some", { done, total: all });
    this.clear.hidden = count("done", "refused") === 0;
    this.box.hidden = this.items.length === 0;
  }
}
