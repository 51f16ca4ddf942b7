# TLS and ports 80 and 443 are Caddy's. Behind it the program listens on the loopback address only.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (cfg) caddy domain;
  inherit (lib) types;
  files = caddy.tls == "files";

  # Until there is a login, being on this machine is the only right there is.
  guard = lib.optionalString (!cfg.openWithoutLogin) ''
    @elsewhere not remote_ip 127.0.0.0/8 ::1
    respond @elsewhere "This Reflector has no login yet and answers only to the machine it runs on." 403
  '';

  certificate =
    {
      internal = "tls internal";
      acme = "";
      # Caddy fills the folder of its credentials in when it reads this.
      files = "tls {$CREDENTIALS_DIRECTORY}/certificate.pem {$CREDENTIALS_DIRECTORY}/key.pem";
    }
    .${caddy.tls};

  site = ''
    ${guard}
    header {
      -Server
      X-XSS-Protection 0
    }
    # For whoever watches this machine, on port 1250.
    respond /metrics 404
    request_body {
      # The program's own limit and room for the form around a file; it says 413 itself, on a page that can be read.
      max_size ${toString (ours.maxUploadBytes + 1000000)}
    }
    encode gzip
    reverse_proxy ${cfg.settings.server.listen} {
      # Progress is pushed through it as it happens.
      flush_interval -1
    }
  '';
in
{
  options.services.reflector.caddy = {
    enable = lib.mkOption {
      type = types.bool;
      default = true;
      example = false;
      description = "Whether Caddy serves the pages with TLS. Without it, see {option}`services.reflector.trustedProxies`.";
    };

    tls = lib.mkOption {
      type = types.enum [
        "internal"
        "acme"
        "files"
      ];
      default = "internal";
      example = "acme";
      description = ''
        Where certificates come from. `internal`: a certificate authority that Caddy makes on this machine; its root is
        `/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt`. `acme`: Let's Encrypt or another authority that is
        asked by itself. `files`: a certificate of your own.
      '';
    };

    email = lib.mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "admin@example.org";
      description = "Where the certificate authority writes to, with `acme`.";
    };

    certificateFile = lib.mkOption {
      type = types.nullOr types.path;
      default = null;
      example = "/var/lib/certificates/reflector.pem";
      description = "The certificate and its intermediates in PEM, with `files`.";
    };

    keyFile = lib.mkOption {
      type = types.nullOr ours.secretPath;
      default = null;
      example = "/var/lib/certificates/reflector.key";
      description = "The certificate's private key in PEM, with `files`. Only root needs to read it.";
    };

    aliases = lib.mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "meetings.example.org" ];
      description = "Further names, from which visitors are sent on to {option}`services.reflector.domain`.";
    };
  };

  config = lib.mkIf (cfg.enable && caddy.enable) {
    assertions = [
      {
        assertion = !files || (caddy.certificateFile != null && caddy.keyFile != null);
        message = "services.reflector.caddy.tls is files: certificateFile and keyFile must both be set.";
      }
      {
        assertion = files || (caddy.certificateFile == null && caddy.keyFile == null);
        message = "services.reflector.caddy.certificateFile or keyFile is set, but caddy.tls is ${caddy.tls}: the certificate would not be used.";
      }
      {
        assertion =
          caddy.tls != "acme"
          || (
            lib.hasInfix "." domain
            &&
              (builtins.match "([0-9.]+|.*\\.(local|localhost|localdomain|internal|lan|home|test))" domain)
              == null
          );
        message = "services.reflector.caddy.tls is acme, but no public authority certifies ${domain}; set services.reflector.domain to a public name, or use internal or files.";
      }
      {
        assertion = ours.isLoopback cfg.settings.server.listen;
        message = "services.reflector.settings.server.listen is ${cfg.settings.server.listen}: with Caddy in front the program must listen on the loopback address, or visitors get past TLS and Caddy's refusals.";
      }
      {
        assertion = !(lib.elem domain caddy.aliases || lib.elem "localhost" caddy.aliases);
        message = "services.reflector.caddy.aliases has ${domain} or localhost, which would be sent on to themselves for ever.";
      }
      {
        assertion = config.services.caddy.settings == { };
        message = "services.caddy.settings replaces every virtual host, Reflector's refusals among them; add to services.caddy.virtualHosts or extraConfig instead.";
      }
    ];

    services.reflector.settings.server.site_url = lib.mkDefault "https://${domain}";

    services.caddy = {
      enable = true;
      email = lib.mkIf (caddy.email != null) caddy.email;
      # Its admin port would let every user of this machine change what it serves. A reload needs that port, a restart does not.
      enableReload = false;
      globalConfig = ''
        admin off
        skip_install_trust
        grace_period 10s
        servers {
          timeouts {
            read_header 10s
            idle 2m
          }
        }
      '';
      virtualHosts = {
        ${domain}.extraConfig = ''
          ${certificate}
          ${lib.optionalString (domain != "localhost") ''
            header Strict-Transport-Security "max-age=31536000; includeSubDomains"
          ''}
          ${site}
        '';
      }
      // lib.optionalAttrs (domain != "localhost") {
        # For whoever sits at the machine; no HSTS, which would bind every other server on it.
        localhost.extraConfig = ''
          tls internal
          ${site}
        '';
      }
      # Nobody learns more from these than the name; the refusal is the domain's.
      // lib.genAttrs caddy.aliases (_: {
        extraConfig = ''
          ${certificate}
          redir https://${domain}{uri} 308
        '';
      });
    };

    systemd.services.caddy = lib.mkIf files {
      # Read when Caddy starts: `systemctl restart caddy` after a renewal.
      serviceConfig.LoadCredential = [
        "certificate.pem:${toString caddy.certificateFile}"
        "key.pem:${toString caddy.keyFile}"
      ];
    };
  };
}
