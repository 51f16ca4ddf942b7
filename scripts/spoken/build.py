"""Speech whose every word has a known time, and music without words: build.py DEBIAN OUT

DEBIAN is the root of the unpacked Debian packages (scripts/spoken-debian.txt). OUT gets

- meeting.wav and meeting.json: a meeting of three synthetic voices, {"text": ..., "words": [[word, start, end], ...]} in seconds;
- music/*.wav: the first minute of each piece of hold music.
"""

import json
import pathlib
import sys

import flite
import sentences

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "samples"))
import clips
import splice

VOICES = ("slt", "rms", "awb")
MINUTE = 60 * clips.RATE


def meeting(synthesiser):
    """Samples, and [word, start, end] of every word."""
    dice, pieces, now = splice.Dice(3), [], 0.5
    for number, line in enumerate(sentences.MEETING):
        spoken = synthesiser.say(line, VOICES[number % len(VOICES)])
        first = round(now * clips.RATE)
        pieces.append((first, clips.level_to(spoken.samples), spoken.words))
        # The synthesiser's own silence at both ends counts as pause.
        now += len(spoken.samples) / clips.RATE + dice.between(0.05, 0.6)
    samples = splice.room(round((now + 0.5) * clips.RATE), 3)
    words = []
    for first, piece, spoken in pieces:
        for index, value in enumerate(piece, first):
            samples[index] = max(-32767, min(32767, samples[index] + value))
        offset = first / clips.RATE
        words += [[word, round(start + offset, 3), round(end + offset, 3)] for word, start, end in spoken]
    return samples, words


def main():
    debian, out = map(pathlib.Path, sys.argv[1:3])
    samples, words = meeting(flite.Flite(debian / "usr/lib/x86_64-linux-gnu", VOICES))
    clips.write_wav(out / "meeting.wav", samples)
    lines = ",\n".join(json.dumps(word) for word in words)
    (out / "meeting.json").write_text(f'{{"text": {json.dumps(" ".join(sentences.MEETING))}, "words": [\n{lines}\n]}}\n')
    (out / "music").mkdir()
    for piece in sorted((debian / "usr/share/asterisk/moh").glob("*.g722")):
        clips.write_wav(out / f"music/{piece.stem}.wav", clips.decode(piece, "g722")[:MINUTE])


main()
