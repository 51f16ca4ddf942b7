// The sound that is recorded: a microphone and, where wished, a tab or the whole computer, mixed into one channel.

import { say } from "./say.js";

/** Below this nothing is heard, in decibels below full scale; a quiet room with an open microphone is above it. */
const SILENT = -62;
const FLOOR = -60;

/** One source: what it is mixed from, and how loud it is. */
class Source {
  constructor(context, stream, into) {
    this.stream = stream;
    this.node = context.createMediaStreamSource(stream);
    this.analyser = context.createAnalyser();
    this.analyser.fftSize = 32768;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.node.connect(this.analyser);
    if (into) this.node.connect(into);
  }

  /** The loudness of the last 40 ms as 0 to 100, and the highest peak of the last two thirds of a second in decibels. */
  level() {
    this.analyser.getFloatTimeDomainData(this.samples);
    let [sum, peak] = [0, 0];
    const from = this.samples.length - 2048;
    for (let n = 0; n < this.samples.length; n += 1) {
      const sample = Math.abs(this.samples[n]);
      if (sample > peak) peak = sample;
      if (n >= from) sum += sample * sample;
    }
    const loud = 10 * Math.log10(sum / 2048 + 1e-12);
    return { level: Math.max(0, Math.min(100, ((loud - FLOOR) / -FLOOR) * 100)), peak: 20 * Math.log10(peak + 1e-7) };
  }

  end() {
    this.node.disconnect();
    for (const track of this.stream.getTracks()) track.stop();
  }
}

/** Whether sound of a tab or the computer can be asked for here. */
export const shares = () => Boolean(navigator.mediaDevices?.getDisplayMedia);

/** The microphones of this machine; their names are known once one was allowed. */
export async function microphones() {
  const all = await navigator.mediaDevices.enumerateDevices();
  return all.filter(({ kind }) => kind === "audioinput").map(({ deviceId, label }, n) => ({
    id: deviceId,
    name: label || say("scripts-record-microphone", { number: n + 1 }),
    named: Boolean(label),
  }));
}

export class Mix {
  /** @param {(what: "microphone"|"system") => void} onLost called when a source has ended by itself */
  constructor(onLost) {
    this.onLost = onLost;
    this.context = new AudioContext();
    this.out = this.context.createMediaStreamDestination();
    this.out.channelCount = 1;
    this.out.channelCountMode = "explicit";
    this.sources = { microphone: null, system: null };
  }

  get stream() {
    return this.out.stream;
  }

  /** Takes this microphone in the place of the one before; "": the browser's own choice. Asks the person, the first time. */
  async microphone(id = "") {
    // A whole room is recorded, not one caller: noise suppression would swallow whoever sits far away.
    const audio = { echoCancellation: Boolean(this.sources.system), noiseSuppression: false, autoGainControl: true };
    if (id) audio.deviceId = { exact: id };
    const stream = await navigator.mediaDevices.getUserMedia({ audio });
    this.take("microphone", stream);
    return stream.getAudioTracks()[0]?.getSettings().deviceId ?? "";
  }

  /** Asks for a tab, a window or the screen, and takes its sound. Throws a TypeError where none came with it. */
  async system() {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true, systemAudio: "include", selfBrowserSurface: "exclude" });
    // Only the sound is wanted.
    for (const track of stream.getVideoTracks()) { track.stop(); stream.removeTrack(track); }
    if (!stream.getAudioTracks().length) throw new TypeError("no sound came with it");
    this.take("system", stream);
    // From now on the microphone hears the loudspeakers, too: it is opened anew, without their echo. While it is open a
    // browser lets nobody change that, so it is let go first.
    const id = this.sources.microphone?.stream.getAudioTracks()[0]?.getSettings().deviceId;
    if (!id) return;
    this.drop("microphone");
    await this.microphone(id).catch(() => this.onLost("microphone"));
  }

  take(what, stream) {
    this.drop(what);
    const source = new Source(this.context, stream, this.out);
    this.sources[what] = source;
    for (const track of stream.getAudioTracks()) {
      track.addEventListener("ended", () => {
        if (this.sources[what] !== source) return;
        this.drop(what);
        this.onLost(what);
      });
    }
  }

  drop(what) {
    this.sources[what]?.end();
    this.sources[what] = null;
  }

  /** How loud each source is, 0 to 100 or null where there is none, and whether anything is heard at all. */
  levels() {
    const measured = Object.entries(this.sources).map(([what, source]) => [what, source?.level() ?? null]);
    const levels = Object.fromEntries(measured.map(([what, found]) => [what, found ? found.level : null]));
    return { ...levels, heard: measured.some(([, found]) => found && found.peak > SILENT) };
  }

  /** Browsers hold sound back until the person has done something. */
  wake() {
    return this.context.state === "suspended" ? this.context.resume() : Promise.resolve();
  }

  close() {
    for (const what of Object.keys(this.sources)) this.drop(what);
    return this.context.close();
  }
}
