# Certificate authorities beside the public ones: named when the system is built, or read on the machine itself, where they
# may come and go. One bundle of all of them is what every outgoing call of ours trusts; what is taken out is trusted no more.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (lib) types;
  trust = cfg.caTrust;
  bundle = "/run/reflector-ca/ca-bundle.crt";
  absolute = types.strMatching "/[^ ]*";
  # Files that must be there, in the order in which they are taken.
  named = lib.optional (trust.folder != null) "${trust.folder}/ca.crt" ++ trust.files;
  atRunTime = named != [ ] || trust.directory != null;
  # Ollama fetches its models itself.
  ollama = lib.optionals (cfg.llm.kind == "ollama") [
    "ollama"
    "ollama-model-loader"
  ];
  restarted = cfg.units ++ lib.optional (cfg.llm.kind == "ollama") "ollama";
  clients = cfg.programs ++ lib.optional (cfg.models.pull != [ ]) "reflector-models" ++ ollama;
in
{
  options.services.reflector.caTrust = {
    certificateFiles = lib.mkOption {
      type = types.listOf types.path;
      default = [ ];
      example = lib.literalExpression "[ ./company-root.crt ]";
      description = "Certificates of authorities that this machine trusts, in PEM. They become part of the system.";
    };

    folder = lib.mkOption {
      type = types.nullOr absolute;
      default = null;
      example = "/var/lib/reflector-company";
      description = ''
        Folder on the machine with an authority's `ca.crt`, which Reflector trusts in everything it calls over TLS. Where
        {option}`services.reflector.caddy.tls` is `files`, its `server.pem` and `server-key.pem` are what Caddy serves, and pages
        offer its `ca.crt`; otherwise Caddy is left as it is.
      '';
    };

    files = lib.mkOption {
      type = types.listOf absolute;
      default = [ ];
      example = [ "/etc/ssl/corporate-ca.crt" ];
      description = ''
        Files on the machine with authorities in PEM, one or several each, that Reflector trusts too. Caddy is left as it is.
      '';
    };

    directory = lib.mkOption {
      type = types.nullOr absolute;
      default = null;
      example = "/var/lib/reflector-ca";
      description = ''
        Folder whose `*.pem` and `*.crt` Reflector trusts too, whatever their names. What is put in or taken out counts from
        then on, without building the system anew.
      '';
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      { security.pki.certificateFiles = trust.certificateFiles; }

      (lib.mkIf (trust.directory != null) {
        systemd.tmpfiles.settings.reflector-ca.${trust.directory}.d = {
          user = "root";
          group = "root";
          mode = "0755";
        };
      })

      (lib.mkIf atRunTime {
        systemd.paths.reflector-ca-bundle = {
          wantedBy = [ "multi-user.target" ];
          pathConfig.PathChanged = lib.optional (trust.directory != null) trust.directory ++ named;
        };

        systemd.services = {
          reflector-ca-bundle = {
            description = "Certificate authorities that Reflector trusts";
            wantedBy = [ "multi-user.target" ];
            before = map (unit: "${unit}.service") clients;
            path = [ pkgs.openssl ];
            script = ''
              new=$RUNTIME_DIRECTORY/new
              cat ${config.security.pki.caBundle} >"$new"
              take() {
                if openssl x509 -in "$1" -noout; then
                  { echo; cat "$1"; } >>"$new"
                else
                  echo "$1 holds no certificate in PEM; it is left out" >&2
                fi
              }
              ${lib.concatMapStringsSep "\n" (file: "take ${lib.escapeShellArg file}") named}
              ${lib.optionalString (trust.directory != null) ''
                for file in ${trust.directory}/*.pem ${trust.directory}/*.crt; do
                  [ ! -e "$file" ] || take "$file"
                done
              ''}
              chmod 0644 "$new"
              before=$([ ! -e ${bundle} ] || sha256sum <${bundle})
              after=$(sha256sum <"$new")
              mv "$new" ${bundle}
              # Roots are read once, when a program starts.
              [ -z "$before" ] || [ "$before" = "$after" ] || systemctl try-restart --no-block ${
                lib.concatMapStringsSep " " (unit: "${unit}.service") restarted
              }
            '';
            serviceConfig = ours.helperSandbox // {
              Type = "oneshot";
              RuntimeDirectory = "reflector-ca";
              RuntimeDirectoryMode = "0755";
              RuntimeDirectoryPreserve = true;
            };
          };
        }
        // lib.genAttrs clients (_: {
          requires = [ "reflector-ca-bundle.service" ];
          after = [ "reflector-ca-bundle.service" ];
          environment = {
            SSL_CERT_FILE = bundle;
            NIX_SSL_CERT_FILE = bundle;
          };
        });
      })
    ]
  );
}
