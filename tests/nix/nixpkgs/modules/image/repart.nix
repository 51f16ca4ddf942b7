# What of the real one, and of repart-verity-store.nix beside it, our image rests on: the options themselves are in the list.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.image.repart.verityStore;
  usr = if pkgs.stdenv.hostPlatform.efiArch == "x64" then "usr-x86-64" else "usr-arm64";
in
{
  config = lib.mkIf cfg.enable {
    boot.initrd.systemd.dmVerity.enable = true;
    image.repart.partitions = {
      ${cfg.partitionIds.store-verity}.repartConfig = {
        Type = "${usr}-verity";
        Verity = "hash";
        VerityMatchKey = lib.mkDefault "store";
        Label = lib.mkDefault "store-verity";
      };
      ${cfg.partitionIds.store} = {
        storePaths = [ config.system.build.toplevel ];
        repartConfig = {
          Type = usr;
          Verity = "data";
          Format = lib.mkDefault "erofs";
          VerityMatchKey = lib.mkDefault "store";
          Label = lib.mkDefault "store";
        };
      };
    };
    system.build = {
      inherit (pkgs) uki;
      finalImage = pkgs.image;
    };
  };
}
