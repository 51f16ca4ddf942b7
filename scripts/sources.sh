#!/bin/bash
# Cargo knows a changed file by its time, and in a new clone every file is new: all of our own code would be built again, though
# the cache has it. Here a file with the content that was built last gets the time that it had then, and no other:
#   sources.sh before    ahead of a build
#   sources.sh after     when everything that was to be built is built
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
record=$CARGO_TARGET_DIR/.sources
git rev-parse --is-inside-work-tree >/dev/null 2>&1 || exit 0
mkdir -p "$CARGO_TARGET_DIR"

# Tab-separated: path, sha256, time; sorted by path.
states() {
    git ls-files -co --exclude-standard -z | while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done >"$record.files"
    paste <(xargs -0 sha256sum --zero -- <"$record.files" | tr '\0\n' '\n ' | sed 's/^\([0-9a-f]*\)  \(.*\)$/\2\t\1/') \
        <(xargs -0 stat --printf '%.Y\n' -- <"$record.files") | LC_ALL=C sort
}

# Whether another tree than this one built something of ours last, in any profile, as the compiler notes it.
foreign() {
    local deps last
    for deps in "$CARGO_TARGET_DIR"/*/deps; do
        last=$(grep -l '^# env-dep:CARGO_MANIFEST_DIR=' "$deps"/{reflector,it}-*.d 2>/dev/null | xargs -r ls -t | sed -n 1p)
        [ -z "$last" ] || grep -qxF "# env-dep:CARGO_MANIFEST_DIR=$ROOT" "$last" || return 0
    done
    return 1
}

case ${1:-} in
before)
    # What anybody built since then may be of other content: Cargo has to look for itself.
    if [ -f "$record" ] && [ -z "$(find "$CARGO_TARGET_DIR"/*/.fingerprint/reflector-* -newer "$record" -print -quit 2>/dev/null)" ]; then
        states | LC_ALL=C join -t $'\t' -j 1 - "$record" | awk -F '\t' -v OFS='\t' '$2 == $4 && $3 != $5 { print $5, $1 }' |
            while IFS=$'\t' read -r time file; do touch -m -d "@$time" -- "$file"; done
        # Another content never has an older time than the build that did not know it; a file more or less is a change, too.
        states | LC_ALL=C join -t $'\t' -j 1 - "$record" | awk -F '\t' '$2 != $4 { print $1 }' |
            while IFS= read -r file; do if [ "$file" -ot "$record" ]; then touch -m -- "$file"; fi; done
        if ! cmp -s <(states | cut -f 1) <(cut -f 1 "$record"); then touch -m src/lib.rs tests/it/main.rs; fi
    elif foreign; then
        # It may have been built later than the files here were written: their times say nothing of what it was made from.
        touch -cm build.rs src/lib.rs tests/it/main.rs
    fi
    states >"$record.now"
    ;;
after)
    # Whatever was written meanwhile is not known to be what was built.
    LC_ALL=C comm -12 "$record.now" <(states) >"$record.new"
    mv "$record.new" "$record"
    rm -f "$record.now" "$record.files"
    ;;
*) fail "sources.sh before|after" "call it as scripts/setup.sh does" ;;
esac
