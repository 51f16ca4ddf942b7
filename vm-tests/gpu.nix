# That the configuration for a graphics card is one: drivers, CUDA and the unit's devices. No card is needed to see that.
{ self, pkgs }:
let
  inherit (self.nixosConfigurations.appliance-gpu) config;
  unit = config.systemd.services.reflector-work;
in
assert config.services.reflector.package.cudaSupport;
assert config.services.reflector.settings.speech.device == "cuda";
assert pkgs.lib.elem "char-nvidia-uvm rw" unit.serviceConfig.DeviceAllow;
assert config.services.xserver.videoDrivers == [ "nvidia" ];
{
  name = "gpu";
  nodes.machine = { };
  # The image with the driver need not be built to be known as whole.
  testScript = ''
    machine.wait_for_unit("multi-user.target")
    machine.succeed("test -n '${builtins.unsafeDiscardStringContext config.system.build.toplevel.drvPath}'")
  '';
}
