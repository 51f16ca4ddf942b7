# reflector-install DISK [PUBLIC-KEY-FILE]: the image goes onto the whole disk, and the key may log in as root over SSH.
disk=${1:-}
key=${2:-}
image=${REFLECTOR_IMAGE:-/iso/reflector.raw.xz}
if [ ! -b "$disk" ]; then
  echo "Which disk? One of:" >&2
  lsblk --nodeps --paths --output NAME,SIZE,MODEL >&2
  exit 2
fi
if [ -n "$key" ] && ! grep -qE '^(ssh|ecdsa|sk)-' "$key"; then
  echo "$key holds no public key of SSH" >&2
  exit 2
fi
if lsblk --noheadings --output MOUNTPOINTS "$disk" | grep -q /; then
  echo "$disk is in use" >&2
  exit 1
fi
lsblk "$disk"
read -rp "Everything on $disk will be gone. Write \"yes\" to go on: " answer
[ "$answer" = yes ] || exit 1
# Zeros are written, too: the store's hash is made over them.
xz --decompress --stdout --threads=0 "$image" | dd of="$disk" bs=4M conv=fsync iflag=fullblock status=progress
udevadm settle 2>/dev/null || true
if [ -n "$key" ]; then
  folder=$(mktemp -d)
  mount "$(blkid --list-one --output device --match-token PARTLABEL=reflector-esp)" "$folder"
  mkdir -p "$folder/reflector"
  cp "$key" "$folder/reflector/authorized_keys"
  umount "$folder"
fi
echo "Done. Take the stick out and restart."
