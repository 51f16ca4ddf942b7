# What survives: /var, on a partition that the first boot makes of the rest of the disk. Everything else is new at every boot.
{ config, lib, ... }:
let
  inherit (config.reflector.appliance) encryptState;
  label = "reflector-var";
in
{
  options.reflector.appliance.encryptState = lib.mkOption {
    type = lib.types.bool;
    default = false;
    example = true;
    description = ''
      Whether /var is encrypted with a key that only this machine's TPM 2.0 gives out. Without that chip there is no way to it,
      not even in another machine: keep backups elsewhere.
    '';
  };

  config = {
    boot.initrd = {
      systemd.repart.enable = true;
      supportedFilesystems.ext4 = true;
      luks.devices = lib.mkIf encryptState {
        ${label} = {
          device = "/dev/disk/by-partlabel/${label}";
          crypttabExtraOpts = [ "tpm2-device=auto" ];
        };
      };
    };

    systemd.repart.partitions."50-var" = {
      Type = "var";
      Label = label;
      Format = "ext4";
      SizeMinBytes = "4G";
    }
    // lib.optionalAttrs encryptState { Encrypt = "tpm2"; };

    fileSystems."/var" = {
      device = if encryptState then "/dev/mapper/${label}" else "/dev/disk/by-partlabel/${label}";
      fsType = "ext4";
      neededForBoot = true;
    };

    # The journal's folder is named by it; on a root that forgets, the machine's own number serves.
    boot.kernelParams = [ "systemd.machine_id=firmware" ];
  };
}
