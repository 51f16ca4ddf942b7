"""Splices clips into a conversation, and knows exactly who speaks when."""

import operator
from array import array
from dataclasses import dataclass

import clips


@dataclass
class Utterance:
    """A clip at its place, seconds from the start."""

    start: float
    clip: clips.Clip


def room(length, seed):
    """A quiet, repeatable room: without it the joins would be digital silence, which no microphone gives."""
    state, block = seed * 2 + 1, array("h")
    for _ in range(4 * clips.RATE):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        block.append((state >> 40) % 13 - 6)
    whole = block * (length // len(block) + 1)
    return whole[:length]


class Dice:
    """Repeatable choices that do not depend on Python's version."""

    def __init__(self, seed):
        self.state = seed * 7919 + 17

    def between(self, low, high):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return low + (high - low) * (self.state >> 33) / 2**31

    def below(self, count):
        return min(int(self.between(0, count)), count - 1)


def join(turns, seed, overlaps=0.0):
    """Places turns (lists of clips of one speaker) one after another. `overlaps` is the share of turns that begin before
    the last one has ended. Returns samples and utterances."""
    dice = Dice(seed)
    now, last_length, placed = 0.4, 0.0, []
    for number, turn in enumerate(turns):
        if number and dice.between(0, 1) < overlaps and last_length > 2.0:
            now -= dice.between(0.4, 1.0)
        elif number:
            now += dice.between(0.25, 1.1)
        for index, clip in enumerate(turn):
            if index:
                now += dice.between(0.15, 0.45)
            at = round(now * 100) / 100
            placed.append(Utterance(at, clip))
            now, last_length = at + clip.duration, clip.duration
    total = int((max(u.start + u.clip.duration for u in placed) + 0.5) * clips.RATE)
    samples = room(total, seed)
    for utterance in placed:
        first = round(utterance.start * clips.RATE)
        last = first + len(utterance.clip.samples)
        mixed = map(operator.add, samples[first:last], utterance.clip.samples)
        samples[first:last] = array("h", (max(-32767, min(32767, value)) for value in mixed))
    return samples, placed


def rttm(name, placed):
    """Lines of the NIST RTTM format: one a stretch of speech, pauses of up to half a second included."""
    lines = []
    for utterance in placed:
        for a, b in utterance.clip.spans:
            start = utterance.start + a
            lines.append((start, f"SPEAKER {name} 1 {start:.3f} {b - a:.3f} <NA> <NA> {utterance.clip.speaker} <NA> <NA>"))
    return "".join(line + "\n" for _, line in sorted(lines))


def stm(name, placed):
    """Lines of the NIST STM format, utterances whose words are not known left out."""
    lines = []
    for utterance in placed:
        clip = utterance.clip
        if clip.text is not None:
            end = utterance.start + clip.duration
            lines.append(f"{name} 1 {clip.speaker} {utterance.start:.3f} {end:.3f} {clip.text}\n")
    return "".join(lines)
