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
mkdir "$SCRATCH"/{debs,debian,python,out}
say "downloading (72 MB)"
mapfile -t wanted < <(sed -n 's/^[0-9a-f]\{64\} \(.*\) \(.*\)$/\1=\2/p' "$here/samples-debian.txt")
fetch() { (cd "$SCRATCH/debs" && apt-get -q download "${wanted[@]}") >"$CACHE/.partial/samples.log" 2>&1; }
fetch || { as_root apt-get -q update >/dev/null 2>&1; fetch; } ||
    fail "apt-get download: $(grep '^E:' "$CACHE/.partial/samples.log" | tail -n 2)" \
        "check the network; the packages are named in scripts/samples-debian.txt and come from Debian 12, main"
while read -r sum name _; do
    [ "${sum:0:1}" = "#" ] && continue
    file=$(echo "$SCRATCH/debs/${name}"_*.deb)
    echo "$sum  $file" | sha256sum --check --quiet 2>/dev/null ||
        fail "$name is not the file that scripts/samples-debian.txt pins" "use a mirror of Debian 12, or pin the new version"
    dpkg-deb -x "$file" "$SCRATCH/debian"
done < "$here/samples-debian.txt"
# The recordings are in the source archive only; what pip needs to look into it may come built.
pip_download "$here/samples.txt" "$SCRATCH/python" --no-binary=pyannote-audio
tar -xzf "$SCRATCH"/python/pyannote_audio-*.tar.gz -C "$SCRATCH/python"

say "splicing conversations (a minute)"
PYTHONDONTWRITEBYTECODE=1 python3 "$here/samples/build.py" "$SCRATCH/debian" "$SCRATCH"/python/pyannote_audio-*/ "$SCRATCH/out" ||
    fail "the conversations could not be built" "see the message above; ffmpeg and python3 are needed"
install_folder "$SCRATCH/out" "$CACHE/samples" "$stamp"
say "ready"
