# The module with this flake's packages as its defaults.
{ self }:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  packages = self.packages.${pkgs.stdenv.hostPlatform.system};
  cfg = config.services.reflector;
in
{
  imports = [ ../modules ];
  services.reflector = {
    package = lib.mkDefault (if cfg.gpu.enable then packages.reflector-cuda else packages.reflector);
    models.package = lib.mkDefault packages.models;
  };
}
