# Where sound is kept: Garage on this machine, a folder, or an S3 server elsewhere.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (cfg) storage;
  inherit (lib) types;
  s3 = storage.s3;
  external = storage.kind == "s3";
in
{
  options.services.reflector.storage = {
    kind = lib.mkOption {
      type = types.enum [
        "garage"
        "local"
        "s3"
      ];
      default = "garage";
      example = "local";
      description = ''
        `garage`: a Garage on this machine. `local`: files under {option}`services.reflector.settings.storage.dir`.
        `s3`: a server of {option}`services.reflector.storage.s3`.
      '';
    };

    bucket = lib.mkOption {
      type = types.strMatching "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]";
      default = "reflector-media";
      example = "meetings";
      description = "Bucket of the objects, in Garage or at the S3 server.";
    };

    s3 = {
      endpoint = lib.mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "https://s3.example.org";
        description = "Address of the S3 server.";
      };
      region = lib.mkOption {
        type = types.str;
        default = "garage";
        example = "eu-central-1";
        description = "Region that the S3 server answers for.";
      };
      accessKeyFile = lib.mkOption {
        type = types.nullOr ours.secretPath;
        default = null;
        example = "/run/secrets/s3-access-key";
        description = "File with the access key.";
      };
      secretKeyFile = lib.mkOption {
        type = types.nullOr ours.secretPath;
        default = null;
        example = "/run/secrets/s3-secret-key";
        description = "File with the secret key.";
      };
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion =
              !external || (s3.endpoint != null && s3.accessKeyFile != null && s3.secretKeyFile != null);
            message = "services.reflector.storage.kind is s3: storage.s3.endpoint, accessKeyFile and secretKeyFile must be set.";
          }
          {
            assertion =
              external || (s3.endpoint == null && s3.accessKeyFile == null && s3.secretKeyFile == null);
            message = "services.reflector.storage.s3 is set, but storage.kind is ${storage.kind}: recordings would not go where it says.";
          }
          {
            assertion =
              !external
              || s3.endpoint == null
              || lib.hasPrefix "https://" s3.endpoint
              || ours.isLoopback s3.endpoint;
            message = "services.reflector.storage.s3.endpoint must be https://: recordings and the access key would cross the network in the clear.";
          }
        ];
      }

      (lib.mkIf external {
        services.reflector.network.needs = lib.optional (s3.endpoint != null) s3.endpoint;
        systemd.services = {
          reflector-secrets = {
            script = ''
              setting storage.s3.access_key "" "$CREDENTIALS_DIRECTORY/s3-access-key"
              setting storage.s3.secret_key "" "$CREDENTIALS_DIRECTORY/s3-secret-key"
            '';
            serviceConfig.LoadCredential = [
              "s3-access-key:${toString s3.accessKeyFile}"
              "s3-secret-key:${toString s3.secretKeyFile}"
            ];
          };
        }
        // lib.genAttrs cfg.dataPrograms (_: {
          environment = {
            REFLECTOR_STORAGE__S3__ENDPOINT = s3.endpoint;
            REFLECTOR_STORAGE__S3__REGION = s3.region;
            REFLECTOR_STORAGE__S3__BUCKET = storage.bucket;
          };
        });
      })

      (lib.mkIf (storage.kind == "local") {
        # Both users write there. New folders inherit the group, and the units' umask lets it in.
        systemd.tmpfiles.settings.reflector.${cfg.settings.storage.dir}.d = {
          user = "reflector-web";
          inherit (ours) group;
          mode = "2770";
        };
        systemd.services = lib.genAttrs cfg.dataPrograms (_: {
          serviceConfig = {
            UMask = "0007";
            ReadWritePaths = [ cfg.settings.storage.dir ];
          };
        });
      })
    ]
  );
}
