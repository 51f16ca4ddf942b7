"""The word error rate of `reflector transcribe` beside faster-whisper's on the same checkpoints: wer.py CACHE PROGRAM DOCUMENT

Writes its table into DOCUMENT, and what was heard into CACHE/accuracy/wer/WHO/MODEL.json. faster-whisper's results are kept and ours
are made anew.
"""

import functools
import json
import pathlib
import subprocess
import sys
import time

from whisper_normalizers import EnglishTextNormalizer

MODELS = ("whisper-tiny.en", "whisper-base")
BEAM = 5
BEGIN, END = "<!-- wer table -->\n", "<!-- end of wer table -->"


def sentences(folder):
    """Recordings with their text beside them."""
    return {path: path.with_suffix(".txt").read_text() for path in sorted(folder.glob("*.wav"))}


def conversation(path):
    """One recording whose text is the utterances of its STM in order of time."""
    lines = [line.split(maxsplit=5) for line in path.with_suffix(".stm").read_text().splitlines() if not line.startswith(";;")]
    return {path: " ".join(line[5] for line in sorted(lines, key=lambda line: float(line[3])))}


def checkpoint(cache, model):
    """The model's folder as CTranslate2 wants it: with a list of the vocabulary, which the tokenizer knows up to the timestamps."""
    source, folder = cache / "models" / model, cache / "peers/whisper/models" / model
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(source / name)
    tokenizer = json.loads((source / "tokenizer.json").read_text())
    ids = tokenizer["model"]["vocab"] | {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    words = sorted(ids, key=ids.get) + [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
    (folder / "vocabulary.json").write_text(json.dumps(words))
    return folder


def faster_whisper(cache, model):
    import ctranslate2
    from faster_whisper import WhisperModel

    # Its fallback samples: the same numbers every time.
    ctranslate2.set_random_seed(0)
    peer = WhisperModel(str(checkpoint(cache, model)), device="cpu", compute_type="float32", cpu_threads=2)

    def hear(path):
        segments, _ = peer.transcribe(str(path), language="en", beam_size=BEAM, condition_on_previous_text=False)
        return " ".join(segment.text.strip() for segment in segments)

    return hear


def reflector(program, model):
    def hear(path):
        command = [program, "transcribe", path, "--model", model, "--language", "en", "--beam", str(BEAM), "--format", "json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)["text"]

    return hear


def listen(result, make, paths, keep):
    """What `make()` hears in every recording, by path; in the file `result` once all of it is there."""
    if keep and result.exists():
        return json.loads(result.read_text())
    began, hear = time.time(), make()
    heard = {str(path): hear(path) for path in paths}
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(heard, indent=1))
    print(f"{result.parent.name}, {result.stem}: {len(heard)} recordings in {time.time() - began:.0f} s", flush=True)
    return heard


def edits(truth, heard):
    """(wrong, missing, added): the fewest words to change, insert and remove to make `truth` of `heard`."""
    row = [(column, 0, 0, column) for column in range(len(heard) + 1)]
    for count, word in enumerate(truth, 1):
        before, row = row, [(count, 0, count, 0)]
        for column, other in enumerate(heard):
            (same, s, d, i), (up, us, ud, ui), (left, ls, ld, li) = before[column], before[column + 1], row[column]
            wrong = word != other
            row.append(min((same + wrong, s + wrong, d, i), (up + 1, us, ud + 1, ui), (left + 1, ls, ld, li + 1)))
    return row[-1][1:]


def rate(recordings, heard, normalise):
    """Errors pooled over a set, and its number of words."""
    truths = {path: normalise(text).split() for path, text in recordings.items()}
    found = [edits(truth, normalise(heard[str(path)]).split()) for path, truth in truths.items()]
    return [sum(kind) for kind in zip(*found, strict=True)], sum(map(len, truths.values()))


def table(sets, results):
    normalise = EnglishTextNormalizer()
    lines = ["| recordings | model | Reflector | faster-whisper | difference, points |", "| --- | --- | --- | --- | --- |"]
    for title, recordings in sets.items():
        for model in MODELS:
            cells, rates = [], []
            for heard in results[model]:
                errors, words = rate(recordings, heard, normalise)
                rates.append(100 * sum(errors) / words)
                cells.append(f"{rates[-1]:.1f} % ({' + '.join(map(str, errors))})")
            lines.append(f"| {title}, {words} words | {model} | {' | '.join(cells)} | {rates[0] - rates[1]:+.1f} |")
    return "".join(line + "\n" for line in lines)


def main():
    cache, program, document = map(pathlib.Path, sys.argv[1:])
    samples, out = cache / "samples", cache / "accuracy/wer"
    librivox, asterisk = sentences(samples / "librivox"), sentences(samples / "asterisk")
    sets = {
        f"LibriVox, {len(librivox)} sentences": librivox,
        f"Asterisk, {len(asterisk)} prompts": asterisk,
        "pyannote's sample": conversation(samples / "public/sample.wav"),
    }
    paths = [path for recordings in sets.values() for path in recordings]
    results = {}
    for model in MODELS:
        ours = listen(out / "reflector" / f"{model}.json", functools.partial(reflector, program, model), paths, keep=False)
        peers = listen(out / "faster-whisper" / f"{model}.json", functools.partial(faster_whisper, cache, model), paths, keep=True)
        results[model] = (ours, peers)
    text = document.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    document.write_text(before + BEGIN + table(sets, results) + END + after)


if __name__ == "__main__":
    main()
