# Certificate authorities beside the public ones: named when the system is built, or dropped into a folder later.
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
in
{
  options.services.reflector.caTrust = {
    certificateFiles = lib.mkOption {
      type = types.listOf types.path;
      default = [ ];
      example = lib.literalExpression "[ ./company-root.crt ]";
      description = "Certificates of authorities that this machine trusts, in PEM. They become part of the system.";
    };

    directory = lib.mkOption {
      type = types.nullOr (types.strMatching "/[^ ]*");
      default = null;
      example = "/var/lib/reflector-ca";
      description = ''
        Folder whose `*.pem` and `*.crt` Reflector trusts too, in everything it calls over TLS. What is put in or taken out
        counts from then on, without building the system anew.
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

        systemd.paths.reflector-ca-bundle = {
          wantedBy = [ "multi-user.target" ];
          pathConfig.PathChanged = trust.directory;
        };

        systemd.services = {
          reflector-ca-bundle = {
            description = "Certificate authorities that Reflector trusts";
            wantedBy = [ "multi-user.target" ];
            before = map (unit: "${unit}.service") ours.units;
            path = [ pkgs.openssl ];
            script = ''
              new=$RUNTIME_DIRECTORY/new
              cat ${config.security.pki.caBundle} >"$new"
              for file in ${trust.directory}/*.pem ${trust.directory}/*.crt; do
                [ -e "$file" ] || continue
                if openssl x509 -in "$file" -noout; then
                  { echo; cat "$file"; } >>"$new"
                else
                  echo "$file holds no certificate in PEM; it is left out" >&2
                fi
              done
              chmod 0644 "$new"
              before=$([ ! -e ${bundle} ] || sha256sum <${bundle})
              after=$(sha256sum <"$new")
              mv "$new" ${bundle}
              # Roots are read once, when a program starts.
              [ -z "$before" ] || [ "$before" = "$after" ] || systemctl try-restart --no-block ${
                lib.concatMapStringsSep " " (unit: "${unit}.service") ours.units
              }
            '';
            serviceConfig = {
              Type = "oneshot";
              RuntimeDirectory = "reflector-ca";
              RuntimeDirectoryMode = "0755";
              RuntimeDirectoryPreserve = true;
            };
          };
        }
        // lib.genAttrs (ours.units ++ lib.optional (cfg.models.pull != [ ]) "reflector-models") (_: {
          requires = [ "reflector-ca-bundle.service" ];
          after = [ "reflector-ca-bundle.service" ];
          environment.SSL_CERT_FILE = bundle;
          environment.NIX_SSL_CERT_FILE = bundle;
        });
      })
    ]
  );
}
