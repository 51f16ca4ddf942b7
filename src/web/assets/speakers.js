// Samples of voices: one at a time, and each only to its own end; and the page as it is, whoever changes it.

import { keepFresh } from "./rows.js";

const within = (audio) => audio.getAttribute("src").split("#t=")[1].split(",").map(Number);

// What happens to sound does not bubble; a sample may have come after this.
document.addEventListener("play", ({ target: audio }) => {
  for (const other of document.querySelectorAll(".sample audio")) if (other !== audio) other.pause();
  const [start, end] = within(audio);
  if (audio.currentTime >= end || audio.currentTime < start) audio.currentTime = start;
}, true);
document.addEventListener("timeupdate", ({ target: audio }) => {
  if (!audio.paused && audio.currentTime >= within(audio)[1]) audio.pause();
}, true);

keepFresh(3000, { idle: 15000 });
