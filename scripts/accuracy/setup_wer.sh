#!/usr/bin/env bash
# Builds the transcription peer in $REFLECTOR_CACHE/peers/whisper: faster-whisper, and openai-whisper's normaliser. For `make accuracy` only.
set -euo pipefail
cache=${REFLECTOR_CACHE:-$HOME/.cache/reflector}
home=$cache/peers/whisper
if [ -e "$home/ready" ]; then exit 0; fi
echo "peers: setting up faster-whisper 1.2.1 in $home (about 400 MB, a minute)"
mkdir -p "$home"
python3 -m venv "$home/venv"
pip="$home/venv/bin/pip --quiet --disable-pip-version-check install"
$pip faster-whisper==1.2.1 ctranslate2==4.8.5 more-itertools==11.2.1 regex
# Of openai-whisper only the normaliser is wanted; imported as `whisper` it would ask for PyTorch.
$pip --no-deps openai-whisper==20250625
site=$("$home/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
ln -sfn whisper/normalizers "$site/whisper_normalizers"
"$home/venv/bin/python" -c 'import faster_whisper, whisper_normalizers'
touch "$home/ready"
