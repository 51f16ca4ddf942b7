#!/bin/bash
# Debian packages: apt.sh demo|test|nix|rehearsal. Installs only what is missing, and starts no service.
. "$(dirname "$0")/lib.sh"

packages=(ca-certificates g++ make unzip python3 python3-pip ffmpeg postgresql fonts-noto-core)
case "${1:-test}" in
test) packages+=(redis-server caddy curl openssl restic cryptsetup-bin chromium chromium-driver chromium-headless-shell
    fonts-dejavu-core fonts-droid-fallback fonts-nanum poppler-utils qpdf python3-docx) ;;
# What reads the NixOS module where there is no Nix (scripts/test-nix.sh): no Rust, no PostgreSQL.
nix) packages=(ca-certificates git python3 openssl jq nix-bin shellcheck caddy systemd) ;;
# What boots a Debian root (scripts/rehearsal.sh).
rehearsal) packages=(ca-certificates python3 openssl debootstrap debian-archive-keyring systemd-container) ;;
esac
# For the identity provider of the tests; a Node.js from elsewhere brings its npm along.
if [ "${1:-test}" = test ] && ! command -v npm >/dev/null; then packages+=(nodejs npm); fi

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    say "all there"
    exit 0
fi
command -v apt-get >/dev/null ||
    fail "these programs are missing: ${missing[*]}" "this is no Debian: install them with your own package manager"

say "installing ${missing[*]}"
log=$CACHE/.partial/apt.log
as_root apt-get update >"$log" 2>&1 || fail "apt-get update: $(tail -n 2 "$log")" "check the network and /etc/apt, then run this again"

# Debian starts each server it installs; ours run privately, so this run of apt starts none.
guard=/usr/sbin/policy-rc.d
if [ ! -e $guard ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $guard >/dev/null
    as_root chmod 755 $guard
    trap 'as_root rm -f $guard' EXIT
fi
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 ||
    fail "apt-get install: $(grep -E '^(E:|dpkg:)' "$log" | tail -n 3)" "run: apt-get install ${missing[*]} (the whole log is $log)"
