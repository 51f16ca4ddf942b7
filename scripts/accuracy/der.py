"""What sherpa-onnx and senko find in the recordings of the diarization table, as RTTM: der.py CACHE

CACHE/accuracy/der/PEER/CLIP.rttm for every clip of samples/public and samples/conversations/eval. Results that exist are kept.
Our own results and all scores come from examples/diarization.
"""

import pathlib
import sys
import time

import soundfile

SETS = ("public", "conversations/eval")


def sherpa(models):
    import sherpa_onnx as so

    segmentation = so.OfflineSpeakerSegmentationModelConfig(
        pyannote=so.OfflineSpeakerSegmentationPyannoteModelConfig(model=str(models / "segmentation.onnx")), num_threads=2)
    config = so.OfflineSpeakerDiarizationConfig(
        segmentation=segmentation,
        embedding=so.SpeakerEmbeddingExtractorConfig(model=str(models / "campplus.onnx"), num_threads=2),
        clustering=so.FastClusteringConfig(num_clusters=-1, threshold=0.5),
        min_duration_on=0.3, min_duration_off=0.5)
    if not config.validate():
        sys.exit("sherpa-onnx refuses the models")
    peer = so.OfflineSpeakerDiarization(config)

    def run(path):
        samples, _ = soundfile.read(path, dtype="float32")
        return [(turn.start, turn.end, turn.speaker) for turn in peer.process(samples).sort_by_start_time()]

    return run


def senko(scratch):
    import kaldi_fbank
    import senko as package

    peer = package.Diarizer(device="cpu", warmup=False, quiet=True)
    # The features it computes on a GPU go through here; its library for CPUs needs AVX-512.
    peer.use_gpu_fbank, peer.kaldifeat_fbank = True, kaldi_fbank.fbank

    def run(path):
        # It reads 16-bit files only.
        samples, rate = soundfile.read(path, dtype="float32")
        plain = scratch / "plain.wav"
        soundfile.write(plain, samples, rate, "PCM_16")
        found = peer.diarize(str(plain), generate_colors=False)
        return [] if found is None else [(turn["start"], turn["end"], turn["speaker"]) for turn in found["merged_segments"]]

    return run


def main():
    cache = pathlib.Path(sys.argv[1])
    home = cache / "peers/diarization"
    peers = {"sherpa-onnx": lambda: sherpa(home / "onnx"), "senko": lambda: senko(home)}
    for name, make in peers.items():
        out = cache / "accuracy/der" / name
        out.mkdir(parents=True, exist_ok=True)
        run = None
        for path in [path for kind in SETS for path in sorted((cache / "samples" / kind).glob("*.wav"))]:
            result = out / f"{path.stem}.rttm"
            if result.exists():
                continue
            run = run or make()
            began = time.time()
            lines = [f"SPEAKER {path.stem} 1 {b:.3f} {e - b:.3f} <NA> <NA> {who} <NA> <NA>\n" for b, e, who in run(path)]
            result.write_text("".join(lines))
            print(f"{name}: {path.stem} in {time.time() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
