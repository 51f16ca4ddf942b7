#!/bin/bash
# Schemathesis, with which the tests ask every operation of docs/openapi.json (13 MB down, 43 MB unpacked).
. "$(dirname "$0")/lib.sh"

requirements=$ROOT/scripts/schemathesis-requirements.txt
stamp=$(sha256sum "$requirements" | cut -c1-16)
whole "$CACHE/schemathesis" "$stamp" && exit 0

scratch schemathesis
mkdir "$SCRATCH/schemathesis" "$SCRATCH/wheels"
say "Schemathesis (13 MB)"
pip_download "$requirements" "$SCRATCH/wheels" "${WHEELS[@]}"
for wheel in "$SCRATCH"/wheels/*.whl; do
    python3 -m zipfile -e "$wheel" "$SCRATCH/schemathesis"
done
PYTHONPATH=$SCRATCH/schemathesis python3 -c 'import schemathesis.cli' ||
    fail "Schemathesis can't be used by $(python3 --version)" "the pinned files are for Python 3.11 on x86-64"
install_folder "$SCRATCH/schemathesis" "$CACHE/schemathesis" "$stamp"
