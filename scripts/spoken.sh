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
mkdir "$SCRATCH"/{debs,debian,out}
say "downloading (21 MB)"
mapfile -t wanted < <(sed -n 's/^[0-9a-f]\{64\} \(.*\) \(.*\)$/\1=\2/p' "$here/spoken-debian.txt")
fetch() { (cd "$SCRATCH/debs" && apt-get -q download "${wanted[@]}") >"$CACHE/.partial/spoken.log" 2>&1; }
fetch || { as_root apt-get -q update >/dev/null 2>&1; fetch; } ||
    fail "apt-get download: $(grep '^E:' "$CACHE/.partial/spoken.log" | tail -n 2)" \
        "check the network; the packages are named in scripts/spoken-debian.txt and come from Debian 12, main"
while read -r sum name _; do
    [ "${sum:0:1}" = "#" ] && continue
    file=$(echo "$SCRATCH/debs/${name}"_*.deb)
    echo "$sum  $file" | sha256sum --check --quiet 2>/dev/null ||
        fail "$name is not the file that scripts/spoken-debian.txt pins" "use a mirror of Debian 12, or pin the new version"
    dpkg-deb -x "$file" "$SCRATCH/debian"
done < "$here/spoken-debian.txt"

PYTHONDONTWRITEBYTECODE=1 python3 "$here/spoken/build.py" "$SCRATCH/debian" "$SCRATCH/out" ||
    fail "the speech could not be built" "see the message above; libasound2, which ffmpeg brings, and python3 are needed"
install_folder "$SCRATCH/out" "$CACHE/spoken" "$stamp"
say "ready"
