"""Results as tables of Markdown, and their places in docs/PERFORMANCE.md."""

KEYS = ("sweep", "speech", "voices", "memory")


def join(results):
    """Several runs' results as one; they must be one machine's."""
    machines = {(result["machine"], result["threads"]) for result in results}
    if len(machines) > 1:
        raise SystemExit(f"bench: these results are of different machines: {machines}")
    whole = dict(results[-1])
    for key in KEYS:
        whole[key] = [entry for result in results for entry in result[key]]
    return whole


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def short(model):
    return model.removeprefix("whisper-")


def speed(audio, side):
    return f"{audio / side['seconds']:.1f}"


def ratio(entry):
    """How many times as fast we are: by medians, and from the least to the most of the rounds."""
    ours, peer = entry["ours"], entry["peer"]
    each = [theirs / own for own, theirs in zip(ours["rounds"], peer["rounds"], strict=True)]
    return f"**{peer['seconds'] / ours['seconds']:.2f}** ({min(each):.2f}-{max(each):.2f})"


def starts(side):
    told = [f"{values[0]:.0f} ({values[1]:.0f})" if values else "-" for values in (side["starts"], side["onsets"])]
    return " / ".join(told)


def mebibytes(side):
    return f"{side['peak_kb'] / 1024:.0f}"


def speech(entries):
    rows = []
    for entry in entries:
        ours, peer, audio = entry["ours"], entry["peer"], entry["audio"]
        name = f"{peer['name']} {entry['setting']}".replace(":", " ").strip()
        rows.append([short(entry["model"]), entry["beam"], name, speed(audio, ours), speed(audio, peer), ratio(entry), f"{ours['wer']:.2f}",
                     f"{peer['wer']:.2f}", starts(ours), starts(peer), mebibytes(ours), mebibytes(peer)])
    header = ["model", "beam", "peer", "RTFx ours", "RTFx peer", "times as fast (rounds)", "WER % ours", "WER % peer", "word start ms ours",
              "word start ms peer", "MiB ours", "MiB peer"]
    return table(header, rows)


def sweep(entries):
    rows = [[short(entry["model"]), entry["beam"], entry["setting"].replace(":", ", "), f"{entry['audio'] / entry['seconds']:.1f}",
             f"{entry['wer']:.2f}"] for entry in entries]
    return table(["model", "beam", "faster-whisper", "RTFx", "WER %"], rows)


def voices(entries):
    rows = []
    for entry in entries:
        ours, peer = entry["ours"], entry["peer"]
        rows.append([peer["name"], speed(entry["audio"], ours), speed(entry["audio"], peer), ratio(entry), f"{ours['der']:.2f}",
                     f"{peer['der']:.2f}", mebibytes(ours), mebibytes(peer)])
    return table(["peer", "RTFx ours", "RTFx peer", "times as fast (rounds)", "DER % ours", "DER % peer", "MiB ours", "MiB peer"], rows)


def memory(entries):
    base = {}
    rows = []
    for entry in sorted(entries, key=lambda entry: (entry["model"], entry["do"], entry["minutes"])):
        key = entry["model"], entry["do"]
        least = base.setdefault(key, entry["peak_kb"])
        rows.append([short(entry["model"]), entry["do"], entry["minutes"], f"{entry['peak_kb'] / 1024:.0f}",
                     f"{100 * (entry['peak_kb'] / least - 1):+.1f} %", f"{entry['minutes'] * 60 / entry['seconds']:.1f}"])
    return table(["model", "work", "minutes", "peak MiB", "beside the shortest", "RTFx"], rows)


def conditions(results, entries):
    """On what, and what else the machine did: never a table without it."""
    others = [side["others"] for entry in entries for side in (entry.get("ours"), entry.get("peer"), entry) if side and "others" in side]
    busy = f"; at most {max(others):.2f} cores were busy with something else" if others else ""
    whose = sorted({side["what"] for entry in entries for side in (entry.get("ours"), entry.get("peer")) if side})
    told = f" {'; '.join(whose)}." if whose else ""
    return f"{results['machine']}; {results['threads']} threads; {results['date']}; rounds: {results['rounds']}{busy}.{told}\n\n"


def sections(results):
    """The tables for which there are results, by the name of their place."""
    makers = {"speech": speech, "sweep": sweep, "voices": voices, "memory": memory}
    return {name: conditions(results, results[name]) + make(results[name]) for name, make in makers.items() if results[name]}


def write(document, texts):
    """Puts each text between `<!-- bench NAME -->` and `<!-- end of bench NAME -->`."""
    whole = document.read_text()
    for name, text in texts.items():
        begin, end = f"<!-- bench {name} -->\n", f"<!-- end of bench {name} -->"
        before, rest = whole.split(begin)
        whole = before + begin + text + end + rest.split(end)[1]
    document.write_text(whole)
