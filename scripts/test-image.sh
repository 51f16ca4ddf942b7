#!/bin/bash
# Builds the appliance's disk from the rendered definitions with a real systemd-repart, in a root of Debian trixie: test-image.sh.
. "$(dirname "$0")/lib.sh"

status=0
"$ROOT/scripts/trixie.sh" || status=$?
if [ $status -eq 3 ]; then
    say "image: not run, for the reason above"
    exit 0
fi
[ $status -eq 0 ] || exit $status
if ! unshare --mount true 2>/dev/null; then
    say "image: not run, this machine forbids mounting in a namespace of its own"
    exit 0
fi
cd "$ROOT"
scratch image
PYTHONDONTWRITEBYTECODE=1 python3 tests/nix/image.py "$CACHE/trixie-repart" "$SCRATCH"
