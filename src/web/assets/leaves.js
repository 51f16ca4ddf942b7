// A long text is shown in leaves: those in view and around it are fetched, those far away given up again, so that neither the page nor
// the way to it grows with the meeting.

import { say } from "./say.js";
import { fetchDocument, once } from "./util.js";
import { startOf, lastUpTo } from "./words.js";

/** Leaves that are kept at a time. */
const KEPT = 6;

const inWindow = (one) => { const box = one.getBoundingClientRect(); return box.bottom > 0 && box.top < window.innerHeight; };

export class Leaves extends EventTarget {
  constructor(id) {
    super();
    this.id = id;
    this.loading = new Map();
    this.paragraphs = new WeakMap();
    this.inView = new Set();
    /** The leaf that plays stays, wherever one reads. */
    this.playing = null;
    this.observer = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "100% 0px" });
    // What a lost line kept away comes with it.
    window.addEventListener("online", () => this.fill());
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("#text .leaf-link");
      if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.open(link.closest(".leaf")).catch(() => {});
    });
    this.watch();
  }

  get all() { return [...document.querySelectorAll("#text .leaf")]; }

  watch() {
    this.observer.disconnect();
    this.inView.clear();
    for (const leaf of this.all) {
      this.size(leaf);
      this.observer.observe(leaf);
    }
  }

  /** A leaf that is not there takes about the room that it will take. */
  size(leaf) {
    if (leaf.matches("[data-open]")) { leaf.style.minHeight = ""; return; }
    const bytes = Number(leaf.dataset.bytes);
    const width = leaf.parentElement.clientWidth || 600;
    leaf.style.minHeight = `${Number(leaf.dataset.height) || Math.round((bytes / (width / 8.6)) * 29 + (bytes / 450) * 52)}px`;
  }

  seen(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.inView.add(target);
      else this.inView.delete(target);
    }
    this.fill();
    this.prune();
  }

  /** Has what is in view. */
  fill() {
    for (const leaf of this.inView) if (leaf.isConnected) this.open(leaf).catch(() => {});
  }

  /** The leaf that is said at a time, or null. */
  at(time) {
    const all = this.all;
    const place = lastUpTo(all.map((leaf) => Number(leaf.dataset.from)), time + 0.02);
    return all[Math.max(0, place)] ?? null;
  }

  /** Paragraphs of an open leaf, in order. */
  paragraphsOf(leaf) {
    let found = this.paragraphs.get(leaf);
    if (!found) {
      const all = [...leaf.querySelectorAll("p[data-w]")].filter((one) => one.dataset.w);
      found = { all, starts: all.map(startOf) };
      this.paragraphs.set(leaf, found);
    }
    return found;
  }

  /** The paragraph that is said at a time, if its leaf is there. */
  paragraphAt(time) {
    const leaf = this.at(time);
    if (!leaf?.matches("[data-open]")) return null;
    const { all, starts } = this.paragraphsOf(leaf);
    return all[lastUpTo(starts, time + 0.02)] ?? null;
  }

  /** Fetches a leaf, unless it is there. Fails with a message in its place. */
  open(leaf, anew = false) {
    if (leaf.matches("[data-open]") && !anew) return Promise.resolve(leaf);
    return once(this.loading, leaf.dataset.leaf, () => this.fetch(leaf));
  }

  async fetch(leaf) {
    leaf.setAttribute("aria-busy", "true");
    try {
      const page = await fetchDocument(`/transcripts/${this.id}/text?part=${leaf.dataset.leaf}`);
      const fresh = page.querySelector(".leaf");
      if (!fresh || fresh.dataset.leaf !== leaf.dataset.leaf) throw new Error("no such part");
      if (leaf.querySelector("[data-busy]")) return leaf;
      this.put(leaf, fresh);
    } catch (error) {
      const link = leaf.querySelector(".leaf-link");
      const failed = say("scripts-part-failed");
      if (link) link.textContent = failed;
      throw new Error(failed, { cause: error });
    } finally {
      leaf.removeAttribute("aria-busy");
    }
    return leaf;
  }

  put(leaf, fresh) {
    const active = leaf.contains(document.activeElement) ? document.activeElement : null;
    // A link that stood for the leaf leads to its beginning.
    const held = active?.closest(".who")?.querySelector(".at")?.dataset.seek ?? (active?.matches(".leaf-link") ? "0" : undefined);
    const kind = active?.matches(".edit-open") ? ".edit-open" : ".at";
    const seen = !active && document.activeElement?.matches(":focus-visible") && inWindow(document.activeElement) ? document.activeElement : null;
    leaf.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
    for (const name of ["total", "from", "bytes", "mark"]) leaf.dataset[name] = fresh.dataset[name];
    leaf.toggleAttribute("data-open", fresh.matches("[data-open]"));
    delete leaf.dataset.height;
    this.size(leaf);
    this.paragraphs.delete(leaf);
    this.dispatchEvent(new CustomEvent("open", { detail: leaf }));
    // The focus stays where it was; where a paragraph was joined with the one before, there.
    if (held !== undefined) {
      const all = [...leaf.querySelectorAll(".who > .at")];
      const at = all.findLast((one) => Number(one.dataset.seek) <= Number(held)) ?? all[0];
      at?.parentElement.querySelector(kind)?.focus({ preventScroll: true });
    }
    // What a text that grew pushed out of the window, the page's foot say, is where somebody's hands are.
    if (seen) {
      requestAnimationFrame(() => requestAnimationFrame(() => {
        if (document.activeElement === seen && !inWindow(seen)) seen.scrollIntoView({ block: "nearest" });
      }));
    }
    this.prune();
  }

  /** Gives up the leaves farthest from the window. */
  prune() {
    const middle = window.innerHeight / 2;
    const selected = getSelection();
    const needed = (leaf) => leaf === this.playing || this.inView.has(leaf) || leaf.contains(document.activeElement) || leaf.querySelector("[data-busy]")
      || (!selected.isCollapsed && selected.containsNode(leaf, true));
    const open = this.all.filter((leaf) => leaf.matches("[data-open]"));
    const far = (leaf) => { const box = leaf.getBoundingClientRect(); return box.bottom < middle ? middle - box.bottom : Math.max(0, box.top - middle); };
    const spare = open.filter((leaf) => !needed(leaf)).sort((a, b) => far(b) - far(a));
    for (const leaf of spare.slice(0, Math.max(0, open.length - KEPT))) this.close(leaf);
  }

  close(leaf) {
    leaf.dataset.height = String(Math.round(leaf.getBoundingClientRect().height));
    const link = document.createElement("a");
    link.className = "leaf-link";
    link.href = `?part=${leaf.dataset.leaf}#${leaf.id}`;
    link.textContent = say("scripts-part", { number: Number(leaf.dataset.leaf), total: Number(leaf.dataset.total) });
    leaf.replaceChildren(link);
    leaf.removeAttribute("data-open");
    this.size(leaf);
    this.paragraphs.delete(leaf);
    // Those that come into view again are seen by the observer only where that changes.
    this.observer.unobserve(leaf);
    this.observer.observe(leaf);
  }

  /** Shows what is said at a time, and gives its paragraph. */
  async show(time) {
    const leaf = this.at(time);
    if (leaf) await this.open(leaf);
    return this.paragraphAt(time);
  }

  /**
   * Takes the text as the server has it now: its frame, where its leaves begin, and their marks. What is shown and reads otherwise is
   * fetched. Whether anything is another.
   */
  async adopt(fresh) {
    const old = document.querySelector("[data-part=text]");
    let changed = old.hasAttribute("data-editable") !== fresh.hasAttribute("data-editable");
    old.toggleAttribute("data-editable", fresh.hasAttribute("data-editable"));
    const { revision } = fresh.dataset;
    for (const part of [".label-row .method", "[data-text-foot]"]) {
      const [here, there] = [old.querySelector(part), fresh.querySelector(part)];
      if (here.outerHTML !== there.outerHTML) { here.replaceWith(document.importNode(there, true)); changed = true; }
    }
    const list = old.querySelector("#text");
    list.lang = fresh.querySelector("#text").lang;
    const here = this.all;
    const stale = [];
    fresh.querySelectorAll(".leaf").forEach((leaf, place) => {
      const shown = here[place];
      if (!shown) { list.append(document.importNode(leaf, true)); changed = true; return; }
      for (const name of ["total", "from", "bytes"]) shown.dataset[name] = leaf.dataset[name];
      if (shown.dataset.mark === leaf.dataset.mark) return;
      changed = true;
      if (!shown.matches("[data-open]")) { shown.dataset.mark = leaf.dataset.mark; return; }
      // What somebody is writing in the text stays; it is asked for again when that has ended.
      if (!shown.querySelector("[data-busy]")) stale.push([shown, leaf.dataset.mark]);
    });
    for (const surplus of here.slice(fresh.querySelectorAll(".leaf").length)) { surplus.remove(); changed = true; }
    await Promise.all(stale.map(async ([leaf, mark]) => {
      await this.open(leaf, true);
      // It was on its way already, as it was before.
      if (leaf.dataset.mark !== mark) await this.open(leaf, true);
    }));
    // Only now is it what is shown; and where somebody is writing, it is not yet.
    if (!list.querySelector("[data-busy]")) old.dataset.revision = revision;
    if (changed) this.watch();
    else this.fill();
    return changed;
  }
}
