#!/bin/bash
# Proof of the NixOS module where there is no nixpkgs: test-nix.sh [check|render|fmt]. Debian's nix-bin reads the files; the
# evaluation needs nixpkgs' own lib, from NIXPKGS_LIB, from the cache, or from its public repository.
. "$(dirname "$0")/lib.sh"

what=${1:-check}
lib_commit=de42d44212d207476489bce163375d8306a26d59
"$ROOT/scripts/apt.sh" nix

# Neither tool is in Debian; both are built once, in four minutes of one core at the lowest priority.
tools=$CACHE/nix-tools-1
exec 9>"$CACHE/.nix-tools.lock"
flock 9
if ! whole "$tools" 1; then
    command -v cargo >/dev/null || fail "there is no cargo to build nixfmt and deadnix with" "install stable Rust with rustup"
    scratch nix-tools
    # They know nothing of this project's libtorch and flags.
    for crate in nixfmt_rs@0.5.3 deadnix@1.3.1; do
        say "building ${crate%@*} (once)"
        (cd "$SCRATCH" && env -u RUSTFLAGS -u LIBTORCH CARGO_TARGET_DIR="$CACHE/.partial/nix-tools-target" \
            nice -n 19 cargo install "${crate%@*}" --version "${crate#*@}" --locked --jobs "${CARGO_BUILD_JOBS:-1}" \
            --no-track --root "$SCRATCH/root") >"$CACHE/nix-tools-build.log" 2>&1 ||
            fail "$crate did not build" "see $CACHE/nix-tools-build.log"
    done
    install_folder "$SCRATCH/root" "$tools" 1
    rm -rf "$CACHE/.partial/nix-tools-target"
fi

exec 9>&-

if [ "$what" = fmt ]; then
    cd "$ROOT"
    git ls-files --cached --others --exclude-standard '*.nix' | xargs "$tools/bin/nixfmt"
    exit
fi

if [ -z "${NIXPKGS_LIB:-}" ]; then
    if [ ! -d "$CACHE/nixpkgs.lib/lib" ]; then
        # A machine that can't reach it goes on with what was rendered elsewhere.
        scratch nixpkgs-lib
        if git -c init.defaultBranch=main init -q "$SCRATCH/lib" &&
            GIT_TERMINAL_PROMPT=0 timeout 60 git -C "$SCRATCH/lib" fetch -q --depth 1 \
                https://github.com/nix-community/nixpkgs.lib "$lib_commit" 2>/dev/null &&
            git -C "$SCRATCH/lib" checkout -q FETCH_HEAD; then
            install_folder "$SCRATCH/lib" "$CACHE/nixpkgs.lib" "$lib_commit"
        fi
    fi
    if [ -d "$CACHE/nixpkgs.lib/lib" ]; then
        export NIXPKGS_LIB=$CACHE/nixpkgs.lib/lib
    fi
fi

cd "$ROOT"
export PYTHONDONTWRITEBYTECODE=1
case $what in
render)
    [ -n "${NIXPKGS_LIB:-}" ] || fail "nixpkgs' lib is not at hand" "set NIXPKGS_LIB to a folder of it"
    python3 tests/nix/check.py "$tools/bin" --write
    ;;
check)
    python3 tests/nix/check.py "$tools/bin"
    "$ROOT/scripts/test-image.sh"
    ;;
*) fail "$what is nothing that can be done here" "test-nix.sh check, render or fmt" ;;
esac
