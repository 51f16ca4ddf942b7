# Weights come with the closure, so that the first start needs no network. Larger models are pulled once, by name.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (cfg.models) pull;
  pulled = "/var/lib/reflector-models";
  shipped = cfg.models.package.models;
in
{
  options.services.reflector.models = {
    package = lib.mkOption {
      type = lib.types.package;
      default =
        pkgs.reflector-models
          or (throw "services.reflector.models.package: use this flake's nixosModules.default, which sets it, or name a package");
      defaultText = lib.literalExpression "the flake's package of models";
      example = lib.literalExpression "inputs.reflector.packages.x86_64-linux.models";
      description = "Folder of models in the store; its `models` attribute lists their names.";
    };

    pull = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [ ];
      example = [ "whisper-large-v3-turbo" ];
      description = ''
        Models to fetch from the Hugging Face hub at the first start, beside those of the package. The unit that fetches
        them is the only one of Reflector's that may reach any host.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion =
          lib.elem cfg.settings.speech.model (shipped ++ pull)
          || !(lib.elem cfg.settings.models.dir [
            "${cfg.models.package}"
            pulled
          ]);
        message = "services.reflector.settings.speech.model: ${cfg.settings.speech.model} is not in the closure (${lib.concatStringsSep ", " shipped}); add it to services.reflector.models.pull.";
      }
    ];

    services.reflector.settings.models.dir = lib.mkDefault (
      if pull == [ ] then "${cfg.models.package}" else pulled
    );

    users.users.reflector-models = lib.mkIf (pull != [ ]) {
      isSystemUser = true;
      inherit (ours) group;
      description = "Models of Reflector";
    };

    systemd.services = lib.mkIf (pull != [ ]) (
      {
        reflector-models = {
          description = "Models of Reflector: ${lib.concatStringsSep ", " pull}";
          wants = [ "network-online.target" ];
          after = [ "network-online.target" ];
          wantedBy = [ "multi-user.target" ];
          before = [
            "reflector-work.service"
            "reflector-speech-server.service"
          ];
          environment.REFLECTOR_MODELS__DIR = pulled;
          # What is installed is left alone, so later starts need no network.
          script = ''
            ${lib.getExe cfg.package} models pull --from ${cfg.models.package} ${lib.escapeShellArgs shipped}
            ${lib.getExe cfg.package} models pull --source hub ${lib.escapeShellArgs pull}
          '';
          serviceConfig = {
            Type = "oneshot";
            RemainAfterExit = true;
            Restart = "on-failure";
            RestartSec = 30;
            # A user of its own: the worker reads weights and can't change them.
            User = "reflector-models";
            Group = ours.group;
            StateDirectory = baseNameOf pulled;
            StateDirectoryMode = "0755";
            UMask = "0022";
          };
        };
      }
      // lib.genAttrs [ "reflector-work" "reflector-speech-server" ] (_: {
        wants = [ "reflector-models.service" ];
        after = [ "reflector-models.service" ];
      })
    );
  };
}
