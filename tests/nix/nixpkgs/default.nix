# Stands for nixpkgs where the flake imports it; its lib is the real one.
{
  system ? "x86_64-linux",
  config ? { },
}:
import ./pkgs.nix {
  inherit system;
  lib = import (builtins.getEnv "NIXPKGS_LIB");
  cuda = config.cudaSupport or false;
}
