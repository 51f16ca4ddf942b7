"""Clips of one reader: decoded to 16 kHz mono, trimmed to the speech in them, with the spans that hold speech."""

import math
import operator
import subprocess
import sys
import wave
from array import array
from dataclasses import dataclass, field

RATE = 16_000
FRAME = RATE // 100
# A pause inside an utterance that is longer than this ends one line of the RTTM and begins the next.
LONGEST_PAUSE = 0.5


def decode(path, demuxer=None):
    """Samples of a media file as signed 16-bit integers at 16 kHz, mono."""
    command = ["ffmpeg", "-nostdin", "-v", "error"]
    if demuxer:
        command += ["-f", demuxer] + (["-ar", "16000", "-ac", "1"] if demuxer == "s16le" else [])
    command += ["-i", str(path), "-map", "0:a:0", "-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"samples: ffmpeg cannot read {path}: {done.stderr.decode().strip()}")
    samples = array("h")
    samples.frombytes(done.stdout)
    return samples


def write_wav(path, samples):
    """Writes 16-bit mono samples at 16 kHz; the same samples give the same bytes."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())


@dataclass
class Clip:
    """One utterance of one reader. `spans` are seconds from the clip's start that hold speech."""

    speaker: str
    name: str
    language: str
    text: str | None
    samples: array
    spans: list = field(default_factory=list)

    @property
    def duration(self):
        return len(self.samples) / RATE


def levels(samples):
    """Level of each 10 ms frame in dB below full scale."""
    result = []
    for start in range(0, len(samples) - FRAME + 1, FRAME):
        frame = samples[start : start + FRAME]
        power = sum(map(operator.mul, frame, frame)) / FRAME
        result.append(10 * math.log10(power / 32768**2 + 1e-12))
    return result


def trim(samples, floor_below_peak=38.0):
    """Cuts silence off both ends. Returns the samples kept and the spans in them that hold speech, in seconds.

    A frame holds speech when it is within `floor_below_peak` dB of the clip's loud frames (95th percentile). Runs
    shorter than 40 ms are clicks; pauses up to LONGEST_PAUSE belong to the utterance.
    """
    level = levels(samples)
    if not level:
        return samples[:0], []
    loud = sorted(level)[int(0.95 * (len(level) - 1))]
    runs, start = [], None
    for index, value in enumerate([*level, -200.0]):
        speech = value > loud - floor_below_peak
        if speech and start is None:
            start = index
        if not speech and start is not None:
            if index - start >= 4:
                runs.append([start, index])
            start = None
    if not runs:
        return samples[:0], []
    merged = [runs[0]]
    for run in runs[1:]:
        if (run[0] - merged[-1][1]) / 100 <= LONGEST_PAUSE:
            merged[-1][1] = run[1]
        else:
            merged.append(run)
    first, last = merged[0][0], merged[-1][1]
    kept = samples[first * FRAME : last * FRAME]
    return kept, [((a - first) / 100, (b - first) / 100) for a, b in merged]


def level_to(samples, target=-23.0):
    """Scales speech to a common level (dB RMS over its louder half), so that no reader is told by loudness."""
    level = sorted(levels(samples))
    upper = level[len(level) // 2 :]
    mean = 10 * math.log10(sum(10 ** (v / 10) for v in upper) / len(upper))
    gain = 10 ** ((target - mean) / 20)
    return array("h", (max(-32767, min(32767, round(s * gain))) for s in samples))


def make(speaker, name, language, text, samples, floor_below_peak=38.0):
    """A trimmed, levelled clip."""
    kept, spans = trim(samples, floor_below_peak)
    return Clip(speaker, name, language, text, level_to(kept) if kept else kept, spans)
