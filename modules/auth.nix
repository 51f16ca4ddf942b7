# Who may come in where people log in: the key of tokens is made on the first boot, the first administrator comes with a set-up
# code, or with an address and the hash of a password.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (cfg) auth;
  login = cfg.settings.auth.mode != "none";
  email = cfg.settings.auth.admin_email;
in
{
  options.services.reflector.auth.adminPasswordHashFile = lib.mkOption {
    type = lib.types.nullOr ours.secretPath;
    default = null;
    example = "/run/secrets/reflector-admin-hash";
    description = ''
      File with the hash of the password of {option}`services.reflector.settings.auth.admin_email`, from
      `reflector admin hash-password`. Null: the first administrator makes their account with the code that
      `reflector-as-service admin setup-code` prints.
    '';
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = (email == null) == (auth.adminPasswordHashFile == null);
        message = "services.reflector.settings.auth.admin_email and services.reflector.auth.adminPasswordHashFile go together: set both, or neither.";
      }
      {
        assertion = login || auth.adminPasswordHashFile == null;
        message = "services.reflector.auth.adminPasswordHashFile is set, but nobody logs in: set services.reflector.settings.auth.mode to password.";
      }
      {
        assertion = !(login && cfg.openWithoutLogin);
        message = "services.reflector.openWithoutLogin is set, but people log in; leave it out, and set services.reflector.settings.auth.public_mode if visitors are to see what is public.";
      }
    ];

    # Proxies that may reach the program are believed when they say who asks.
    services.reflector.settings.server.trusted_proxies = lib.mkDefault cfg.trustedProxies;

    systemd.services.reflector-secrets = lib.mkIf login {
      script = ''
        secret auth-secret-key openssl rand -hex 32
        setting auth.secret_key "" "$STATE_DIRECTORY/auth-secret-key"
      ''
      + lib.optionalString (auth.adminPasswordHashFile != null) ''
        setting auth.admin_password_hash "" "$CREDENTIALS_DIRECTORY/admin-password-hash"
      '';
      serviceConfig.LoadCredential = lib.mkIf (auth.adminPasswordHashFile != null) [
        "admin-password-hash:${toString auth.adminPasswordHashFile}"
      ];
    };
  };
}
