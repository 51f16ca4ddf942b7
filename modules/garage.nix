# Garage on this machine: one node, one bucket, one key, all made by its own first start.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  used = cfg.enable && cfg.storage.kind == "garage" && lib.elem "storage" cfg.roles;
  inherit (config.services.garage) package settings;
  environmentFile = "${ours.secretsDir}/garage.env";
in
{
  config = lib.mkIf used {
    assertions = [
      {
        assertion = lib.versionAtLeast package.version "2.3.0";
        message = "services.garage.package is ${package.version}; Reflector needs 2.3.0 or newer, which sets a single node up by itself.";
      }
      {
        assertion = settings.replication_factor == 1;
        message = "services.garage.settings.replication_factor is ${toString settings.replication_factor}, but Garage has one node here; for a cluster set services.reflector.storage.kind = \"s3\" and name it.";
      }
    ];

    services.garage = {
      enable = true;
      # One line a request, with addresses in it that are signed for five minutes, is not for the journal.
      logLevel = lib.mkDefault "warn";
      package = lib.mkDefault pkgs.garage_2;
      inherit environmentFile;
      settings = {
        replication_factor = 1;
        consistency_mode = "consistent";
        db_engine = "lmdb";
        rpc_bind_addr = "127.0.0.1:3901";
        rpc_public_addr = "127.0.0.1:3901";
        s3_api = {
          s3_region = "garage";
          api_bind_addr = "127.0.0.1:3900";
        };
        admin.api_bind_addr = "127.0.0.1:3903";
      };
    };

    systemd.services = {
      reflector-secrets.script = ''
        access_key() { printf GK && openssl rand -hex 12; }
        secret garage-rpc-secret openssl rand -hex 32
        secret garage-admin-token openssl rand -hex 32
        secret garage-metrics-token openssl rand -hex 32
        secret garage-access-key access_key
        secret garage-secret-key openssl rand -hex 32
        {
          echo "GARAGE_RPC_SECRET=$(<"$STATE_DIRECTORY/garage-rpc-secret")"
          echo "GARAGE_ADMIN_TOKEN=$(<"$STATE_DIRECTORY/garage-admin-token")"
          echo "GARAGE_METRICS_TOKEN=$(<"$STATE_DIRECTORY/garage-metrics-token")"
          echo "GARAGE_DEFAULT_ACCESS_KEY=$(<"$STATE_DIRECTORY/garage-access-key")"
          echo "GARAGE_DEFAULT_SECRET_KEY=$(<"$STATE_DIRECTORY/garage-secret-key")"
        } >"$STATE_DIRECTORY/garage.env.new"
        mv "$STATE_DIRECTORY/garage.env.new" "$STATE_DIRECTORY/garage.env"
        setting storage.s3.access_key "" "$STATE_DIRECTORY/garage-access-key"
        setting storage.s3.secret_key "" "$STATE_DIRECTORY/garage-secret-key"
      '';
      garage = {
        requires = [ "reflector-secrets.service" ];
        after = [ "reflector-secrets.service" ];
        environment.GARAGE_DEFAULT_BUCKET = cfg.storage.bucket;
        # NixOS's own unit stays down once Garage has died.
        startLimitIntervalSec = 0;
        serviceConfig = {
          # The module's own command leaves layout, key and bucket to be made by hand.
          ExecStart = lib.mkForce "${lib.getExe package} server --single-node --default-bucket";
          Restart = "on-failure";
          RestartSec = 1;
        };
      };
    }
    // lib.genAttrs cfg.dataPrograms (_: {
      wants = [ "garage.service" ];
      after = [ "garage.service" ];
      environment = {
        REFLECTOR_STORAGE__S3__ENDPOINT = "http://${settings.s3_api.api_bind_addr}";
        REFLECTOR_STORAGE__S3__REGION = settings.s3_api.s3_region;
        REFLECTOR_STORAGE__S3__BUCKET = cfg.storage.bucket;
      };
    });
  };
}
