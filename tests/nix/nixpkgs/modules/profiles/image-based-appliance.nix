# What of the real one is in the list of options.
{ lib, ... }:
{
  system.switch.enable = false;
  users.mutableUsers = false;
  boot.initrd.systemd.enable = lib.mkDefault true;
  networking.useNetworkd = lib.mkDefault true;
}
