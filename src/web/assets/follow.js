// Words follow the playback, and lead it: a click on a word or a time goes there.

export class Follow {
  constructor(player) {
    this.player = player;
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.now = null;
    this.scrolledAt = 0;
    this.checkbox = document.querySelector("[data-follow]");
    this.index();
    player.addEventListener("time", (event) => this.mark(event.detail));
    document.addEventListener("click", (event) => this.click(event), { signal });
    // Whoever scrolls by hand is reading elsewhere: leave the page alone for a while.
    for (const kind of ["wheel", "touchmove", "keydown"]) {
      window.addEventListener(kind, (event) => {
        if (kind !== "keydown" || /^(Arrow|Page|Home|End)/.test(event.key)) this.scrolledAt = performance.now();
      }, { passive: true, signal });
    }
  }

  /** Lets go of the page: another player has taken over. */
  end() {
    this.listening.abort();
    this.player.audio.pause();
  }

  /** Reads the words anew, after the text has changed. */
  index() {
    this.words = [...document.querySelectorAll("#text [data-s]")];
    this.starts = this.words.map((word) => Number(word.dataset.s));
    this.topics = [...document.querySelectorAll(".toc a[data-seek]")];
    this.now = null;
  }

  /** The last word that has begun at `time`, or null. */
  at(time) {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= time + 0.02) low = middle + 1;
      else high = middle;
    }
    return low ? this.words[low - 1] : null;
  }

  mark(time) {
    const word = this.at(time);
    if (word === this.now) return;
    this.now?.classList.remove("now");
    word?.classList.add("now");
    this.now = word;
    if (word && !this.player.audio.paused) this.bring(word);
    let current = null;
    for (const topic of this.topics) if (Number(topic.dataset.seek) <= time + 0.02) current = topic;
    for (const topic of this.topics) {
      if (topic === current && time > 0) topic.setAttribute("aria-current", "true");
      else topic.removeAttribute("aria-current");
    }
  }

  bring(word) {
    if (!this.checkbox?.checked || performance.now() - this.scrolledAt < 4000) return;
    const place = word.getBoundingClientRect();
    const top = (document.querySelector(".player")?.getBoundingClientRect().bottom ?? 0) + 24;
    if (place.top >= top && place.bottom <= window.innerHeight * 0.8) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    window.scrollTo({ top: window.scrollY + place.top - window.innerHeight * 0.4, behavior: still ? "auto" : "smooth" });
  }

  click(event) {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("[data-seek]");
    if (link) {
      event.preventDefault();
      this.scrolledAt = 0;
      this.player.seek(Number(link.dataset.seek), true);
      history.replaceState(null, "", link.href ?? location.href);
      if (link.dataset.show) document.getElementById(link.dataset.show)?.scrollIntoView({ block: "start" });
      return;
    }
    const word = event.target.closest("#text [data-s]");
    // A selection means the click was the end of marking text to copy.
    if (word && String(getSelection()) === "") {
      this.scrolledAt = performance.now();
      this.player.seek(Number(word.dataset.s), true);
    }
  }
}
