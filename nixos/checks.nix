# That every configuration the flake offers can be evaluated and its system built.
{
  lib,
  self,
  system,
}:
lib.mapAttrs'
  (name: configuration: {
    name = "configuration-${name}";
    value = configuration.config.system.build.toplevel;
  })
  (
    lib.filterAttrs (
      _: configuration: configuration.pkgs.stdenv.hostPlatform.system == system
    ) self.nixosConfigurations
  )
