#!/bin/bash
# Rust itself is not ours to install: says what is missing.
. "$(dirname "$0")/lib.sh"

wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml")
command -v cargo >/dev/null || fail "there is no cargo" "install stable Rust, $wanted or newer, with rustup"
found=$(rustc --version | cut -d' ' -f2)
[ "$(printf '%s\n%s\n' "$wanted" "${found%%-*}" | sort -V | head -n 1)" = "$wanted" ] ||
    fail "Rust $found is older than $wanted" "run: rustup update stable"
if [ "${1:-test}" = test ]; then
    for tool in rustfmt cargo-clippy; do
        command -v $tool >/dev/null && $tool --version >/dev/null 2>&1 ||
            fail "$tool is missing" "run: rustup component add rustfmt clippy"
    done
fi
say "Rust $found"
