# Speech over HTTP: this machine offers its models to others (`reflector speech-server`), or another machine hears for its jobs.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (lib) types;
  server = cfg.speechServer;
  unit = "reflector-speech-server";
  here = lib.elem unit cfg.units;
  inherit (cfg.settings.speech_server) listen;
  open = !ours.isLoopback listen;
  port = lib.toInt (lib.last (lib.splitString ":" listen));
  site = server.domain + lib.optionalString (server.port != 443) ":${toString server.port}";
  keyFile =
    if server.apiKeyFile != null then
      toString server.apiKeyFile
    else
      "${ours.secretsDir}/speech-api-key";
  # Who hears for the jobs of this machine.
  asked = lib.filter (one: one.url != null || one.file != null) (
    lib.mapAttrsToList
      (setting: file: {
        inherit setting file;
        url = cfg.settings.speech.${"${setting}_url"};
      })
      {
        transcript = server.transcriptApiKeyFile;
        diarization = server.diarizationApiKeyFile;
      }
  );
  keys = lib.filter (one: one.file != null) asked;
  urls = lib.filter (url: url != null) (map (one: one.url) asked);
  secret =
    description:
    lib.mkOption {
      type = types.nullOr ours.secretPath;
      default = null;
      example = "/run/secrets/speech-api-key";
      inherit description;
    };
in
{
  options.services.reflector.speechServer = {
    apiKeyFile = secret ''
      File with the key that callers of the role `speech-server` must send. Null: one is made on the first boot, and lies in
      `${ours.secretsDir}/speech-api-key`.
    '';

    domain = lib.mkOption {
      type = types.nullOr (types.strMatching "[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?");
      default = null;
      example = "gpu.internal";
      description = "Name by which other machines reach the speech server of this one over TLS. Null: Caddy serves nobody.";
    };
    port = lib.mkOption {
      type = types.port;
      default = 443;
      example = 8443;
      description = "Port of {option}`services.reflector.speechServer.domain`, opened in the firewall.";
    };
    clients = lib.mkOption {
      type = types.listOf (types.strMatching "[0-9a-fA-F.:]+/[0-9]+");
      default = [ ];
      example = [ "10.0.0.3/32" ];
      description = "Networks of the machines that may reach the speech server; others are refused.";
    };
    certificateFile = lib.mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/var/lib/certificates/gpu.pem";
      description = "Certificate of {option}`services.reflector.speechServer.domain` with its intermediates, in PEM.";
    };
    keyFile = lib.mkOption {
      type = types.nullOr ours.secretPath;
      default = null;
      example = "/var/lib/certificates/gpu-key.pem";
      description = "Private key of that certificate. Only root needs to read it.";
    };
    inTheClear = lib.mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Let recordings and keys cross the network without TLS, to and from speech servers: for a network that is trusted, such as
        a VPN or a cable of its own. The server then answers at {option}`services.reflector.settings.speech_server.listen`,
        whose port is opened to {option}`services.reflector.speechServer.clients`.
      '';
    };

    transcriptApiKeyFile = secret "File with the key of {option}`services.reflector.settings.speech.transcript_url`.";
    diarizationApiKeyFile = secret "File with the key of {option}`services.reflector.settings.speech.diarization_url`.";
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion = server.domain == null || here;
            message = "services.reflector.speechServer.domain is set, but services.reflector.roles lacks speech-server: there is nothing here to be reached.";
          }
          {
            assertion =
              server.domain == null
              || (server.certificateFile != null && server.keyFile != null && server.clients != [ ]);
            message = "services.reflector.speechServer.domain is set: certificateFile, keyFile and clients must be, too.";
          }
          {
            assertion = !here || !open || (server.inTheClear && server.clients != [ ]);
            message = "services.reflector.settings.speech_server.listen is ${listen}: recordings would cross the network in the clear; use speechServer.domain, or set speechServer.inTheClear and clients.";
          }
          {
            assertion =
              server.inTheClear || lib.all (url: lib.hasPrefix "https://" url || ours.isLoopback url) urls;
            message = "services.reflector.settings.speech.transcript_url and diarization_url must be https://, unless speechServer.inTheClear is set: recordings would cross the network in the clear.";
          }
          {
            assertion = lib.all (one: one.url != null) keys;
            message = "services.reflector.speechServer.transcriptApiKeyFile or diarizationApiKeyFile is set, but the address that it is for is not, in settings.speech.";
          }
        ];

        services.reflector.network.needs = urls;
      }

      (lib.mkIf (keys != [ ]) {
        systemd.services.reflector-secrets = {
          script = lib.concatMapStrings (one: ''
            setting speech.${one.setting}_api_key "" "$CREDENTIALS_DIRECTORY/${one.setting}-api-key"
          '') keys;
          serviceConfig.LoadCredential = map (one: "${one.setting}-api-key:${toString one.file}") keys;
        };
      })

      (lib.mkIf here {
        networking.firewall.allowedTCPPorts =
          lib.optional (server.domain != null) server.port ++ lib.optional open port;

        systemd.services = {
          reflector-secrets.script = lib.mkIf (server.apiKeyFile == null) ''
            secret speech-api-key openssl rand -hex 32
          '';
          # Nothing of the database, the objects or the language model: it has the key of its callers, and no other.
          ${unit} = {
            requires = [ "reflector-secrets.service" ];
            after = [ "reflector-secrets.service" ];
            environment.REFLECTOR_SPEECH_SERVER__API_KEY_FILE = "%d/api-key";
            serviceConfig = {
              LoadCredential = [ "api-key:${keyFile}" ];
              IPAddressAllow = lib.mkIf open server.clients;
            };
          };
        };
      })

      (lib.mkIf (here && server.domain != null) {
        services.caddy = {
          enable = true;
          enableReload = false;
          globalConfig = lib.mkIf (!cfg.caddy.enable && cfg.storage.serve.domain == null) ours.caddyGlobal;
          logFormat = lib.mkIf (!cfg.caddy.enable && cfg.storage.serve.domain == null) ours.caddyErrors;
          virtualHosts.${site} = ours.caddySite config site ''
            tls {$CREDENTIALS_DIRECTORY}/speech-certificate.pem {$CREDENTIALS_DIRECTORY}/speech-key.pem
            @others not remote_ip 127.0.0.0/8 ::1 ${lib.concatStringsSep " " server.clients}
            respond @others 403
            request_body {
              max_size ${toString ours.maxUploadBytes}
            }
            reverse_proxy ${listen} {
              flush_interval -1
            }
          '';
        };

        systemd.services.caddy.serviceConfig.LoadCredential = [
          "speech-certificate.pem:${toString server.certificateFile}"
          "speech-key.pem:${toString server.keyFile}"
        ];
      })
    ]
  );
}
