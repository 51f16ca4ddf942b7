# TLS and ports 80 and 443 are Caddy's. Behind it the program listens on the loopback address only.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (cfg) caddy domain;
  inherit (lib) types;
  files = caddy.tls == "files";
  fromFolder = cfg.caTrust.folder;
  # Every name that must be certified beside the aliases.
  uncertified = lib.filter (
    name:
    !lib.hasInfix "." name
    ||
      (builtins.match "([0-9.]+|.*\\.(local|localhost|localdomain|internal|lan|home|test))" name) != null
  ) ([ domain ] ++ lib.attrNames caddy.sites);
  hsts = ''
    header Strict-Transport-Security "max-age=31536000; includeSubDomains"
  '';
  # What Caddy is handed as credentials; its own user could not read the files.
  handed =
    if caddy.tls == "private-ca" then
      {
        certificate = "/var/lib/reflector-certs/server.pem";
        key = "/var/lib/reflector-certs/server-key.pem";
      }
    else
      {
        certificate = caddy.certificateFile;
        key = caddy.keyFile;
      };

  # Where nobody logs in, being on this machine is the only right there is.
  guard = lib.optionalString (!cfg.openWithoutLogin && cfg.settings.auth.mode == "none") ''
    @elsewhere not remote_ip 127.0.0.0/8 ::1
    respond @elsewhere "This Reflector has no login and answers only to the machine it runs on." 403
  '';

  certificate =
    {
      internal = "tls internal";
      acme = "";
      private-ca = credentials;
      files = credentials;
    }
    .${caddy.tls};
  # Caddy fills the folder of its credentials in when it reads this.
  credentials = "tls {$CREDENTIALS_DIRECTORY}/certificate.pem {$CREDENTIALS_DIRECTORY}/key.pem";

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
      default = lib.elem "web" cfg.roles;
      defaultText = lib.literalExpression ''lib.elem "web" config.services.reflector.roles'';
      example = false;
      description = "Whether Caddy serves the pages with TLS. Without it, see {option}`services.reflector.trustedProxies`.";
    };

    tls = lib.mkOption {
      type = types.enum [
        "internal"
        "private-ca"
        "acme"
        "files"
      ];
      default = "internal";
      example = "acme";
      description = ''
        Where certificates come from. `internal`: a certificate authority that Caddy makes on this machine; its root is
        `/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt`, and pages offer it. `private-ca`: an authority that
        `reflector certs` makes at the first boot in `/var/lib/reflector-certs`, whose certificates last for
        {option}`services.reflector.certs.days` and are renewed in time; pages offer its root. `acme`: Let's Encrypt or another authority that is
        asked by itself. `files`: a certificate of your own, that of {option}`services.reflector.caTrust.folder` unless you name another.
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
      default = if files && fromFolder != null then "${fromFolder}/server.pem" else null;
      defaultText = lib.literalExpression "server.pem of services.reflector.caTrust.folder, with files";
      example = "/var/lib/certificates/reflector.pem";
      description = "The certificate and its intermediates in PEM, with `files`.";
    };

    keyFile = lib.mkOption {
      type = types.nullOr ours.secretPath;
      default = if files && fromFolder != null then "${fromFolder}/server-key.pem" else null;
      defaultText = lib.literalExpression "server-key.pem of services.reflector.caTrust.folder, with files";
      example = "/var/lib/certificates/reflector.key";
      description = "The certificate's private key in PEM, with `files`. Only root needs to read it.";
    };

    aliases = lib.mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "meetings.example.org" ];
      description = "Further names, from which visitors are sent on to {option}`services.reflector.domain`.";
    };

    sites = lib.mkOption {
      type = types.attrsOf types.lines;
      default = { };
      internal = true;
      description = "What else Caddy serves with a certificate from the same place: by name, what to do there.";
    };
  };

  config = lib.mkIf (cfg.enable && caddy.enable) {
    assertions = [
      {
        assertion = !files || (caddy.certificateFile != null && caddy.keyFile != null);
        message = "services.reflector.caddy.tls is files: certificateFile and keyFile must both be set, or caTrust.folder.";
      }
      {
        assertion = files || (caddy.certificateFile == null && caddy.keyFile == null);
        message = "services.reflector.caddy.certificateFile or keyFile is set, but caddy.tls is ${caddy.tls}: the certificate would not be used.";
      }
      {
        assertion = caddy.tls != "acme" || uncertified == [ ];
        message = "services.reflector.caddy.tls is acme, but no public authority certifies ${lib.concatStringsSep ", " uncertified}; set services.reflector.domain (and auth.authentik.domain) to a public name, or use internal, private-ca or files.";
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
      enableReload = false;
      globalConfig = ours.caddyGlobal;
      logFormat = ours.caddyErrors;
      virtualHosts = {
        ${domain} = ours.caddySite config domain ''
          ${certificate}
          ${lib.optionalString (domain != "localhost") hsts}
          ${site}
        '';
      }
      // lib.optionalAttrs (domain != "localhost") {
        # For whoever sits at the machine; no HSTS, which would bind every other server on it.
        localhost = ours.caddySite config "localhost" ''
          ${if caddy.tls == "private-ca" then credentials else "tls internal"}
          ${site}
        '';
      }
      # Nobody learns more from these than the name; the refusal is the domain's.
      // lib.genAttrs caddy.aliases (
        name:
        ours.caddySite config name ''
          ${certificate}
          redir https://${domain}{uri} 308
        ''
      )
      // lib.mapAttrs (
        name: what:
        ours.caddySite config name ''
          ${certificate}
          ${hsts}
          ${what}
        ''
      ) caddy.sites;
    };

    systemd.services.caddy = lib.mkIf (files || caddy.tls == "private-ca") {
      # Read when Caddy starts: `systemctl restart caddy` after a renewal.
      serviceConfig.LoadCredential = [
        "certificate.pem:${toString handed.certificate}"
        "key.pem:${toString handed.key}"
      ];
    };
  };
}
