// Single keys for what one does again and again; a list of them; and a switch, as they are in the way of some ways to type.

import { say } from "./say.js";
import { announce } from "./util.js";
import { lastUpTo } from "./words.js";

const SETTING = "reflector-keys";

/** What belongs to typing or to the control that has the focus. */
const taken = (target) => target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable], dialog");
const pressable = (target) => target.closest?.("button, a, summary, input, audio");

export class Keys {
  /** `acts`: what each key does that is not the player's own, by key. */
  constructor({ player, follow, text, acts }) {
    Object.assign(this, { player, follow, text, acts });
    this.dialog = document.querySelector("[data-help]");
    this.switch = this.dialog.querySelector("[data-keys]");
    this.switch.checked = localStorage.getItem(SETTING) !== "off";
    this.switch.addEventListener("change", () => localStorage.setItem(SETTING, this.switch.checked ? "on" : "off"));
    this.dialog.querySelector("[data-help-close]").addEventListener("click", () => this.dialog.close());
    // A click beside it.
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
    document.addEventListener("click", (event) => { if (event.target.closest?.("[data-help-open]")) this.dialog.showModal(); });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || taken(event.target)) return;
    if (event.shiftKey && /^(Arrow| )/.test(event.key)) return;
    if (event.key === "?") { event.preventDefault(); this.dialog.showModal(); return; }
    if (!this.switch.checked || (event.key === " " && pressable(event.target))) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = this.acts[key] ?? this.own(key);
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** What the player does at a key. */
  own(key) {
    const player = this.player();
    if (!player) return null;
    switch (key) {
      case " ": case "k": return () => player.toggle();
      case "ArrowLeft": return () => player.skip(-5);
      case "ArrowRight": return () => player.skip(5);
      case "j": return () => player.skip(-10);
      case "l": return () => player.skip(10);
      case ",": return () => this.paragraph(-1);
      case ".": return () => this.paragraph(1);
      case "[": return () => this.topic(-1);
      case "]": return () => this.topic(1);
      case "-": return () => announce(say("scripts-speed", { speed: player.faster(-1) }));
      case "+": case "=": return () => announce(say("scripts-speed", { speed: player.faster(1) }));
      case "b": return () => this.follow()?.return();
      default: return null;
    }
  }

  topic(by) {
    const player = this.player();
    const { topics } = player;
    // Back goes to the beginning of this one first.
    const here = lastUpTo(topics, player.time + (by < 0 ? -2 : 0.05));
    const to = by > 0 ? topics[here + 1] : topics[Math.max(0, here)];
    if (to !== undefined) this.follow().go(to, !player.audio.paused);
  }

  async paragraph(by) {
    const player = this.player();
    const leaf = this.text.at(player.time);
    if (!leaf) return;
    await this.text.open(leaf).catch(() => {});
    const { starts } = this.text.paragraphsOf(leaf);
    const here = lastUpTo(starts, player.time + (by < 0 ? -2 : 0.05));
    let to = by > 0 ? starts[here + 1] : starts[here];
    if (to === undefined) {
      const other = by > 0 ? leaf.nextElementSibling : leaf.previousElementSibling;
      if (!other) return;
      await this.text.open(other).catch(() => {});
      to = this.text.paragraphsOf(other).starts.at(by > 0 ? 0 : -1);
    }
    if (to !== undefined) this.follow().go(to, !player.audio.paused);
  }
}
