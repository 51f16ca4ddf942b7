# What is made of the appliance: the disk as a file, in two forms; what an update is; a stick; and all of it in qemu.
{
  pkgs,
  appliance,
  iso,
  # The same with the pages open to the host, for a look.
  visitor,
}:
let
  inherit (appliance) config;
  inherit (config.system.image) version;
  # The complete one in every release: `image` alone lacked the kernel until 26.05.
  image = config.system.build.finalImage;
  raw = "${image}/reflector_${version}.raw";
  usr = "usr-x86-64";
in
rec {
  image' = pkgs.runCommand "reflector-image-${version}" { nativeBuildInputs = [ pkgs.xz ]; } ''
    mkdir $out
    xz --threads=0 --stdout ${raw} >$out/reflector_${version}.raw.xz
  '';

  qcow2 = pkgs.runCommand "reflector-qcow2-${version}" { nativeBuildInputs = [ pkgs.qemu-utils ]; } ''
    mkdir $out
    qemu-img convert -f raw -O qcow2 -c ${raw} $out/reflector_${version}.qcow2
    qemu-img resize $out/reflector_${version}.qcow2 64G
  '';

  # What sysupdate fetches. SHA256SUMS.gpg is missing: `gpg --detach-sign SHA256SUMS` with the key of the releases makes it.
  update =
    pkgs.runCommand "reflector-update-${version}"
      {
        nativeBuildInputs = [
          pkgs.jq
          pkgs.xz
        ];
      }
      ''
        mkdir $out
        part() {
          uuid=$(jq -r --arg type "$2" '[.[] | select(.type == $type and (.label | startswith("reflector-")))][0].uuid' \
            ${image}/repart-output.json)
          xz --threads=0 --stdout ${image}/*."$1".raw >"$out/reflector_${version}_$uuid.$1.raw.xz"
        }
        part verity ${usr}-verity
        part store ${usr}
        xz --stdout ${config.system.build.uki}/${config.system.boot.loader.ukiFile} >$out/reflector_${version}.efi.xz
        cd $out
        sha256sum -- * >SHA256SUMS
      '';

  iso' = iso.config.system.build.isoImage;

  run = pkgs.writeShellApplication {
    name = "reflector-appliance";
    runtimeInputs = [ pkgs.qemu ];
    text = ''
      folder=''${REFLECTOR_APPLIANCE:-''${XDG_DATA_HOME:-$HOME/.local/share}/reflector-appliance}
      mkdir -p "$folder"
      disk=$folder/disk.qcow2
      if [ ! -e "$disk" ]; then
        qemu-img create -q -f qcow2 -F raw -b ${visitor.config.system.build.finalImage}/reflector_${version}.raw "$disk" 64G
      fi
      if [ ! -e "$folder/vars.fd" ]; then
        install -m 600 ${pkgs.OVMF.fd}/FV/OVMF_VARS.fd "$folder/vars.fd"
      fi
      accelerator=tcg
      [ ! -w /dev/kvm ] || accelerator=kvm
      echo "The machine is in this window, its pages will be at https://localhost:8443; what it keeps is in $folder"
      exec qemu-system-x86_64 -machine q35,accel=$accelerator -cpu max -smp 4 -m 8192 \
        -drive if=pflash,format=raw,readonly=on,file=${pkgs.OVMF.fd}/FV/OVMF_CODE.fd \
        -drive if=pflash,format=raw,file="$folder/vars.fd" \
        -drive file="$disk",if=virtio,format=qcow2 \
        -nic user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:8443-:443 \
        -device virtio-rng-pci "$@"
    '';
  };

  packages = {
    image = image';
    iso = iso';
    inherit qcow2 update;
  };
}
