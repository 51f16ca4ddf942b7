#!/bin/bash
# Boots the appliance's rendered files on a real systemd and lives its story through (tests/rehearsal). Where a machine forbids
# that, it says so and counts as not run. Nothing stays mounted, running or lying about, however this ends.
. "$(dirname "$0")/lib.sh"

not_run() {
    printf 'rehearsal: NOT RUN: %s\n' "$1"
    exit 0
}

[ "$(uname -s)" = Linux ] || not_run "it needs Linux"
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || not_run "it needs root, or sudo without a password"
    exec sudo --preserve-env=REFLECTOR_CACHE,CARGO_TARGET_DIR,LIBTORCH,REHEARSAL_PLANT,DEBIAN_MIRROR "$0" "$@"
fi
command -v apt-get >/dev/null || command -v debootstrap >/dev/null || not_run "it needs debootstrap, and this is no Debian"
"$ROOT/scripts/apt.sh" rehearsal
unshare --mount --pid --fork --propagation private true 2>/dev/null || not_run "this machine lets nobody make namespaces"
probe=$(mktemp -u "$CACHE/.partial/device.XXXXXX")
if ! mknod "$probe" c 1 3 2>/dev/null || ! echo 2>/dev/null >"$probe"; then
    rm -f "$probe"
    not_run "this machine lets nobody make and use devices, which debootstrap does"
fi
rm -f "$probe"
# On a machine with systemd a group of ours is ours to divide; elsewhere we make one below.
if [ -d /run/systemd/system ] && [ -z "${REHEARSAL_SCOPE:-}" ]; then
    export REHEARSAL_SCOPE=1
    exec systemd-run --quiet --scope --property=Delegate=yes "$0" "$@"
fi
"$ROOT/scripts/rehearsal-root.sh"
export REHEARSAL_ROOT=$CACHE/rehearsal-root PYTHONDONTWRITEBYTECODE=1

tops=()
for top in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    if [ -f "$top/cgroup.controllers" ]; then tops+=("$top"); fi
done
# remove NUMBER: what the run with this process number has on the disk and among the control groups.
remove() {
    rm -rf "$CACHE/.partial/rehearsal.$1"
    for top in "${tops[@]}"; do
        # The last processes may still be on their way out.
        for _ in {1..50}; do
            [ -d "$top/rehearsal-$1" ] || break
            find "$top/rehearsal-$1" -depth -type d -exec rmdir {} \; 2>/dev/null || true
            [ ! -d "$top/rehearsal-$1" ] || sleep 0.1
        done
    done
}
# A run that was killed could not tidy up.
for left in "$CACHE"/.partial/rehearsal.* "${tops[@]/%//rehearsal-*}"; do
    for one in $left; do
        number=${one##*[.-]}
        if [ -d "$one" ] && ! kill -0 "$number" 2>/dev/null; then remove "$number"; fi
    done
done

folder=$CACHE/.partial/rehearsal.$$
mkdir "$folder"
groups=()
inside=
tidy() {
    trap '' INT TERM
    # The first process of a namespace takes every other with it.
    if [ -n "$inside" ]; then
        kill -KILL "$inside" 2>/dev/null || true
        wait "$inside" 2>/dev/null || true
    fi
    remove $$
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -z "${REHEARSAL_SCOPE:-}" ]; then
    for top in "${tops[@]}"; do
        mkdir "$top/rehearsal-$$"
        groups+=("$top/rehearsal-$$")
    done
fi
# A mount namespace, so that mounts end with it; a process namespace, so that processes do; our end is theirs.
setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash -c '
    for group in "${@:3}"; do echo $$ >"$group/cgroup.procs"; done
    mount -t tmpfs -o mode=755 tmpfs /run
    exec python3 "$1" "$2"' rehearsal "$ROOT/tests/rehearsal/rehearsal.py" "$folder" "${groups[@]}" &
inside=$!
status=0
wait "$inside" || status=$?
inside=
exit "$status"
