// The player: one audio element, the waveform as its position, topic markers, speed.

import { clock, spoken } from "./util.js";

export class Player extends EventTarget {
  constructor(root) {
    super();
    this.root = root;
    this.audio = root.querySelector("audio");
    this.seekBar = root.querySelector("[data-seekbar]");
    this.clock = root.querySelector("[data-clock]");
    this.track = root.querySelector(".track");
    this.length = Number(root.dataset.duration) || 0;
    this.audio.controls = false;
    root.querySelector(".deck").hidden = false;

    root.querySelector("[data-play]").addEventListener("click", () => this.toggle());
    for (const button of root.querySelectorAll("[data-skip]")) {
      button.addEventListener("click", () => this.seek(this.audio.currentTime + Number(button.dataset.skip)));
    }
    this.seekBar.addEventListener("input", () => this.seek(Number(this.seekBar.value)));
    const speed = root.querySelector("[data-speed]");
    speed.value = localStorage.getItem("reflector-speed") ?? "1";
    if (speed.selectedIndex < 0) speed.value = "1";
    const setSpeed = () => { this.audio.playbackRate = Number(speed.value); localStorage.setItem("reflector-speed", speed.value); };
    speed.addEventListener("change", setSpeed);
    this.audio.addEventListener("loadedmetadata", () => { setSpeed(); this.show(); });
    setSpeed();

    for (const kind of ["play", "pause", "ended"]) {
      this.audio.addEventListener(kind, () => {
        root.classList.toggle("playing", !this.audio.paused);
        root.querySelector("[data-play]").setAttribute("aria-label", this.audio.paused ? "Play" : "Pause");
        if (!this.audio.paused) this.tick();
      });
    }
    for (const kind of ["timeupdate", "seeked"]) this.audio.addEventListener(kind, () => this.show());
    this.audio.addEventListener("error", () => {
      root.querySelector("[data-trouble]").hidden = false;
    });
    this.placeMarks();
    this.show();
  }

  placeMarks() {
    for (const mark of this.root.querySelectorAll(".marks li")) {
      const at = this.length ? Number(mark.dataset.at) / this.length : 0;
      mark.style.left = `${(at * 100).toFixed(3)}%`;
      mark.classList.toggle("near", at < 0.15);
      mark.classList.toggle("far", at > 0.7);
    }
  }

  get time() { return this.audio.currentTime; }

  toggle() {
    if (this.audio.paused) this.audio.play().catch(() => {});
    else this.audio.pause();
  }

  /** Goes to a time in seconds; with `play` it starts there. */
  seek(seconds, play = false) {
    this.audio.currentTime = Math.min(Math.max(0, seconds), this.length || Infinity);
    if (play) this.audio.play().catch(() => {});
    this.show();
  }

  // While playing, a frame loop: timeupdate comes only four times a second, too coarse for words.
  tick() {
    if (this.audio.paused) return;
    this.show();
    requestAnimationFrame(() => this.tick());
  }

  show() {
    const now = this.audio.currentTime;
    const share = this.length ? Math.min(1, now / this.length) : 0;
    this.track.style.setProperty("--at", `${(share * 100).toFixed(3)}%`);
    if (document.activeElement !== this.seekBar || !this.audio.paused) this.seekBar.value = String(now);
    const label = `${clock(now)} / ${clock(this.length)}`;
    if (this.clock.textContent !== label) {
      this.clock.textContent = label;
      this.seekBar.setAttribute("aria-valuetext", `${spoken(now)} of ${spoken(this.length)}`);
    }
    this.dispatchEvent(new CustomEvent("time", { detail: now }));
  }
}
