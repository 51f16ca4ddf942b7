# PostgreSQL and Redis between machines: TLS with a certificate that is verified, a password, and named clients only.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (lib) types;
  inherit (cfg) postgresql redis;
  here = cfg.enable && lib.elem "database" cfg.roles;
  away = cfg.enable && !lib.elem "database" cfg.roles && cfg.dataPrograms != [ ];

  # What one of the two servers and its clients are told.
  side =
    {
      what,
      port,
      secret,
    }:
    {
      host = lib.mkOption {
        type = types.nullOr (types.strMatching "[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?");
        default = null;
        example = "db.internal";
        description = "Name of the machine that has ${what}, as its certificate has it; null: this machine.";
      };
      port = lib.mkOption {
        type = types.port;
        default = port;
        example = port + 10000;
        description = "Port of ${what}, where it is reached over the network.";
      };
      passwordFile = lib.mkOption {
        type = types.nullOr ours.secretPath;
        default = null;
        example = "/run/secrets/${secret}";
        description = "File with the password of ${what} on the other machine: what lies there in `${ours.secretsDir}/${secret}`.";
      };
      listen = lib.mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "10.0.0.2" ];
        description = "Addresses of this machine on which ${what} answers others over TLS, with a password.";
      };
      clients = lib.mkOption {
        type = types.listOf (types.strMatching "[0-9a-fA-F.:]+/[0-9]+");
        default = [ ];
        example = [ "10.0.0.3/32" ];
        description = "Networks of the machines that may reach ${what}; the kernel drops what comes from others.";
      };
      certificateFile = lib.mkOption {
        type = types.nullOr types.path;
        default = null;
        example = "/var/lib/certificates/db.pem";
        description = "Certificate of ${what} with its intermediates, in PEM.";
      };
      keyFile = lib.mkOption {
        type = types.nullOr ours.secretPath;
        default = null;
        example = "/var/lib/certificates/db-key.pem";
        description = "Private key of that certificate. Only root needs to read it.";
      };
    };
  open = server: server.listen != [ ];
  whole = server: server.certificateFile != null && server.keyFile != null && server.clients != [ ];
  credentials = server: [
    "certificate.pem:${toString server.certificateFile}"
    "key.pem:${toString server.keyFile}"
  ];
  # Unit by unit, so that it holds whatever firewall a machine has.
  only = clients: {
    IPAddressDeny = "any";
    IPAddressAllow = [ "localhost" ] ++ clients;
  };
in
{
  options.services.reflector = {
    postgresql = side {
      what = "PostgreSQL";
      port = 5432;
      secret = "postgresql-password";
    };
    redis = side {
      what = "Redis";
      port = 6379;
      secret = "redis-password";
    };
  };

  config = lib.mkMerge [
    (lib.mkIf cfg.enable {
      assertions = [
        {
          assertion = open postgresql -> whole postgresql;
          message = "services.reflector.postgresql.listen is set: certificateFile, keyFile and clients must be, too, or passwords and transcripts would cross the network in the clear.";
        }
        {
          assertion = open redis -> whole redis;
          message = "services.reflector.redis.listen is set: certificateFile, keyFile and clients must be, too, or its password would cross the network in the clear.";
        }
        {
          assertion = (open postgresql || open redis) -> here;
          message = "services.reflector.postgresql.listen or redis.listen is set, but services.reflector.roles lacks database: there is nothing here to be reached.";
        }
        {
          assertion = (postgresql.host != null) == (postgresql.passwordFile != null);
          message = "services.reflector.postgresql.host and postgresql.passwordFile belong together.";
        }
        {
          assertion = (redis.host != null) == (redis.passwordFile != null);
          message = "services.reflector.redis.host and redis.passwordFile belong together.";
        }
      ];
    })

    (lib.mkIf (here && open postgresql) {
      services.postgresql = {
        settings = {
          port = postgresql.port;
          ssl = true;
          ssl_min_protocol_version = "TLSv1.2";
          ssl_cert_file = "/run/credentials/postgresql.service/certificate.pem";
          ssl_key_file = "/run/credentials/postgresql.service/key.pem";
          password_encryption = "scram-sha-256";
        };
        authentication = lib.mkBefore (
          lib.concatMapStrings (network: ''
            hostssl ${ours.database} ${ours.database} ${network} scram-sha-256
          '') postgresql.clients
        );
      };
      networking.firewall.allowedTCPPorts = [ postgresql.port ];
      systemd.services = {
        # Read when it starts: `systemctl restart postgresql` after a renewal.
        postgresql.serviceConfig = only postgresql.clients // {
          LoadCredential = credentials postgresql;
        };
        reflector-secrets.script = ''
          secret postgresql-password openssl rand -hex 32
        '';
        reflector-database-password = {
          description = "Password of the role ${ours.database} in PostgreSQL";
          wantedBy = [ "multi-user.target" ];
          requires = [
            "postgresql.target"
            "reflector-secrets.service"
          ];
          after = [
            "postgresql.target"
            "reflector-secrets.service"
          ];
          path = [ config.services.postgresql.package ];
          # Neither in an argument nor in the environment; psql quotes it.
          script = ''
            psql -X -q -v ON_ERROR_STOP=1 -d postgres <<'SQL'
            \set password `cat "$CREDENTIALS_DIRECTORY/password"`
            ALTER ROLE ${ours.database} PASSWORD :'password';
            SQL
          '';
          serviceConfig = ours.helperSandbox // {
            Type = "oneshot";
            RemainAfterExit = true;
            User = "postgres";
            LoadCredential = [ "password:${ours.secretsDir}/postgresql-password" ];
          };
        };
      };
    })

    (lib.mkIf (here && open redis) {
      services.redis.servers.reflector = {
        bind = lib.concatStringsSep " " redis.listen;
        settings = {
          tls-port = redis.port;
          tls-cert-file = "/run/credentials/redis-reflector.service/certificate.pem";
          tls-key-file = "/run/credentials/redis-reflector.service/key.pem";
          # Who they are is what their password says; they verify us.
          tls-auth-clients = "no";
          tls-protocols = "TLSv1.2 TLSv1.3";
        };
      };
      networking.firewall.allowedTCPPorts = [ redis.port ];
      systemd.services.redis-reflector.serviceConfig = only redis.clients // {
        LoadCredential = credentials redis;
      };
    })

    (lib.mkIf away {
      services.reflector.network.needs =
        lib.optional (postgresql.host != null) postgresql.host
        ++ lib.optional (redis.host != null) redis.host;
      systemd.services.reflector-secrets = {
        script = ''
          url database.url 'postgresql://${ours.database}:' "$CREDENTIALS_DIRECTORY/postgresql-password" \
            '@${toString postgresql.host}:${toString postgresql.port}/${ours.database}?sslmode=verify-full'
          url redis.url 'rediss://:' "$CREDENTIALS_DIRECTORY/redis-password" '@${toString redis.host}:${toString redis.port}'
        '';
        serviceConfig.LoadCredential = [
          "postgresql-password:${toString postgresql.passwordFile}"
          "redis-password:${toString redis.passwordFile}"
        ];
      };
    })
  ];
}
