# Redis carries events between pages and jobs: a unix socket for their group, a password, nothing on disk.
# For further machines see remote-database.nix.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  server = config.services.redis.servers.reflector;
in
{
  config = lib.mkIf (cfg.enable && lib.elem "database" cfg.roles) {
    services.redis.servers.reflector = {
      enable = true;
      # No TCP port.
      port = 0;
      unixSocketPerm = 660;
      requirePassFile = "${ours.secretsDir}/redis-password";
      # An event is worth nothing a minute later; who missed one fetches the present state.
      save = [ ];
    };

    systemd.services = {
      reflector-secrets.script = ''
        secret redis-password openssl rand -hex 32
        setting redis.url 'unix://${server.unixSocket}?pass=' "$STATE_DIRECTORY/redis-password"
      '';
      redis-reflector = {
        requires = [ "reflector-secrets.service" ];
        after = [ "reflector-secrets.service" ];
        # NixOS's own unit stays down once Redis has died.
        startLimitIntervalSec = 0;
        serviceConfig = {
          Restart = "on-failure";
          RestartSec = 1;
        };
      };
    }
    // lib.genAttrs cfg.dataPrograms (_: {
      # Wanted, not required: the program waits for what is away, and a restart there is none here.
      wants = [ "redis-reflector.service" ];
      after = [ "redis-reflector.service" ];
      serviceConfig.SupplementaryGroups = [ server.group ];
    });
  };
}
