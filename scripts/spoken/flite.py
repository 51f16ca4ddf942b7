"""Speech from the flite synthesiser, with the time of every word: what it was told to say when, not what somebody heard.

flite plans each sound's end before it makes a wave; a word begins where the sound before its first one ends.
"""

import ctypes
import pathlib
from array import array
from dataclasses import dataclass

RATE = 16_000


class Wave(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_char_p), ("sample_rate", ctypes.c_int), ("num_samples", ctypes.c_int), ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    ]


# Result and arguments of the functions that are called: p a pointer, s a string, f a number.
FUNCTIONS = {
    "flite_synth_text": "psp", "utt_wave": "pp", "utt_relation": "pps", "relation_head": "pp", "item_next": "pp",
    "path_to_item": "pps", "item_feat_string": "sps", "item_feat_float": "fps", "delete_utterance": "ip",
}
TYPES = {"p": ctypes.c_void_p, "s": ctypes.c_char_p, "f": ctypes.c_float, "i": ctypes.c_int}


@dataclass
class Spoken:
    """Samples at 16 kHz, and (token, start, end) of every word in seconds from their beginning."""

    samples: array
    words: list


class Flite:
    """The synthesiser with some of its voices: slt (a woman), rms and awb (men)."""

    def __init__(self, lib, voices):
        folder = pathlib.Path(lib)
        # Each library names the others; loaded before, they are found wherever they lie.
        for name in ("flite", "flite_usenglish", "flite_cmulex"):
            loaded = ctypes.CDLL(str(folder / f"lib{name}.so.1"), mode=ctypes.RTLD_GLOBAL)
            self.lib = loaded if name == "flite" else self.lib
        for name, signature in FUNCTIONS.items():
            function = getattr(self.lib, name)
            function.restype, *function.argtypes = (TYPES[letter] for letter in signature)
        self.lib.flite_init()
        self.voices = {}
        for name in voices:
            voice = ctypes.CDLL(str(folder / f"libflite_cmu_us_{name}.so.1"))
            register = getattr(voice, f"register_cmu_us_{name}")
            register.restype, register.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
            self.voices[name] = register(None)

    def say(self, text, voice):
        utterance = self.lib.flite_synth_text(text.encode(), self.voices[voice])
        wave = ctypes.cast(self.lib.utt_wave(utterance), ctypes.POINTER(Wave)).contents
        if wave.sample_rate != RATE or wave.num_channels != 1:
            raise ValueError(f"{voice} speaks at {wave.sample_rate} Hz, {wave.num_channels} channels")
        samples, words = array("h", wave.samples[: wave.num_samples]), []
        sound = self.lib.relation_head(self.lib.utt_relation(utterance, b"Segment"))
        begin, last = 0.0, None
        while sound:
            end = self.lib.item_feat_float(sound, b"end")
            # A pause belongs to no word. Words that one token became ("it's") count as one.
            token = self.lib.path_to_item(sound, b"R:SylStructure.parent.parent.R:Token.parent")
            if token and token == last:
                words[-1][2] = end
            elif token:
                words.append([self.lib.item_feat_string(token, b"name").decode(), begin, end])
            begin, last = end, token
            sound = self.lib.item_next(sound)
        self.lib.delete_utterance(utterance)
        return Spoken(samples, [tuple(word) for word in words])
