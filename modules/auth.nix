# Who may come in where people log in. By password: the key of tokens is made on the first boot, the first administrator comes with
# a set-up code, or with an address and the hash of a password. At an identity provider: its secret for this application.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (cfg) auth;
  inherit (cfg.settings.auth) mode issuer;
  login = mode != "none";
  password = mode == "password";
  provider = mode == "jwt";
  email = cfg.settings.auth.admin_email;
in
{
  options.services.reflector.auth = {
    adminPasswordHashFile = lib.mkOption {
      type = lib.types.nullOr ours.secretPath;
      default = null;
      example = "/run/secrets/reflector-admin-hash";
      description = ''
        File with the hash of the password of {option}`services.reflector.settings.auth.admin_email`, from
        `reflector admin hash-password`. Null: the first administrator makes their account with the code that
        `reflector-as-service admin setup-code` prints.
      '';
    };

    clientSecretFile = lib.mkOption {
      type = lib.types.nullOr ours.secretPath;
      default = null;
      example = "/run/secrets/reflector-client-secret";
      description = ''
        File with the secret by which the identity provider knows {option}`services.reflector.settings.auth.client_id`. Null: the
        provider has a public client, which has none; or it is made here, with {option}`services.reflector.auth.authentik.domain`.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = provider || (email == null) == (auth.adminPasswordHashFile == null);
        message = "services.reflector.settings.auth.admin_email and services.reflector.auth.adminPasswordHashFile go together: set both, or neither.";
      }
      {
        assertion = password || auth.adminPasswordHashFile == null;
        message = "services.reflector.auth.adminPasswordHashFile is set, but nobody logs in with a password: set services.reflector.settings.auth.mode to password.";
      }
      {
        assertion =
          !provider
          || (
            issuer != null
            || cfg.settings.auth.jwks_url != null
            || cfg.settings.auth.jwt_public_key_file != null
          );
        message = "services.reflector.settings.auth.mode is jwt: services.reflector.settings.auth.issuer must be the identity provider's address.";
      }
      {
        assertion =
          !provider || (cfg.settings.auth.client_id != null || cfg.settings.auth.audience != null);
        message = "services.reflector.settings.auth.mode is jwt: without services.reflector.settings.auth.client_id, tokens for any other application would be let in.";
      }
      {
        assertion =
          !provider || issuer == null || lib.hasPrefix "https://" issuer || ours.isLoopback issuer;
        message = "services.reflector.settings.auth.issuer must be https://: whoever is on the way could say who somebody is.";
      }
      {
        assertion = provider || auth.clientSecretFile == null;
        message = "services.reflector.auth.clientSecretFile is set, but nobody logs in at an identity provider: set services.reflector.settings.auth.mode to jwt.";
      }
      {
        assertion = !(login && cfg.openWithoutLogin);
        message = "services.reflector.openWithoutLogin is set, but people log in; leave it out, and set services.reflector.settings.auth.public_mode if visitors are to see what is public.";
      }
    ];

    # Proxies that may reach the program are believed when they say who asks.
    services.reflector = {
      settings.server.trusted_proxies = lib.mkDefault cfg.trustedProxies;
      # One on this machine is reached by the loopback address: authentik.nix.
      network.needs = lib.optional (provider && issuer != null && auth.authentik.domain == null) issuer;
    };

    systemd.services.reflector-secrets = lib.mkMerge [
      (lib.mkIf password {
        script = ''
          secret auth-secret-key openssl rand -hex 32
          setting auth.secret_key "" "$STATE_DIRECTORY/auth-secret-key"
        '';
      })
      (lib.mkIf (auth.adminPasswordHashFile != null) {
        script = ''
          setting auth.admin_password_hash "" "$CREDENTIALS_DIRECTORY/admin-password-hash"
        '';
        serviceConfig.LoadCredential = [
          "admin-password-hash:${toString auth.adminPasswordHashFile}"
        ];
      })
      (lib.mkIf (auth.clientSecretFile != null) {
        script = ''
          setting auth.client_secret "" "$CREDENTIALS_DIRECTORY/client-secret"
        '';
        serviceConfig.LoadCredential = [ "client-secret:${toString auth.clientSecretFile}" ];
      })
    ];
  };
}
