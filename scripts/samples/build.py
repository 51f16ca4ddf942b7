"""Builds the sample recordings: build.py DEBIAN PYANNOTE OUT

DEBIAN is the root of the unpacked Debian packages, PYANNOTE the unpacked source of pyannote-audio. Python's standard library
and ffmpeg only; the same inputs give the same conversations.
"""

import hashlib
import json
import pathlib
import shutil
import sys

import clips
import plans
import readers
import splice

PROMPT_LICENCE = "CC-BY-SA-3.0"


class Library:
    """Writes recordings and keeps the list of them."""

    def __init__(self, out):
        self.out, self.entries = out, []

    def add(self, path, kind, licence, source, **facts):
        file = self.out / path
        entry = {"id": file.stem, "set": kind, "audio": str(path), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
        for extra in ("rttm", "stm", "txt"):
            if file.with_suffix(f".{extra}").exists():
                entry[extra] = str(pathlib.Path(path).with_suffix(f".{extra}"))
        self.entries.append(entry | facts | {"licence": licence, "source": source})

    def close(self):
        text = json.dumps({"recordings": self.entries}, indent=1, ensure_ascii=False)
        (self.out / "manifest.json").write_text(text + "\n")


def public(library, pyannote):
    """Recordings whose truth others made: pyannote's sample and two AMI clips."""
    folder = library.out / "public"
    folder.mkdir()
    sample = pyannote / "src/pyannote/audio/sample"
    for extra in ("wav", "rttm", "stm"):
        shutil.copyfile(sample / f"sample.{extra}", folder / f"sample.{extra}")
    library.add("public/sample.wav", "public", "MIT (package)", "pyannote-audio 4.0.7", language="en", speakers=2)
    for name, truth in (("dev00", "development"), ("tst00", "test")):
        shutil.copyfile(pyannote / f"tests/data/{name}.wav", folder / f"{name}.wav")
        lines = (pyannote / f"tests/data/debug.{truth}.rttm").read_text().splitlines(keepends=True)
        lines = [line for line in lines if line.split()[1] == name]
        (folder / f"{name}.rttm").write_text("".join(lines))
        speakers = len({line.split()[7] for line in lines})
        library.add(f"public/{name}.wav", "public", "CC-BY-4.0 (AMI)", "pyannote-audio 4.0.7", language="en", speakers=speakers)


def sentences(library, debian):
    """Single utterances with their words, for the word error rate. Audio is as published, not trimmed."""
    (library.out / "librivox").mkdir()
    folder = debian / "usr/share/pocketsphinx/test/data/librivox"
    for clip in readers.librivox(debian):
        if clip.name[-4:] not in ("0870", "0880", "0890"):
            continue  # the transcripts of the others were not checked against the book
        path = f"librivox/{clip.name[-4:]}.wav"
        shutil.copyfile(folder / f"{clip.name}.wav", library.out / path)
        (library.out / path).with_suffix(".txt").write_text(clip.text + "\n")
        library.add(path, "librivox", "public domain (reading), BSD-2-Clause (package)", "pocketsphinx-testdata", language="en",
                    speakers=1)
    (library.out / "asterisk").mkdir()
    texts = readers.prompt_texts(debian, "en")
    for name in sorted(texts):
        file = debian / f"usr/share/asterisk/sounds/en_US_f_Allison/{name}.g722"
        if name[0] not in "abc" or "/" in name or not file.is_file():
            continue
        path = f"asterisk/{name}.wav"
        clips.write_wav(library.out / path, clips.decode(file, "g722"))
        (library.out / path).with_suffix(".txt").write_text(texts[name] + "\n")
        library.add(path, "asterisk", PROMPT_LICENCE, "asterisk-core-sounds-en-g722", language="en", speakers=1)


def conversation(library, folder, name, kind, turns, seed, overlaps=0.0):
    samples, placed = splice.join(turns, seed, overlaps)
    base = library.out / folder
    base.mkdir(parents=True, exist_ok=True)
    clips.write_wav(base / f"{name}.wav", samples)
    (base / f"{name}.rttm").write_text(splice.rttm(name, placed))
    (base / f"{name}.stm").write_text(splice.stm(name, placed))
    voices = sorted({u.clip.speaker for u in placed})
    path = str(pathlib.PurePath(folder) / f"{name}.wav")
    library.add(path, kind, PROMPT_LICENCE, "spliced by scripts/samples", speakers=len(voices), voices=voices,
                seconds=round(len(samples) / clips.RATE, 3), overlaps=overlaps > 0)


def main():
    debian, pyannote, out = (pathlib.Path(argument) for argument in sys.argv[1:4])
    library = Library(out)
    public(library, pyannote)
    sentences(library, debian)
    voices = plans.Voices(debian, pyannote)
    conversation(library, ".", "conversation", "demo", plans.demo(voices), seed=1)
    for kind in ("tune", "eval"):
        for number, plan in enumerate(plans.PLANS[kind], 1):
            turns = plans.turns(voices, kind, number, plan)
            conversation(library, f"conversations/{kind}", f"{kind}{number}", kind, turns, 100 + number, plan.overlaps)
    library.close()


main()
