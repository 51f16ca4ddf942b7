#!/bin/bash
# The Debian root that `make rehearsal` boots, in $CACHE/rehearsal-root, made once by debootstrap.
. "$(dirname "$0")/lib.sh"

suite=trixie
# To be raised when anything below changes what the root holds.
key="$suite 1"
packages=(postgresql redis-server caddy ffmpeg)
base=systemd,systemd-sysv,dbus,ca-certificates,openssl,jq,iproute2
target=$CACHE/rehearsal-root
exec 9>"$CACHE/.rehearsal-root.lock"
flock 9
if whole "$target" "$key"; then
    say "the Debian root is there"
    exit 0
fi

say "making a Debian root of $suite (once, 3 minutes, 1.4 GB)"
scratch rehearsal-root
root=$SCRATCH/root
log=$CACHE/rehearsal-root.log
trap 'umount --lazy "$root/proc" 2>/dev/null || true; rm -rf "$SCRATCH"' EXIT
# In a mount namespace of its own, so that nothing stays mounted on this machine.
cat >"$SCRATCH/make" <<MAKE
set -euo pipefail
debootstrap --variant=minbase --include=$base --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    $suite "$root" "\${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
# Debian starts each server that it installs; nothing is to be started here, and no cluster made.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
mkdir -p "$root/etc/postgresql-common"
echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.conf"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install -y --no-install-recommends ${packages[*]}
umount "$root/proc"
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* "$root"/usr/share/locale/* "$root/usr/sbin/policy-rc.d" "$root/etc/machine-id"
# Debian's own units of these servers stay off: the machine has NixOS's.
for unit in redis-server.service caddy.service caddy-api.service postgresql.service apt-daily.timer apt-daily-upgrade.timer \
    dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-networkd.service getty.target; do
    rm -f "$root"/etc/systemd/system/*.wants/\$unit "$root/etc/systemd/system/\$unit"
done
rm -f "$root"/etc/systemd/system/redis.service
ln -sf /dev/null "$root/etc/systemd/system/redis-server.service"
: >"$root/etc/machine-id"
MAKE
unshare --mount --propagation private bash "$SCRATCH/make" >"$log" 2>&1 ||
    fail "the Debian root was not made: $(grep -E '^(E|W):' "$log" | tail -n 2)" "see $log; run scripts/rehearsal-root.sh by itself"
install_folder "$root" "$target" "$key"
say "the Debian root is ready"
