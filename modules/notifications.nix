# Letters, messages in Zulip, and who is told of failures: their secrets, and whom the services must reach for them.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (cfg.settings)
    auth
    cors
    failures
    features
    mail
    zulip
    ;
  password = cfg.mail.passwordFile;
  key = cfg.zulip.apiKeyFile;
  signing = cfg.failure.webhookSecretFile;
  secret =
    file: setting: name:
    lib.mkIf (file != null) {
      script = ''
        setting ${setting} "" "$CREDENTIALS_DIRECTORY/${name}"
      '';
      serviceConfig.LoadCredential = [ "${name}:${toString file}" ];
    };
in
{
  options.services.reflector = {
    mail.passwordFile = lib.mkOption {
      type = lib.types.nullOr ours.secretPath;
      default = null;
      example = "/run/secrets/reflector-mail-password";
      description = "File with the password of {option}`services.reflector.settings.mail.username`.";
    };

    zulip.apiKeyFile = lib.mkOption {
      type = lib.types.nullOr ours.secretPath;
      default = null;
      example = "/run/secrets/reflector-zulip-key";
      description = "File with the key of the bot {option}`services.reflector.settings.zulip.bot_email`.";
    };

    failure.webhookSecretFile = lib.mkOption {
      type = lib.types.nullOr ours.secretPath;
      default = null;
      example = "/run/secrets/reflector-failure-webhook";
      description = "File with what {option}`services.reflector.settings.failures.webhook_url` is told is signed with; not signed if null.";
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = mail.host == null || mail.from != null;
        message = "services.reflector.settings.mail.host is set: services.reflector.settings.mail.from must say whom letters are from.";
      }
      {
        assertion = (mail.username == null) == (password == null);
        message = "services.reflector.settings.mail.username and services.reflector.mail.passwordFile go together: set both, or neither.";
      }
      {
        assertion =
          mail.tls != "none" || password == null || mail.host == null || ours.isLoopback mail.host;
        message = "services.reflector.settings.mail.tls is none: the password would cross the network in the clear.";
      }
      {
        assertion =
          (zulip.realm == null) == (key == null) && (zulip.realm == null) == (zulip.bot_email == null);
        message = "services.reflector.settings.zulip.realm, services.reflector.settings.zulip.bot_email and services.reflector.zulip.apiKeyFile go together: set all, or none.";
      }
      {
        assertion =
          zulip.realm == null || !(lib.hasPrefix "http://" zulip.realm) || ours.isLoopback zulip.realm;
        message = "services.reflector.settings.zulip.realm must be https://: the bot's key would cross the network in the clear.";
      }
      {
        assertion = failures.email == [ ] || mail.host != null;
        message = "services.reflector.settings.failures.email is set, but there is no mail server: set services.reflector.settings.mail.host.";
      }
      {
        assertion = failures.zulip_stream == null || zulip.realm != null;
        message = "services.reflector.settings.failures.zulip_stream is set, but there is no Zulip: set services.reflector.settings.zulip.realm.";
      }
      {
        assertion = signing == null || failures.webhook_url != null;
        message = "services.reflector.failure.webhookSecretFile is set, but services.reflector.settings.failures.webhook_url is not: it would not be used.";
      }
      {
        assertion = !features.require_login || auth.mode != "none";
        message = "services.reflector.settings.features.require_login is set, but nobody can log in: set services.reflector.settings.auth.mode to password or jwt.";
      }
      {
        assertion = !(lib.elem "*" cors.origins) || (!cors.allow_credentials && auth.mode != "none");
        message = "services.reflector.settings.cors.origins is *: every page on the web could act as whoever visits it; list the origins.";
      }
    ];

    services.reflector.network.needs =
      lib.optional (mail.host != null) mail.host
      ++ lib.optional (zulip.realm != null) zulip.realm
      ++ lib.optional (failures.webhook_url != null) failures.webhook_url;

    systemd.services.reflector-secrets = lib.mkMerge [
      (secret password "mail.password" "mail-password")
      (secret key "zulip.api_key" "zulip-api-key")
      (secret signing "failures.webhook_secret" "failure-webhook-secret")
    ];
  };
}
