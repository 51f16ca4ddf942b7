//! Media in, 16 kHz mono PCM out: ffmpeg as a limited subprocess, peaks, mp3, and pure DSP.
