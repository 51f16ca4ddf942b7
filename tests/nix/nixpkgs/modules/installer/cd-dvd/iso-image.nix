# What of the real one is asked for.
{ pkgs, ... }:
{
  config.system.build.isoImage = pkgs.iso;
}
