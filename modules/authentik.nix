# An Authentik on this machine, which Caddy serves under a name of its own beside the pages. Authentik itself is not ours to run.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (lib) types;
  inherit (cfg.auth) authentik;
  inherit (cfg.settings.auth) mode issuer;
  used = cfg.enable && authentik.domain != null;
  # Names mean the same however they are written, and browsers and Authentik write them small.
  small = lib.mapNullable lib.toLower;
  name = small authentik.domain;
  # Caddy's own authority, or the machine's, is nobody's but this machine's: its root is where the pages offer it.
  offered = lib.elem cfg.caddy.tls [
    "internal"
    "private-ca"
  ];
in
{
  options.services.reflector.auth.authentik = {
    domain = lib.mkOption {
      type = types.nullOr (types.strMatching "[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?");
      default = null;
      example = "auth.example.org";
      description = ''
        Name under which Caddy serves an Authentik on this machine, certified as {option}`services.reflector.domain` is. People then log in
        there: {option}`services.reflector.settings.auth.mode`, `issuer`, `client_id` and `provider_name` follow from it, and the client's
        secret is made on the first boot, until you say otherwise. `reflector-as-service admin setup-authentik https://NAME` tells
        Authentik of them. Null: there is none, or you do all of that yourself.
      '';
    };

    address = lib.mkOption {
      type = types.str;
      default = "127.0.0.1:9000";
      example = "127.0.0.1:9010";
      description = "Where it listens, in the clear and on this machine alone.";
    };

    slug = lib.mkOption {
      type = types.strMatching "[a-zA-Z0-9_-]{1,50}";
      default = "reflector";
      example = "meetings";
      description = "What it calls this application in addresses, and the client ID unless {option}`services.reflector.settings.auth.client_id` is set.";
    };
  };

  config = lib.mkIf used {
    assertions = [
      {
        assertion = mode == "jwt";
        message = "services.reflector.auth.authentik.domain is set, but services.reflector.settings.auth.mode is ${mode}: nobody would log in there; leave one of them out.";
      }
      {
        assertion = cfg.caddy.enable;
        message = "services.reflector.auth.authentik.domain is set, but services.reflector.caddy.enable is false: nobody would serve that name. Serve it yourself, and set services.reflector.settings.auth.issuer instead.";
      }
      {
        assertion =
          !lib.elem name (
            map lib.toLower (
              [
                cfg.domain
                "localhost"
              ]
              ++ cfg.caddy.aliases
            )
          );
        message = "services.reflector.auth.authentik.domain is ${authentik.domain}, which is a name of Reflector's own pages; Authentik needs another.";
      }
      {
        assertion = ours.isLoopback authentik.address;
        message = "services.reflector.auth.authentik.address is ${authentik.address}: passwords would cross the network in the clear. For one on another machine set services.reflector.settings.auth.issuer.";
      }
      {
        assertion = authentik.address != cfg.settings.server.listen;
        message = "services.reflector.auth.authentik.address is ${authentik.address}, where Reflector itself listens.";
      }
      {
        assertion = issuer != null && small (ours.hostOf issuer) == name;
        message = "services.reflector.settings.auth.issuer is not at services.reflector.auth.authentik.domain: people would be sent elsewhere; leave one of them out.";
      }
    ];

    services.reflector = {
      settings.auth = {
        mode = lib.mkDefault "jwt";
        issuer = lib.mkDefault "https://${name}/application/o/${authentik.slug}/";
        client_id = lib.mkDefault authentik.slug;
        provider_name = lib.mkDefault "Authentik";
      };
      caddy.sites.${name} = "reverse_proxy ${authentik.address}";
      caTrust.files = lib.optional offered "/run/reflector-site-ca/root.crt";
    };

    # The pages ask it by its public name, and reach nobody but this machine: so the name leads here, whatever the world says.
    networking.hosts."127.0.0.1" = [ name ];

    systemd.services = {
      reflector-secrets.script = lib.mkIf (cfg.auth.clientSecretFile == null) ''
        secret auth-client-secret openssl rand -hex 32
        setting auth.client_secret "" "$STATE_DIRECTORY/auth-client-secret"
      '';
      reflector-ca-bundle.after = lib.mkIf offered [ "reflector-site-ca.service" ];
    };
  };
}
