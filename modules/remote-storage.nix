# Garage for other machines: its S3 API has no TLS of its own, so Caddy stands before it, for named clients only.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (lib) types;
  inherit (cfg.storage) serve;
  open = cfg.enable && serve.domain != null;
in
{
  options.services.reflector.storage.serve = {
    domain = lib.mkOption {
      type = types.nullOr (types.strMatching "[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?");
      default = null;
      example = "storage.internal";
      description = ''
        Name by which other machines reach the Garage of this one, at `https://` and port 443. Their keys are the two that lie
        here, `${ours.secretsDir}/garage-access-key` and `garage-secret-key`. Null: nobody else reaches it.
      '';
    };
    clients = lib.mkOption {
      type = types.listOf (types.strMatching "[0-9a-fA-F.:]+/[0-9]+");
      default = [ ];
      example = [ "10.0.0.3/32" ];
      description = "Networks of the machines that may reach Garage; others are refused.";
    };
    certificateFile = lib.mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/var/lib/certificates/storage.pem";
      description = "Certificate of {option}`services.reflector.storage.serve.domain` with its intermediates, in PEM.";
    };
    keyFile = lib.mkOption {
      type = types.nullOr ours.secretPath;
      default = null;
      example = "/var/lib/certificates/storage-key.pem";
      description = "Private key of that certificate. Only root needs to read it.";
    };
  };

  config = lib.mkIf open {
    assertions = [
      {
        assertion = lib.elem "storage" cfg.roles && cfg.storage.kind == "garage";
        message = "services.reflector.storage.serve.domain is set, but this machine has no Garage: that needs storage in services.reflector.roles and storage.kind = \"garage\".";
      }
      {
        assertion = serve.certificateFile != null && serve.keyFile != null && serve.clients != [ ];
        message = "services.reflector.storage.serve.domain is set: certificateFile, keyFile and clients must be, too, or recordings would be within everybody's reach.";
      }
    ];

    networking.firewall.allowedTCPPorts = [ 443 ];

    services.caddy = {
      enable = true;
      enableReload = false;
      globalConfig = lib.mkIf (!cfg.caddy.enable) ours.caddyGlobal;
      logFormat = lib.mkIf (!cfg.caddy.enable) ours.caddyErrors;
      virtualHosts.${serve.domain} = ours.caddySite config serve.domain ''
        tls {$CREDENTIALS_DIRECTORY}/storage-certificate.pem {$CREDENTIALS_DIRECTORY}/storage-key.pem
        @others not remote_ip 127.0.0.0/8 ::1 ${lib.concatStringsSep " " serve.clients}
        respond @others 403
        reverse_proxy ${config.services.garage.settings.s3_api.api_bind_addr} {
          # Signatures are made over it.
          header_up Host {host}
          flush_interval -1
        }
      '';
    };

    systemd.services.caddy.serviceConfig.LoadCredential = [
      "storage-certificate.pem:${toString serve.certificateFile}"
      "storage-key.pem:${toString serve.keyFile}"
    ];
  };
}
