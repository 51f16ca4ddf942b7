// Samples of voices: one at a time, and each only to its own end.

const samples = [...document.querySelectorAll(".sample audio")];
for (const audio of samples) {
  const [start, end] = audio.getAttribute("src").split("#t=")[1].split(",").map(Number);
  audio.addEventListener("play", () => {
    for (const other of samples) if (other !== audio) other.pause();
    if (audio.currentTime >= end || audio.currentTime < start) audio.currentTime = start;
  });
  audio.addEventListener("timeupdate", () => { if (!audio.paused && audio.currentTime >= end) audio.pause(); });
}
