# The disk: a boot partition, two slots for the system, and, made at the first boot, what the machine keeps. The store is
# read-only and every block of it is verified against a hash that the kernel's command line carries.
{
  config,
  lib,
  pkgs,
  modulesPath,
  ...
}:
let
  inherit (config.image.repart.verityStore) partitionIds;
  inherit (config.system.image) version;
  inherit (config.reflector.appliance) storeSize;
  efi = pkgs.stdenv.hostPlatform.efiArch;
  usr = "usr-${if efi == "x64" then "x86-64" else "arm64"}";
  # The same for every version, or the next one would not fit into the slot of the last but one.
  exactly = size: {
    SizeMinBytes = size;
    SizeMaxBytes = size;
  };
  hashSize = "256M";
in
{
  imports = [ (modulesPath + "/image/repart.nix") ];

  options.reflector.appliance.storeSize = lib.mkOption {
    type = lib.types.strMatching "[0-9]+[MG]";
    default = if config.services.reflector.gpu.enable then "16G" else "8G";
    example = "12G";
    description = "Size of each of the two slots. It can't change with an update.";
  };

  config = {
    system.image = {
      id = "reflector";
      version = lib.mkDefault (lib.importTOML ../../Cargo.toml).package.version;
    };
    boot.uki.name = "reflector";

    image.repart = {
      name = "reflector";
      # A file for each partition as well: what an update is made of.
      split = true;
      verityStore.enable = true;
      partitions = {
        ${partitionIds.esp} = {
          contents = {
            "/EFI/BOOT/BOOT${lib.toUpper efi}.EFI".source =
              "${config.systemd.package}/lib/systemd/boot/efi/systemd-boot${efi}.efi";
            "/loader/loader.conf".source = pkgs.writeText "loader.conf" ''
              timeout 3
              editor no
            '';
          };
          repartConfig = {
            Type = "esp";
            Format = "vfat";
            Label = "reflector-esp";
            SplitName = "-";
          }
          // exactly "1G";
        };
        # sysupdate finds a version by the label, the kernel by the partition's own identity, which is made of the hash.
        ${partitionIds.store-verity}.repartConfig = {
          Label = "reflector-verity_${version}";
          SplitName = "verity";
          ReadOnly = true;
        }
        // exactly hashSize;
        ${partitionIds.store}.repartConfig = {
          Label = "reflector-store_${version}";
          SplitName = "store";
          ReadOnly = true;
        }
        // exactly storeSize;
        "30-empty-verity".repartConfig = {
          Type = "${usr}-verity";
          Label = "_empty";
          SplitName = "-";
        }
        // exactly hashSize;
        "40-empty-store".repartConfig = {
          Type = usr;
          Label = "_empty";
          SplitName = "-";
        }
        // exactly storeSize;
      };
    };

    boot = {
      loader.grub.enable = false;
      initrd.systemd.enable = true;
    };

    fileSystems = {
      "/" = {
        fsType = "tmpfs";
        options = [
          "mode=0755"
          "size=25%"
        ];
      };
      "/nix/store" = {
        device = "/usr/nix/store";
        fsType = "none";
        options = [ "bind" ];
      };
      "/boot" = {
        device = "/dev/disk/by-partlabel/reflector-esp";
        fsType = "vfat";
        options = [ "umask=0077" ];
      };
    };

    # /usr is the store's partition, and read-only.
    system.activationScripts.usrbinenv = lib.mkForce "";
  };
}
