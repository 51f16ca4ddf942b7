#!/bin/bash
# OpenAI's Python client, with which the tests ask the speech server (20 MB unpacked).
. "$(dirname "$0")/lib.sh"

requirements=$ROOT/scripts/openai-requirements.txt
stamp=$(sha256sum "$requirements" | cut -c1-16)
whole "$CACHE/openai" "$stamp" && exit 0

scratch openai
mkdir "$SCRATCH/openai" "$SCRATCH/wheels"
say "OpenAI's client (5 MB)"
pip_download "$requirements" "$SCRATCH/wheels" "${WHEELS[@]}"
for wheel in "$SCRATCH"/wheels/*.whl; do
    python3 -m zipfile -e "$wheel" "$SCRATCH/openai"
done
PYTHONPATH=$SCRATCH/openai python3 -c 'import openai' ||
    fail "OpenAI's client can't be used by $(python3 --version)" "the pinned files are for Python 3.11 on x86-64"
install_folder "$SCRATCH/openai" "$CACHE/openai" "$stamp"
