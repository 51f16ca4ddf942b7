"""How right an answer is: words, times of words, speakers."""

import difflib
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "accuracy"))
import wer


def word_errors(text, heard):
    """(errors, words) by openai-whisper's normaliser, as in docs/ACCURACY.md."""
    normalise = wer.EnglishTextNormalizer()
    truth = normalise(text).split()
    return sum(wer.edits(truth, normalise(heard).split())), len(truth)


def plain(text):
    return re.sub(r"[^\w]", "", text.lower())


def pairs(truth, heard):
    """Of [word, start] lists, the starts (true, heard) of words that both have in the same order."""
    truth = [(plain(word), start) for word, start in truth if plain(word)]
    heard = [(plain(word), start) for word, start in heard if plain(word)]
    matcher = difflib.SequenceMatcher(None, [word for word, _ in truth], [word for word, _ in heard], autojunk=False)
    return [(truth[block.a + i], heard[block.b + i]) for block in matcher.get_matching_blocks() for i in range(block.size)]


def start_errors(facts, words):
    """Seconds by which words begin late (early: negative): of every word, or of the first word of every utterance where only that is known."""
    heard = [(word, start) for word, start, _ in words]
    if facts["words"]:
        truth, known = [(word, start) for word, start, _ in facts["words"]], None
    else:
        truth, known = [], set()
        for text, start in facts["onsets"]:
            known.add(len(truth))
            truth += [(word, start if not i else None) for i, word in enumerate(text.split())]
    return [found - true for (_, true), (_, found) in pairs(truth, heard) if known is None or true is not None]


def middle(errors):
    """(median, 90th percentile) of sizes in milliseconds, or None."""
    sizes = sorted(abs(error) * 1000 for error in errors)
    return (statistics.median(sizes), sizes[int(0.9 * (len(sizes) - 1))]) if sizes else None


def speaker_errors(program, truth, turns):
    """Seconds missed, false_alarm, confused and of speech, by the tests' scorer."""
    with tempfile.NamedTemporaryFile("w", suffix=".rttm") as found:
        found.write("".join(f"SPEAKER x 1 {start:.3f} {end - start:.3f} <NA> <NA> {who} <NA> <NA>\n" for start, end, who in turns))
        found.flush()
        done = subprocess.run([program, "score", truth, found.name], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)
