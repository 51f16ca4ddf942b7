#!/bin/bash
# Sample recordings in $CACHE/samples: public clips, read sentences, and conversations spliced from real readers with exact
# truth (scripts/samples). 72 MB of downloads.
. "$(dirname "$0")/lib.sh"

here=$ROOT/scripts
stamp=$(cat "$here"/samples.txt "$here"/samples-debian.txt "$here"/samples/*.py | sha256sum | cut -c1-16)
if whole "$CACHE/samples" "$stamp"; then
    say "all there"
    exit 0
fi

scratch samples
mkdir "$SCRATCH"/{python,out}
say "downloading (72 MB)"
debian_packages samples-debian.txt "$SCRATCH/debian"
# The recordings are in the source archive only; what pip needs to look into it may come built.
pip_download "$here/samples.txt" "$SCRATCH/python" --no-binary=pyannote-audio
tar -xzf "$SCRATCH"/python/pyannote_audio-*.tar.gz -C "$SCRATCH/python"

say "splicing conversations (a minute)"
PYTHONDONTWRITEBYTECODE=1 python3 "$here/samples/build.py" "$SCRATCH/debian" "$SCRATCH"/python/pyannote_audio-*/ "$SCRATCH/out" ||
    fail "the conversations could not be built" "see the message above; ffmpeg and python3 are needed"
install_folder "$SCRATCH/out" "$CACHE/samples" "$stamp"
say "ready"
