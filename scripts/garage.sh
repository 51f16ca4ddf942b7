#!/bin/bash
# Garage 2.3.0, the S3 server of the storage tests, in $CACHE/garage-2.3.0: built once from the crates registry at the lowest
# priority (about 15 minutes of one core). --locked takes the versions and checksums that its release names.
. "$(dirname "$0")/lib.sh"

version=2.3.0
target=$CACHE/garage-$version
if whole "$target" "$version" && "$target/bin/garage" --version >/dev/null; then
    say "Garage $version is there"
    exit 0
fi
scratch garage
log=$CACHE/garage-build.log
# An aborted build goes on where it was: its target folder stays until Garage is installed. Rust flags and LIBTORCH of
# this project are not its business.
(cd "$SCRATCH" && env -u RUSTFLAGS CARGO_TARGET_DIR="$CACHE/.partial/garage-target" CARGO_PROFILE_RELEASE_LTO=off \
    nice -n 19 cargo install garage --version "$version" --locked --no-default-features --features bundled-libs,sqlite \
    --jobs "${GARAGE_JOBS:-1}" --no-track --root "$SCRATCH/root") >"$log" 2>&1 ||
    fail "Garage did not build: $(grep -E '^error' "$log" | head -n 2)" "see $log; run scripts/garage.sh by itself to go on"
install_folder "$SCRATCH/root" "$target" "$version"
rm -rf "$CACHE/.partial/garage-target"
say "Garage $version is ready"
