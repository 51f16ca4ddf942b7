# What concerns the service as a whole.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
in
{
  options.services.reflector = {
    enable = lib.mkEnableOption "Reflector, which turns recordings of meetings into transcripts on this machine";

    package = lib.mkOption {
      type = lib.types.package;
      default =
        pkgs.reflector
          or (throw "services.reflector.package: use this flake's nixosModules.default, which sets it, or name a package");
      defaultText = lib.literalExpression "the flake's package, with CUDA if services.reflector.gpu.enable";
      example = lib.literalExpression "inputs.reflector.packages.x86_64-linux.reflector";
      description = "The program that the units run.";
    };

    domain = lib.mkOption {
      type = lib.types.strMatching "[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?";
      default = config.networking.fqdnOrHostName;
      defaultText = lib.literalExpression "config.networking.fqdnOrHostName";
      example = "reflector.example.org";
      description = "The name by which people reach this service; from {option}`services.reflector.caddy.aliases` they are sent on to it.";
    };

    openWithoutLogin = lib.mkOption {
      type = lib.types.bool;
      default = false;
      example = true;
      description = ''
        Let other machines in although nobody logs in ({option}`services.reflector.settings.auth.mode` is `none`): whoever reaches the service may then read, change and
        delete every transcript, or, with {option}`services.reflector.settings.auth.public_mode`, read and add, and change nothing. Without this, every address but this
        machine's own is refused.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = pkgs.stdenv.hostPlatform.is64bit;
        message = "services.reflector: libtorch exists for 64-bit machines only, this is ${pkgs.stdenv.hostPlatform.system}.";
      }
    ];
  };
}
