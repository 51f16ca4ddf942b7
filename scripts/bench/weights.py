"""A CTranslate2 Whisper as openai-whisper and whisper.cpp read it, so that every peer runs the same numbers: weights.py MODEL OUT

MODEL holds model.bin and tokenizer.json; OUT gets openai.pt (float32) and ggml.bin (float16, as whisper.cpp's own converter makes it).
Run by a Python that has openai-whisper, for its table of mel filters.
"""

import json
import pathlib
import struct
import sys

import numpy
import torch
import whisper

DTYPES = {0: "f4", 1: "i1", 2: "i2", 3: "i4", 4: "f2"}


def read(path):
    """CTranslate2's variables by name. Source: its binary format, version 6."""
    blob, at = path.read_bytes(), 0

    def take(form):
        nonlocal at
        values = struct.unpack_from("<" + form, blob, at)
        at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def name():
        # Its length counts the NUL at its end.
        return take(f"{take('H')}s")[:-1].decode()

    version, _, _ = take("I"), name(), take("I")
    if version != 6:
        sys.exit(f"{path}: version {version} of the format, not 6")
    variables = {}
    for _ in range(take("I")):
        key = name()
        shape = [take("I") for _ in range(take("B"))]
        kind, size = take("B"), take("I")
        variables[key] = numpy.frombuffer(blob, DTYPES[kind], size // int(DTYPES[kind][1]), at).reshape(shape)
        at += size
    return variables


def whisper_names(variables):
    """The tensors under openai-whisper's names, float32."""
    tensors = {}

    def put(name, source, kinds=(("weight", "weight"), ("bias", "bias")), parts=("",)):
        for ours, theirs in kinds:
            value = variables[f"{source}/{theirs}"].astype("f4")
            for part, piece in zip(parts, numpy.split(value, len(parts)), strict=True):
                # Keys have no bias; CTranslate2 keeps zeros in its place.
                if not (part == "key" and ours == "bias"):
                    tensors[".".join(filter(None, (name, part, ours)))] = piece

    norm = (("weight", "gamma"), ("bias", "beta"))
    for side, last in (("encoder", "ln_post"), ("decoder", "ln")):
        tensors[f"{side}.positional_embedding"] = variables[f"{side}/position_encodings/encodings"].astype("f4")
        put(f"{side}.{last}", f"{side}/layer_norm", norm)
        for index in range(sum(key.startswith(f"{side}/layer_") and key.endswith("ffn/linear_0/weight") for key in variables)):
            block, layer = f"{side}.blocks.{index}", f"{side}/layer_{index}"
            put(f"{block}.attn", f"{layer}/self_attention/linear_0", parts=("query", "key", "value"))
            put(f"{block}.attn.out", f"{layer}/self_attention/linear_1")
            put(f"{block}.attn_ln", f"{layer}/self_attention/layer_norm", norm)
            if side == "decoder":
                put(f"{block}.cross_attn.query", f"{layer}/attention/linear_0")
                put(f"{block}.cross_attn", f"{layer}/attention/linear_1", parts=("key", "value"))
                put(f"{block}.cross_attn.out", f"{layer}/attention/linear_2")
                put(f"{block}.cross_attn_ln", f"{layer}/attention/layer_norm", norm)
            put(f"{block}.mlp.0", f"{layer}/ffn/linear_0")
            put(f"{block}.mlp.2", f"{layer}/ffn/linear_1")
            put(f"{block}.mlp_ln", f"{layer}/ffn/layer_norm", norm)
    put("encoder.conv1", "encoder/conv1")
    put("encoder.conv2", "encoder/conv2")
    tensors["decoder.token_embedding.weight"] = variables["decoder/embeddings/weight"].astype("f4")
    return tensors


def sizes(tensors):
    def blocks(side):
        return len({name.split(".")[2] for name in tensors if name.startswith(f"{side}.blocks.")})

    width, mels, _ = tensors["encoder.conv1.weight"].shape
    vocabulary = tensors["decoder.token_embedding.weight"].shape[0]
    # Every Whisper's heads are 64 wide.
    return {
        "n_mels": mels, "n_vocab": vocabulary, "n_audio_ctx": 1500, "n_audio_state": width, "n_audio_head": width // 64,
        "n_audio_layer": blocks("encoder"), "n_text_ctx": 448, "n_text_state": width, "n_text_head": width // 64,
        "n_text_layer": blocks("decoder"),
    }


def token_bytes(tokenizer, count):
    """The bytes of each text token: GPT-2 writes bytes that are no visible characters as others, from U+0100 on."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    alphabet = {chr(byte): byte for byte in visible} | {chr(256 + index): byte for index, byte in enumerate(hidden)}
    vocabulary = json.loads(tokenizer.read_text())["model"]["vocab"]
    tokens = sorted((number, text) for text, number in vocabulary.items() if number < count)
    return [bytes(alphabet[letter] for letter in text) for _, text in tokens]


def write_ggml(path, dims, tensors, tokens):
    filters = numpy.load(pathlib.Path(whisper.__file__).parent / "assets/mel_filters.npz")[f"mel_{dims['n_mels']}"]
    order = ("n_vocab", "n_audio_ctx", "n_audio_state", "n_audio_head", "n_audio_layer", "n_text_ctx", "n_text_state", "n_text_head",
             "n_text_layer", "n_mels")
    with path.open("wb") as out:
        out.write(struct.pack("<I11i", 0x67676D6C, *(dims[key] for key in order), 1))
        out.write(struct.pack("<2i", *filters.shape) + filters.astype("<f4").tobytes())
        out.write(struct.pack("<i", len(tokens)) + b"".join(struct.pack("<i", len(token)) + token for token in tokens))
        for name, value in tensors.items():
            value = value.squeeze()
            if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
                value = value.reshape(-1, 1)
            half = value.ndim >= 2 and not name.endswith(("positional_embedding", "conv1.bias", "conv2.bias"))
            out.write(struct.pack("<3i", value.ndim, len(name), int(half)))
            out.write(struct.pack(f"<{value.ndim}i", *reversed(value.shape)) + name.encode())
            out.write(value.astype("<f2" if half else "<f4").tobytes())


def main():
    model, out = map(pathlib.Path, sys.argv[1:3])
    if (out / "openai.pt").exists() and (out / "ggml.bin").exists():
        return
    out.mkdir(parents=True, exist_ok=True)
    tensors = whisper_names(read(model / "model.bin"))
    dims = sizes(tensors)
    tokens = token_bytes(model / "tokenizer.json", 50257 if dims["n_vocab"] >= 51865 else 50256)
    write_ggml(out / "ggml.tmp", dims, tensors, tokens)
    state = {name: torch.from_numpy(value.copy()) for name, value in tensors.items()}
    torch.save({"dims": dims, "model_state_dict": state}, out / "openai.tmp")
    for name in ("ggml", "openai"):
        (out / f"{name}.tmp").rename(out / f"{name}.{'bin' if name == 'ggml' else 'pt'}")


main()
