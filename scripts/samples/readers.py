"""The readers: who speaks in which of the downloaded packages, and what they say."""

import gzip
import re

import clips

# Reader and language of each prompt package. The Mexican Spanish prompts carry the name of the English reader (they may be
# one person), so the two never meet in one conversation.
PROMPTS = {
    "en": ("allison", "en_US_f_Allison"),
    "es": ("allison-es", "es_MX_f_Allison"),
    "fr": ("june", "fr_CA_f_June"),
    "it": ("carlo", "it_IT_m_Carlo"),
    "ru": ("ivrvoice", "ru_RU_f_IvrvoiceRU"),
}

# Stretches of the AMI clips in pyannote-audio's test data in which one person speaks alone by their RTTM:
# file, start, end, speaker. dev00 and tst00 are public test clips and give none.
MEETINGS = [
    ("trn03", 1.30, 9.80, "MEO069"), ("trn03", 9.80, 18.80, "MEO069"), ("trn03", 18.80, 29.90, "MEO069"),
    ("trn05", 9.40, 14.20, "FEE078"), ("trn05", 14.20, 19.10, "FEE078"), ("trn05", 19.65, 24.80, "FEE078"),
    ("trn05", 24.80, 29.90, "FEE078"),
    ("trn06", 13.60, 17.60, "FEE083"), ("trn06", 17.60, 21.70, "FEE083"), ("trn06", 22.45, 29.90, "FEE083"),
    ("trn09", 6.20, 12.70, "FEE083"), ("trn09", 18.40, 24.90, "FEE083"),
    ("trn04", 16.90, 21.10, "MEE075"),
]

# Turns of pyannote's two-speaker sample that nobody interrupts, with the words of its STM.
PHONE = [
    (10.62, 14.40, "diane", "Okay, then I thought you know, I heard a beep. This is Diane in New Jersey."),
    (14.50, 17.90, "sheila", "And I'm Sheila in Texas, originally from Chicago."),
    (18.62, 21.48, "diane", "Oh, I'm originally from Chicago also. I'm in New Jersey now though."),
    (21.80, 27.80, "sheila", "Well, there isn't that much difference. At least you know, they all call me a Yankee down"
                             " here, so what can I say?"),
]


def prompt_texts(root, language):
    """Name -> text of every prompt that is speech."""
    path = root / f"usr/share/doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz"
    texts = {}
    for line in gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines():
        name, colon, text = line.partition(":")
        text = re.sub(r"\s+", " ", text).strip()
        if not colon or line.startswith(";") or not text or "[" in text or "(" in text:
            continue
        texts[name.strip()] = text
    return texts


def prompts(root, language, wanted):
    """Prompts for which `wanted(name, text)` holds, in order of name: functions that decode one clip when called, by name."""
    speaker, folder = PROMPTS[language]
    result = {}
    for name, text in sorted(prompt_texts(root, language).items()):
        path = root / f"usr/share/asterisk/sounds/{folder}/{name}.g722"
        if path.is_file() and wanted(name, text):
            result[name] = lambda n=name, t=text, p=path: clips.make(speaker, n, language, t, clips.decode(p, "g722"))
    return speaker, result


def librivox(root):
    """Five sentences of Sense and Sensibility, with their words."""
    folder = root / "usr/share/pocketsphinx/test/data/librivox"
    result = []
    for line in (folder / "transcription").read_text().splitlines():
        text, name = re.fullmatch(r"<s> (.*) </s> \((.*)\)", line.strip()).groups()
        result.append(clips.make("librivox", name, "en", text, clips.decode(folder / f"{name}.wav")))
    return result


def phone(root):
    samples = clips.decode(root / "src/pyannote/audio/sample/sample.wav")
    cut = lambda a, b: samples[int(a * clips.RATE) : int(b * clips.RATE)]
    return [clips.make(who, f"sample-{a:05.2f}", "en", text, cut(a, b), 30.0) for a, b, who, text in PHONE]


def meetings(root):
    result, decoded = [], {}
    for file, start, end, who in MEETINGS:
        if file not in decoded:
            decoded[file] = clips.decode(root / f"tests/data/{file}.wav")
        cut = decoded[file][int(start * clips.RATE) : int(end * clips.RATE)]
        result.append(clips.make(who, f"{file}-{start:05.2f}", "en", None, cut, 28.0))
    return result
