"""What `make bench-speech` lets everybody listen to: recordings.py CACHE

CACHE/bench/recordings gets, for each recording, NAME.pcm (signed 16 bit, 16 kHz, mono), the same as NAME.wav, and NAME.json:

- "seconds", "text" (or null), and "rttm" (a file, or null);
- "words": [[word, start, end], ...] where every word's time is known by construction;
- "onsets": [[utterance, start], ...] where only the beginnings of utterances are.
"""

import hashlib
import json
import pathlib
import shutil
import sys
import wave
from array import array

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "samples"))
import clips
import splice

# Ten minutes: as long as what is said in public about this speed was measured on.
LONG = 600
# Seconds between two of its pieces.
GAPS = (0.5, 1.75)


def samples(path):
    with wave.open(str(path)) as file:
        return array("h", file.readframes(file.getnframes()))


def prompts(cache):
    """Ten minutes of real readers: LibriVox, pyannote's sample, and every English prompt until they are full, with gaps."""
    folder, dice = cache / "samples", splice.Dice(5)
    placed, utterances, now = [], [], 0.5
    paths = [*sorted((folder / "librivox").glob("*.wav")), folder / "public/sample.wav", *sorted((folder / "asterisk").glob("*.wav"))]
    for path in paths:
        if path.with_suffix(".stm").exists():
            lines = sorted((line.split(maxsplit=5) for line in path.with_suffix(".stm").read_text().splitlines()), key=lambda f: float(f[3]))
            piece, text, exact = samples(path), " ".join(line[5] for line in lines), False
        else:
            text, piece, exact = path.with_suffix(".txt").read_text().strip(), clips.level_to(samples(path)), True
        if now + len(piece) / clips.RATE > LONG - 0.5:
            continue
        placed.append((now, piece))
        # Trimming knows to a hundredth of a second where speech begins.
        silence = piece.tobytes().find(clips.trim(piece)[0].tobytes()) // piece.itemsize if exact else 0
        utterances.append([text, round(now + silence / clips.RATE, 3), exact])
        now += len(piece) / clips.RATE + dice.between(*GAPS)
    whole = splice.room(LONG * clips.RATE, 5)
    for start, piece in placed:
        for index, value in enumerate(piece, round(start * clips.RATE)):
            whole[index] = max(-32767, min(32767, whole[index] + value))
    return whole, {"text": " ".join(text for text, _, _ in utterances), "onsets": [[text, at] for text, at, exact in utterances if exact]}


def meeting(cache):
    """Synthetic voices, every word's time known."""
    facts = json.loads((cache / "spoken/meeting.json").read_text())
    return samples(cache / "spoken/meeting.wav"), {"text": facts["text"], "words": facts["words"]}


def conversation(path):
    """Spliced readers: words where all are known, and who speaks."""
    facts = {"rttm": str(path.with_suffix(".rttm"))}
    stm = path.with_suffix(".stm")
    if path.stem == "conversation":
        lines = sorted((line.split(maxsplit=5) for line in stm.read_text().splitlines()), key=lambda f: float(f[3]))
        facts |= {"text": " ".join(line[5] for line in lines), "onsets": [[line[5], float(line[3])] for line in lines]}
    try:
        return samples(path), facts
    except wave.Error:
        # AMI's clips are floating point.
        return clips.decode(path), facts


def write(out, name, heard, facts):
    (out / f"{name}.pcm").write_bytes(heard.tobytes())
    clips.write_wav(out / f"{name}.wav", heard)
    whole = {"seconds": len(heard) / clips.RATE, "text": None, "words": [], "onsets": [], "rttm": None} | facts
    (out / f"{name}.json").write_text(json.dumps(whole, indent=1))


def main():
    cache = pathlib.Path(sys.argv[1])
    folder, out = cache / "samples", cache / "bench/recordings"
    inputs = [pathlib.Path(__file__), cache / "samples/.stamp", cache / "spoken/.stamp"]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()[:16]
    if (out / ".stamp").exists() and (out / ".stamp").read_text() == stamp:
        return
    print("bench: making recordings", flush=True)
    partial = out.with_name("recordings.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    write(partial, "prompts", *prompts(cache))
    write(partial, "meeting", *meeting(cache))
    for path in [folder / "conversation.wav", *sorted((folder / "conversations/eval").glob("*.wav")), *sorted((folder / "public").glob("*.wav"))]:
        write(partial, path.stem, *conversation(path))
    (partial / ".stamp").write_text(stamp)
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)


main()
