"""Which readers meet in which conversation."""

import zlib
from dataclasses import dataclass

import readers
import splice


def talkative(name, text):
    """Whether a prompt is a sentence rather than a letter, a number or a menu that goes on and on."""
    return 25 <= len(text) <= 200 and not name.startswith(("letters", "phonetic", "digits"))


class Voices:
    """Every reader's clips by name; the prompts, which are many, are decoded when they are asked for."""

    def __init__(self, debian, pyannote):
        self.makers, self.made = {}, {}
        for clip in readers.librivox(debian) + readers.phone(pyannote) + readers.meetings(pyannote):
            self.makers.setdefault(clip.speaker, {})[clip.name] = lambda clip=clip: clip
        for language in readers.PROMPTS:
            speaker, makers = readers.prompts(debian, language, talkative)
            self.makers[speaker] = makers

    def names(self, reader):
        return sorted(self.makers[reader])

    def clip(self, reader, name):
        if (reader, name) not in self.made:
            self.made[reader, name] = self.makers[reader][name]()
        return self.made[reader, name]


@dataclass
class Plan:
    """Readers, about how many seconds, and the share of turns that begin before the last has ended."""

    readers: tuple
    seconds: float
    overlaps: float = 0.0


# `tune` is for choosing thresholds, `eval` for the figures in docs/ACCURACY.md: they share no clip of the readers with many.
PLANS = {
    "tune": [
        Plan(("allison", "carlo"), 150),
        Plan(("june", "ivrvoice", "MEO069"), 150, 0.15),
        Plan(("allison-es", "june", "carlo", "FEE083"), 150),
        Plan(("allison", "ivrvoice", "librivox"), 150),
        Plan(("carlo", "june", "diane", "sheila"), 120, 0.1),
    ],
    "eval": [
        Plan(("june", "carlo"), 150, 0.1),
        Plan(("allison", "ivrvoice"), 150),
        Plan(("allison", "june", "FEE078"), 150),
        Plan(("allison-es", "carlo", "ivrvoice"), 150, 0.15),
        Plan(("allison", "june", "carlo", "ivrvoice"), 160),
        Plan(("carlo", "allison", "librivox", "MEO069"), 140),
    ],
}


def turns(voices, kind, number, plan):
    """Turns of one to three clips; nobody follows themselves, nobody repeats a clip, and each reader gets a fair share."""
    dice = splice.Dice(zlib.crc32(f"{kind}{number}".encode()))
    stock = {}
    for reader in plan.readers:
        names = voices.names(reader)
        if len(names) > 20:
            names = names[0 if kind == "tune" else 1 :: 2]
        # A reader's clips in a repeatable disorder, another one for each conversation.
        stock[reader] = sorted(names, key=lambda name: zlib.crc32(f"{kind}{number}{name}".encode()))
    spoken = dict.fromkeys(plan.readers, 0.0)
    result, last = [], None
    while sum(spoken.values()) < plan.seconds:
        # Mostly who has spoken least, sometimes anyone.
        able = sorted((reader for reader in plan.readers if reader != last and stock[reader]), key=lambda reader: spoken[reader])
        if not able:
            break
        reader = able[0] if dice.between(0, 1) < 0.6 else able[dice.below(len(able))]
        turn = []
        for _ in range(1 + dice.below(3)):
            while stock[reader]:
                clip = voices.clip(reader, stock[reader].pop())
                if clip.spans and 1.5 <= clip.duration <= 12.0:
                    turn.append(clip)
                    break
        if turn:
            spoken[reader] += sum(clip.duration for clip in turn)
            result.append(turn)
            last = reader
    return result


# The demo's conversation in blocks, each about one thing, so that it has topics: a novel, a telephone exchange, a conference,
# a mail box, and the novel again. Each line is a turn.
NOVEL = "sense_and_sensibility_01_austen_64kb-"
DEMO = [
    ("librivox", f"{NOVEL}0870"),
    ("allison", "vm-sorry"),
    ("librivox", f"{NOVEL}0880", f"{NOVEL}0890"),
    ("allison", "demo-moreinfo", "demo-nogo", "demo-thanks"),
    ("librivox", f"{NOVEL}0930"),
    ("allison", "confbridge-begin-leader", "confbridge-only-participant", "confbridge-lock-extended", "confbridge-mute-extended",
     "confbridge-lock-no-join", "confbridge-remove-last-in"),
    ("librivox", f"{NOVEL}0920"),
    ("allison", "vm-newuser", "vm-invalid-password", "vm-mailboxfull", "vm-record-prepend", "vm-nobox", "vm-forwardoptions",
     "vm-msgforwarded"),
]


def demo(voices):
    return [[voices.clip(speaker, name) for name in names] for speaker, *names in DEMO]
