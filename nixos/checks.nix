# That every configuration the flake offers can be built, and every story of vm-tests/: a new file there is a new check.
{
  lib,
  pkgs,
  self,
  system,
}:
let
  configurations = lib.filterAttrs (
    _: configuration: configuration.pkgs.stdenv.hostPlatform.system == system
  ) self.nixosConfigurations;
  stories = lib.filter (name: lib.hasSuffix ".nix" name && name != "common.nix") (
    lib.attrNames (builtins.readDir ../vm-tests)
  );
  story = name: {
    name = "vm-${lib.removeSuffix ".nix" name}";
    # Called here, not by the module system: what a test is may depend on the flake.
    value = pkgs.testers.runNixOSTest (import (../vm-tests + "/${name}") { inherit self pkgs; });
  };
in
lib.mapAttrs' (name: configuration: {
  name = "configuration-${name}";
  value = configuration.config.system.build.toplevel;
}) configurations
// lib.optionalAttrs (configurations != { }) (lib.listToAttrs (map story stories))
