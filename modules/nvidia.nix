# An NVIDIA card: its driver, CUDA builds of what computes, and the devices for the units that need them.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
  inherit (lib) types;
in
{
  options.services.reflector.gpu = {
    enable = lib.mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Compute on an NVIDIA card. Its driver and CUDA are unfree: allow them in `nixpkgs.config`, as docs/INSTALL.md shows.
      '';
    };

    openModule = lib.mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = "NVIDIA's open kernel module, for cards from Turing (2018) on. False for older ones.";
    };
  };

  config = lib.mkIf (cfg.enable && cfg.gpu.enable) {
    assertions = [
      {
        assertion = pkgs.stdenv.hostPlatform.system == "x86_64-linux";
        message = "services.reflector.gpu.enable: CUDA builds exist for x86_64-linux only, this is ${pkgs.stdenv.hostPlatform.system}.";
      }
      {
        assertion = cfg.package.cudaSupport or false;
        message = "services.reflector.gpu.enable, but services.reflector.package was built without CUDA and would compute on the CPU; use the flake's reflector-cuda.";
      }
      {
        assertion = cfg.settings.speech.device != "cpu";
        message = "services.reflector.gpu.enable, but settings.speech.device is cpu: the card would not be used for speech.";
      }
    ];

    # This list is the driver's switch, with a screen or without one.
    services.xserver.videoDrivers = [ "nvidia" ];
    hardware.graphics.enable = true;
    hardware.nvidia = {
      open = cfg.gpu.openModule;
      # Otherwise the driver is set up anew for every job.
      nvidiaPersistenced = lib.mkDefault true;
    };

    # A missing card is an error then, not an unexpectedly slow worker.
    services.reflector.settings.speech.device = lib.mkDefault "cuda";

    systemd.services = lib.genAttrs [ "reflector-work" "reflector-speech-server" ] (_: {
      environment.LD_LIBRARY_PATH = "/run/opengl-driver/lib";
      serviceConfig = {
        PrivateDevices = false;
        PrivateUsers = false;
        DevicePolicy = "closed";
        DeviceAllow = [
          "char-nvidiactl rw"
          "char-nvidia-caps rw"
          "char-nvidia-frontend rw"
          "char-nvidia-uvm rw"
        ];
      };
    });
  };
}
