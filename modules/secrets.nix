# Secrets are made on the first boot, in a folder that root alone reads, and handed to each service as a credential. None is
# in the store, in an argument or in a unit's environment. A secret that lies there already is taken as it is.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  folder = baseNameOf ours.secretsDir;
in
{
  config = lib.mkIf cfg.enable {
    systemd.services = {
      reflector-secrets = {
        description = "Secrets of Reflector";
        wantedBy = [ "multi-user.target" ];
        before = map (unit: "${unit}.service") cfg.programs;
        path = [
          pkgs.jq
          pkgs.openssl
        ];
        # Other modules add lines between the two: `secret` for what they need made, `setting` for what the program is told.
        script = lib.mkMerge [
          (lib.mkBefore (builtins.readFile ./secrets.sh))
          (lib.mkAfter ''
            mv "$settings" "$RUNTIME_DIRECTORY/reflector.toml"
          '')
        ];
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          UMask = "0077";
          StateDirectory = folder;
          StateDirectoryMode = "0700";
          RuntimeDirectory = folder;
          RuntimeDirectoryMode = "0700";
        };
      };
    }
    // lib.genAttrs cfg.dataPrograms (_: {
      requires = [ "reflector-secrets.service" ];
      after = [ "reflector-secrets.service" ];
      environment.REFLECTOR_CONFIG = "%d/reflector.toml";
      serviceConfig.LoadCredential = [ "reflector.toml:/run/${folder}/reflector.toml" ];
    });
  };
}
