# A stick or disc: Reflector runs from it as it is, forgetting everything, and `reflector-install DISK` puts the image on a disk.
{
  appliance,
  image,
}:
{
  lib,
  modulesPath,
  pkgs,
  ...
}:
let
  install = pkgs.writeShellApplication {
    name = "reflector-install";
    runtimeInputs = [
      pkgs.util-linux
      pkgs.xz
    ];
    text = builtins.readFile ./install.sh;
  };
in
{
  imports = [ (modulesPath + "/installer/cd-dvd/iso-image.nix") ];

  nixpkgs.hostPlatform = lib.mkDefault "x86_64-linux";
  networking.hostName = "reflector-live";
  system.stateVersion = "26.05";

  isoImage = {
    makeEfiBootable = true;
    makeUsbBootable = true;
    volumeID = "REFLECTOR";
    contents = [
      {
        source = "${image}/reflector_${appliance.config.system.image.version}.raw.xz";
        target = "/reflector.raw.xz";
      }
    ];
  };

  services.reflector.enable = true;
  services.getty = {
    autologinUser = "root";
    helpLine = ''
      Reflector runs here already: https://localhost in this machine's own browser. What it keeps is gone when it is switched off.
      `reflector-install /dev/DISK [PUBLIC-KEY-FILE]` puts it on a disk for good.
    '';
  };
  environment.systemPackages = [ install ];
}
