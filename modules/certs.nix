# Certificates of an authority that lives on this machine: `reflector certs` makes both at the first boot and renews in time.
# And, wherever browsers must be told whom to trust, that authority's root where pages offer it.
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
  inherit (cfg) caddy certs;
  private = cfg.enable && caddy.enable && caddy.tls == "private-ca";
  folder = "/var/lib/reflector-certs";
  certificate = "${folder}/server.pem";
  program = lib.getExe cfg.package;
  days = "--days ${toString certs.days}";
  issue = lib.escapeShellArgs (
    [
      "certs"
      "issue"
      cfg.domain
      "--folder"
      folder
    ]
    ++ lib.concatMap (name: [
      "--san"
      name
    ]) (map (name: "DNS:${name}") (caddy.aliases ++ lib.attrNames caddy.sites) ++ certs.names)
  );

  # Where the root of the certificate that browsers see lies; none where a public authority certified it.
  root =
    {
      internal = "/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt";
      private-ca = "${folder}/ca.crt";
      files = if cfg.caTrust.folder == null then null else "${cfg.caTrust.folder}/ca.crt";
      acme = null;
    }
    .${caddy.tls};
  offered = "/run/reflector-site-ca/root.crt";
  offers = cfg.enable && caddy.enable && root != null;
in
{
  options.services.reflector.certs = {
    names = lib.mkOption {
      type = types.listOf (types.strMatching "DNS:[a-zA-Z0-9.*-]+|IP:[0-9a-fA-F.:]+");
      default = [ ];
      example = [
        "IP:192.0.2.7"
        "DNS:meetings.lan"
      ];
      description = ''
        Further names of the certificate that {option}`services.reflector.caddy.tls` `private-ca` makes, beside the domain, its
        aliases, `localhost` and `127.0.0.1`. A change makes a new certificate of the same authority.
      '';
    };

    days = lib.mkOption {
      type = types.ints.between 2 825;
      default = 365;
      example = 90;
      description = "Days for which that certificate is valid.";
    };

    renewWithin = lib.mkOption {
      type = types.ints.positive;
      default = 30;
      example = 14;
      description = "Days before its end at which it is made anew. It is looked at every day.";
    };
  };

  config = lib.mkMerge [
    (lib.mkIf private {
      assertions = [
        {
          assertion = certs.renewWithin < certs.days;
          message = "services.reflector.certs.renewWithin is ${toString certs.renewWithin} days, certs.days ${toString certs.days}: a certificate would be renewed every day of its life.";
        }
      ];

      systemd = {
        services = {
          reflector-certs = {
            description = "Certificate authority and certificate of ${cfg.domain}";
            wantedBy = [ "multi-user.target" ];
            before = [ "caddy.service" ];
            script = ''
              cd "$STATE_DIRECTORY"
              if [ ! -s ca.crt ]; then
                ${program} certs init --folder ${folder} --name ${lib.escapeShellArg "Reflector on ${cfg.domain}"}
              fi
              names=${lib.escapeShellArg issue}
              if [ ! -s server.pem ] || [ "$(cat names 2>/dev/null)" != "$names" ]; then
                ${program} ${issue} ${days}
                printf '%s' "$names" >names
              fi
            '';
            serviceConfig = ours.helperSandbox // {
              Type = "oneshot";
              RemainAfterExit = true;
              StateDirectory = baseNameOf folder;
              StateDirectoryMode = "0700";
            };
          };

          reflector-certs-renew = {
            description = "Renewal of the certificate of ${cfg.domain}";
            requires = [ "reflector-certs.service" ];
            after = [ "reflector-certs.service" ];
            script = ''
              before=$(sha256sum <${certificate})
              ${program} certs renew --folder ${folder} --within ${toString certs.renewWithin}
              # Caddy reads it when it starts; its admin port, by which it could be told, is shut.
              [ "$before" = "$(sha256sum <${certificate})" ] || systemctl try-restart --no-block caddy.service
            '';
            serviceConfig = ours.helperSandbox // {
              Type = "oneshot";
              StateDirectory = baseNameOf folder;
              StateDirectoryMode = "0700";
            };
          };

          caddy = {
            requires = [ "reflector-certs.service" ];
            after = [ "reflector-certs.service" ];
          };
        };

        timers.reflector-certs-renew = {
          wantedBy = [ "timers.target" ];
          timerConfig = {
            OnCalendar = "daily";
            RandomizedDelaySec = "1h";
            Persistent = true;
          };
        };
      };
    })

    (lib.mkIf offers {
      # Read anew by every visit of the page that offers it.
      services.reflector.settings.tls.site_ca = lib.mkDefault offered;

      systemd = {
        # Its folder is its owner's alone; the root in it is everybody's.
        services = {
          reflector-site-ca = {
            description = "Root certificate that the pages offer";
            wantedBy = [ "multi-user.target" ];
            after = [
              "caddy.service"
              "reflector-certs.service"
            ];
            path = [ pkgs.openssl ];
            script = ''
              # Caddy makes its own a moment after it has started.
              for _ in $(seq 30); do
                [ ! -s ${root} ] || break
                sleep 1
              done
              # The certificate alone: a key that lies in the same file stays there.
              openssl x509 -in ${root} -out "$RUNTIME_DIRECTORY/new"
              chmod 0644 "$RUNTIME_DIRECTORY/new"
              mv "$RUNTIME_DIRECTORY/new" ${offered}
            '';
            serviceConfig = ours.helperSandbox // {
              Type = "oneshot";
              # Others' folders; it may read, and nothing else.
              CapabilityBoundingSet = "CAP_DAC_READ_SEARCH";
              RuntimeDirectory = "reflector-site-ca";
              RuntimeDirectoryMode = "0755";
              RuntimeDirectoryPreserve = true;
            };
          };
        };
        paths.reflector-site-ca = {
          wantedBy = [ "multi-user.target" ];
          pathConfig.PathChanged = root;
        };
      };
    })
  ];
}
