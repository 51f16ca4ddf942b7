#!/bin/bash
# Speech whose every word has a known time, and music, in $CACHE/spoken (scripts/spoken): what tests and benches hold word times
# and silence to. 21 MB of downloads.
. "$(dirname "$0")/lib.sh"

here=$ROOT/scripts
stamp=$(cat "$here"/spoken-debian.txt "$here"/spoken/*.py "$here"/samples/{clips,splice}.py | sha256sum | cut -c1-16)
if whole "$CACHE/spoken" "$stamp"; then
    say "all there"
    exit 0
fi

scratch spoken
mkdir "$SCRATCH/out"
say "downloading (21 MB)"
debian_packages spoken-debian.txt "$SCRATCH/debian"

PYTHONDONTWRITEBYTECODE=1 python3 "$here/spoken/build.py" "$SCRATCH/debian" "$SCRATCH/out" ||
    fail "the speech could not be built" "see the message above; libasound2, which ffmpeg brings, and python3 are needed"
install_folder "$SCRATCH/out" "$CACHE/spoken" "$stamp"
say "ready"
