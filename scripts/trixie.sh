#!/bin/bash
# A root of Debian trixie in the cache, whose systemd-repart is the one that the appliance's image is built with: trixie.sh.
# Ends with status 3 where this machine has no debootstrap, may not use it, or can't reach Debian.
. "$(dirname "$0")/lib.sh"

packages=systemd-repart,erofs-utils,dosfstools,mtools,libcryptsetup12,cryptsetup-bin,e2fsprogs,fdisk
root=$CACHE/trixie-repart
exec 9>"$CACHE/.trixie-repart.lock"
flock 9
if whole "$root" "trixie $packages"; then
    exit 0
fi
refuse() {
    say "no root of Debian trixie: $*"
    exit 3
}
[ "$(id -u)" -eq 0 ] || refuse "debootstrap needs root"
if ! command -v debootstrap >/dev/null; then
    command -v apt-get >/dev/null || refuse "there is no debootstrap"
    apt-get install -y --no-install-recommends debootstrap >"$CACHE/.partial/debootstrap.log" 2>&1 || refuse "debootstrap can't be installed"
fi
scratch trixie
say "making a root of Debian trixie (once, about a minute)"
debootstrap --variant=minbase --include="$packages" trixie "$SCRATCH/root" >"$CACHE/.partial/debootstrap.log" 2>&1 ||
    refuse "debootstrap failed, see $CACHE/.partial/debootstrap.log"
rm -rf "$SCRATCH/root/var/cache/apt/archives" "$SCRATCH/root/var/lib/apt/lists"
install_folder "$SCRATCH/root" "$root" "trixie $packages"
