# What of the real one is asked for.
{ lib, pkgs, ... }:
{
  options.system.build = lib.mkOption { type = lib.types.attrsOf lib.types.package; };
  config.system.build = {
    inherit (pkgs) toplevel vm;
  };
}
