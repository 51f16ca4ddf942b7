// The player: one audio element, the waveform as its position, topic markers, speed; a stretch played once or again and again.

import { say } from "./say.js";
import { clock, spoken } from "./util.js";

/** Seconds that a key moves the position by. */
const STEPS = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -30, PageUp: 30, Home: -Infinity, End: Infinity };

export class Player extends EventTarget {
  constructor(root) {
    super();
    this.root = root;
    this.audio = root.querySelector("audio");
    this.seekBar = root.querySelector("[data-seekbar]");
    this.clock = root.querySelector("[data-clock]");
    this.track = root.querySelector(".track");
    this.speed = root.querySelector("[data-speed]");
    this.length = Number(root.dataset.duration) || 0;
    this.stretch = null;
    /** Where sound that is asked for anew is to go on, and whether it plays then. */
    this.wanted = null;
    this.audio.controls = false;
    root.querySelector(".deck").hidden = false;

    root.querySelector("[data-play]").addEventListener("click", () => this.toggle());
    for (const button of root.querySelectorAll("[data-skip]")) button.addEventListener("click", () => this.skip(Number(button.dataset.skip)));
    root.querySelector("[data-loop-end]").addEventListener("click", () => {
      // The button goes away.
      root.querySelector("[data-play]").focus({ preventScroll: true });
      this.loop(null);
    });
    this.seekBar.addEventListener("input", () => this.seek(Number(this.seekBar.value)));
    this.seekBar.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.skip(step);
    });
    this.attachSpeed();

    for (const kind of ["play", "pause", "ended"]) {
      this.audio.addEventListener(kind, () => {
        root.classList.toggle("playing", !this.audio.paused);
        root.querySelector("[data-play]").setAttribute("aria-label", this.audio.paused ? say("scripts-play") : say("scripts-pause"));
        if (!this.audio.paused) this.tick();
      });
    }
    for (const kind of ["timeupdate", "seeked"]) this.audio.addEventListener(kind, () => this.show());
    const trouble = () => { root.querySelector("[data-trouble]").hidden = !this.audio.error; };
    for (const kind of ["error", "loadedmetadata"]) this.audio.addEventListener(kind, trouble);
    // It may have failed before this came.
    trouble();
    window.addEventListener("online", () => { if (this.audio.error && root.isConnected) this.renew(); });
    this.placeMarks();
    this.show();
  }

  attachSpeed() {
    this.speed.value = localStorage.getItem("reflector-speed") ?? "1";
    if (this.speed.selectedIndex < 0) this.speed.value = "1";
    const set = () => { this.audio.playbackRate = Number(this.speed.value); localStorage.setItem("reflector-speed", this.speed.value); };
    this.speed.addEventListener("change", set);
    this.audio.addEventListener("loadedmetadata", () => {
      set();
      const { wanted } = this;
      this.wanted = null;
      if (wanted) this.seek(wanted.at, wanted.play);
      this.show();
    });
    set();
  }

  /** The next slower or faster speed; what it is now. */
  faster(by) {
    const last = this.speed.options.length - 1;
    this.speed.selectedIndex = Math.min(last, Math.max(0, this.speed.selectedIndex + by));
    this.speed.dispatchEvent(new Event("change"));
    return this.speed.selectedOptions[0].textContent;
  }

  placeMarks() {
    for (const mark of this.root.querySelectorAll(".marks li")) {
      const at = this.length ? Number(mark.dataset.at) / this.length : 0;
      mark.style.left = `${(at * 100).toFixed(3)}%`;
      mark.classList.toggle("near", at < 0.15);
      mark.classList.toggle("far", at > 0.7);
    }
  }

  /** When the topics begin, in seconds. */
  get topics() { return [...this.root.querySelectorAll(".marks li")].map((mark) => Number(mark.dataset.at)); }

  get time() { return this.wanted?.at ?? this.audio.currentTime; }

  /** Asks anew for sound that broke off or could not be had (a lost line, a login that ended), from where it was. */
  renew(play = this.wanted?.play ?? !this.audio.paused) {
    this.wanted = { at: this.time, play };
    this.audio.load();
  }

  toggle() {
    if (this.audio.error) this.renew(true);
    else if (this.audio.paused) this.audio.play().catch(() => {});
    else this.audio.pause();
  }

  skip(by) {
    this.seek(by === Infinity ? this.length : this.time + by);
  }

  /** Goes to a time in seconds; with `play` it starts there. */
  seek(seconds, play = false) {
    // Whoever goes elsewhere has heard enough of it.
    if (this.stretch && (seconds < this.stretch.from - 0.05 || seconds > this.stretch.to)) this.loop(null);
    const at = Math.min(Math.max(0, seconds), this.length || Infinity);
    if (this.wanted) this.wanted.at = at;
    this.audio.currentTime = at;
    if (play) this.audio.play().catch(() => {});
    this.show();
  }

  /** Plays from one time to another, in seconds, and stops there. */
  only(from, to) {
    this.loop(null);
    this.stretch = { from, to, again: false };
    this.seek(from, true);
  }

  /** Plays a stretch again and again; `null`: no longer. */
  loop(stretch) {
    this.stretch = stretch && { ...stretch, to: Math.max(stretch.to, stretch.from + 0.2), again: true };
    const shown = this.root.querySelector("[data-loop]");
    const span = this.root.querySelector("[data-loop-span]");
    shown.hidden = span.hidden = !stretch;
    if (!stretch) return;
    shown.querySelector("[data-loop-said]").textContent = say("scripts-repeating", { from: clock(stretch.from), to: clock(stretch.to) });
    const part = (time) => (this.length ? (time / this.length) * 100 : 0);
    span.style.left = `${part(stretch.from)}%`;
    span.style.width = `max(3px, ${part(stretch.to - stretch.from)}%)`;
    this.seek(stretch.from, true);
  }

  get looping() { return Boolean(this.stretch?.again); }

  // While playing, a frame loop: timeupdate comes only four times a second, too coarse for words.
  tick() {
    if (this.audio.paused) return;
    this.show();
    requestAnimationFrame(() => this.tick());
  }

  /** At the end of a stretch: back to its beginning, or a stop. */
  turn(now) {
    const { stretch } = this;
    if (!stretch || this.audio.paused && !this.audio.ended || now < stretch.to) return;
    if (stretch.again) {
      this.audio.currentTime = stretch.from;
      if (this.audio.paused) this.audio.play().catch(() => {});
      return;
    }
    this.stretch = null;
    this.audio.pause();
    this.dispatchEvent(new CustomEvent("stretched"));
  }

  show() {
    this.turn(this.audio.currentTime);
    const now = this.time;
    const share = this.length ? Math.min(1, now / this.length) : 0;
    this.track.style.setProperty("--at", `${(share * 100).toFixed(3)}%`);
    if (document.activeElement !== this.seekBar || !this.audio.paused || Math.abs(Number(this.seekBar.value) - now) > 1) this.seekBar.value = String(now);
    const label = `${clock(now)} / ${clock(this.length)}`;
    if (this.clock.textContent !== label) {
      this.clock.textContent = label;
      this.seekBar.setAttribute("aria-valuetext", say("scripts-position", { at: spoken(now), length: spoken(this.length) }));
    }
    this.dispatchEvent(new CustomEvent("time", { detail: now }));
  }
}
