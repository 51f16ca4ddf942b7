# What happens when a unit of ours fails: the journal says so at a level that is watched, and a program of yours is told.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (lib) types;
  watched =
    cfg.programs
    ++ [ "reflector-secrets" ]
    ++ lib.optional (cfg.models.pull != [ ]) "reflector-models"
    ++ lib.optionals (cfg.caddy.enable && cfg.caddy.tls == "private-ca") [
      "reflector-certs"
      "reflector-certs-renew"
    ];
in
{
  options.services.reflector.failure.command = lib.mkOption {
    type = types.nullOr (types.strMatching "/[^ ]*");
    default = null;
    example = "/etc/reflector/tell-the-admins";
    description = ''
      Program that is started as root with the name of a unit of Reflector's that failed as its argument, to send a mail or
      call a webhook. The journal has it in any case.
    '';
  };

  config = lib.mkIf cfg.enable {
    systemd.services = {
      "reflector-failed@" = {
        description = "Report that %i has failed";
        serviceConfig =
          ours.helperSandbox
          // {
            Type = "oneshot";
            SyslogIdentifier = "reflector-failed";
            # Levels as syslog numbers them; 2 is critical.
            ExecStart = [
              "${config.systemd.package}/bin/systemd-cat --priority=crit --identifier=reflector-failed echo \"%i has failed; see journalctl -u %i\""
            ]
            ++ lib.optional (cfg.failure.command != null) "${cfg.failure.command} %i";
          }
          // lib.optionalAttrs (cfg.failure.command != null) {
            # A mail or a webhook goes over the network.
            PrivateNetwork = false;
            RestrictAddressFamilies = [
              "AF_UNIX"
              "AF_INET"
              "AF_INET6"
            ];
            # Nobody knows in what it is written.
            MemoryDenyWriteExecute = false;
          };
      };
    }
    // lib.genAttrs watched (_: {
      onFailure = [ "reflector-failed@%n.service" ];
    });
  };
}
