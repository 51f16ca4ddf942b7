# Configurations that must be refused, each by the assertion whose message has the words beside it. Every assertion of the
# modules must be hit by one of them.
{ lib, pkgs }:
let
  on = more: {
    services.reflector = {
      enable = true;
    }
    // more;
  };
  case = words: module: { inherit words module; };
  listener = {
    listen = [ "10.0.0.2" ];
    clients = [ "10.0.0.3/32" ];
    certificateFile = "/var/lib/certificates/db.pem";
    keyFile = "/var/lib/certificates/db-key.pem";
  };
  serve = {
    domain = "storage.internal";
    clients = [ "10.0.0.3/32" ];
    certificateFile = "/var/lib/certificates/storage.pem";
    keyFile = "/var/lib/certificates/storage-key.pem";
  };
  s3 = {
    endpoint = "https://s3.example.org";
    accessKeyFile = "/run/secrets/a";
    secretKeyFile = "/run/secrets/s";
  };
in
{
  listensToAll = case "nobody logs in, so only this machine" (on {
    caddy.enable = false;
    settings.server.listen = "0.0.0.0:1250";
  });
  halfAnAdministrator = case "go together: set both, or neither" (on {
    settings.auth.mode = "password";
    settings.auth.admin_email = "admin@example.org";
  });
  administratorOfNobody = case "but nobody logs in" (on {
    settings.auth.admin_email = "admin@example.org";
    auth.adminPasswordHashFile = "/run/secrets/admin-hash";
  });
  providerOfNobody = case "must be the identity provider's address" (on {
    settings.auth.mode = "jwt";
    settings.auth.client_id = "reflector";
  });
  tokensForAnybody = case "tokens for any other application would be let in" (on {
    settings.auth.mode = "jwt";
    settings.auth.issuer = "https://auth.example.org/application/o/reflector";
    network.allow = [ "192.0.2.7" ];
  });
  providerInTheClear = case "whoever is on the way could say who somebody is" (on {
    settings.auth.mode = "jwt";
    settings.auth.issuer = "http://auth.example.org/application/o/reflector";
    settings.auth.client_id = "reflector";
    network.allow = [ "192.0.2.7" ];
  });
  secretForNoProvider = case "nobody logs in at an identity provider" (on {
    settings.auth.mode = "password";
    auth.clientSecretFile = "/run/secrets/reflector-client-secret";
  });
  authentikForNobody = case "nobody would log in there" (on {
    settings.auth.mode = "password";
    auth.authentik.domain = "auth.example.org";
  });
  authentikUnserved = case "nobody would serve that name" (on {
    caddy.enable = false;
    auth.authentik.domain = "auth.example.org";
  });
  authentikInOurPlace = case "Authentik needs another" (on {
    caddy.aliases = [ "auth.example.org" ];
    auth.authentik.domain = "Auth.Example.org";
  });
  authentikElsewhere = case "passwords would cross the network" (on {
    auth.authentik.domain = "auth.example.org";
    auth.authentik.address = "10.0.0.9:9000";
  });
  authentikIsReflector = case "where Reflector itself listens" (on {
    auth.authentik.domain = "auth.example.org";
    auth.authentik.address = "127.0.0.1:1250";
  });
  authentikAndAnother = case "people would be sent elsewhere" (on {
    auth.authentik.domain = "auth.example.org";
    settings.auth.issuer = "https://login.example.org/";
  });
  acmeForAuthentik = case "no public authority certifies auth.lan" (on {
    domain = "meetings.example.org";
    caddy.tls = "acme";
    auth.authentik.domain = "auth.lan";
  });
  openDespiteLogin = case "but people log in" (on {
    settings.auth.mode = "password";
    openWithoutLogin = true;
  });
  listensPastCaddy = case "visitors get past TLS" (on {
    settings.server.listen = "192.0.2.1:1250";
  });
  nobodysProxy = case "name the proxies" (on {
    caddy.enable = false;
    openWithoutLogin = true;
    settings.server.listen = "0.0.0.0:1250";
  });
  proxyBeforeCaddy = case "Caddy stands in front" (on {
    trustedProxies = [ "192.0.2.10" ];
  });
  noKey = case "certificateFile and keyFile must both be set" (on {
    caddy.tls = "files";
    caddy.certificateFile = "/etc/c.pem";
  });
  unusedCertificate = case "the certificate would not be used" (on {
    caddy.certificateFile = "/etc/c.pem";
  });
  acmeForAHostName = case "no public authority certifies" (on {
    domain = "meetings.local";
    caddy.tls = "acme";
  });
  circle = case "sent on to themselves" (on {
    domain = "meetings.example.org";
    caddy.aliases = [ "meetings.example.org" ];
  });
  caddyReplaced = case "replaces every virtual host" (
    lib.recursiveUpdate (on { }) { services.caddy.settings.apps.http = { }; }
  );
  oldGarage = case "needs 2.3.0 or newer" (
    lib.recursiveUpdate (on { }) {
      services.garage.package = pkgs.garage_2 // {
        version = "2.1.0";
      };
    }
  );
  garageCluster = case "Garage has one node here" (
    lib.recursiveUpdate (on { }) { services.garage.settings.replication_factor = lib.mkForce 3; }
  );
  s3WithoutKeys = case "accessKeyFile and secretKeyFile must be set" (on {
    storage.kind = "s3";
    storage.s3.endpoint = "https://s3.example.org";
    network.allow = [ "any" ];
  });
  s3Nowhere = case "accessKeyFile and secretKeyFile must be set" (on {
    storage.kind = "s3";
  });
  s3Unused = case "recordings would not go where it says" (on {
    storage.s3 = s3;
  });
  s3InTheClear = case "would cross the network in the clear" (on {
    storage.kind = "s3";
    storage.s3 = s3 // {
      endpoint = "http://s3.example.org";
    };
    network.allow = [ "any" ];
  });
  # A name may look like the loopback address.
  notLoopback = case "what was said would cross" (on {
    llm = {
      kind = "external";
      url = "http://127.example.org/v1";
      model = "m";
    };
    network.allow = [ "any" ];
  });
  unreachable = case "network.allow is empty" (on {
    storage.kind = "s3";
    storage.s3 = s3;
  });
  llmWithoutModel = case "llm.url and llm.model must be set" (on {
    llm.kind = "external";
    llm.url = "https://llm.example.org/v1";
    network.allow = [ "any" ];
  });
  llmNowhere = case "llm.url and llm.model must be set" (on {
    llm.kind = "external";
  });
  llmUnused = case "it would not be used" (on {
    llm.url = "https://llm.example.org/v1";
  });
  llmInTheClear = case "what was said would cross" (on {
    llm = {
      kind = "external";
      url = "http://llm.example.org/v1";
      model = "m";
    };
    network.allow = [ "any" ];
  });
  ollamaForAll = case "Ollama has no login" (
    lib.recursiveUpdate (on { llm.kind = "ollama"; }) { services.ollama.host = "0.0.0.0"; }
  );
  noDriver = case "there would be no driver" (on {
    llm.kind = "ollama";
    llm.device = "cuda";
  });
  modelNowhere = case "is not in the closure" (on {
    settings.speech.model = "whisper-small";
  });
  gpuWithoutCuda = case "built without CUDA" (on {
    gpu.enable = true;
  });
  gpuUnused = case "the card would not be used" (on {
    gpu.enable = true;
    package = pkgs.reflector-cuda;
    settings.speech.device = "cpu";
  });
  gpuOnArm = case "CUDA builds exist for" (
    lib.recursiveUpdate
      (on {
        gpu.enable = true;
        package = pkgs.reflector-cuda;
      })
      {
        _module.args.pkgs = lib.mkForce (
          lib.recursiveUpdate pkgs { stdenv.hostPlatform.system = "aarch64-linux"; }
        );
      }
  );
  thirtyTwoBits = case "64-bit machines only" (
    lib.recursiveUpdate (on { }) {
      _module.args.pkgs = lib.mkForce (lib.recursiveUpdate pkgs { stdenv.hostPlatform.is64bit = false; });
    }
  );
  tooManyConnections = case "may open" (on {
    settings.database.pool_size = 40;
  });
  databaseOnTheNetwork = case "and over TLS where" (
    lib.recursiveUpdate (on { }) {
      services.postgresql.settings.listen_addresses = lib.mkOverride 10 "*";
    }
  );
  impatient = case "at least twice" (on {
    settings.work.dead_after_seconds = 6;
  });
  greedySorts = case "with two sorts each" (
    lib.recursiveUpdate (on { }) { services.postgresql.settings.work_mem = "64MB"; }
  );

  # Several machines.
  nothingToDo = case "roles is empty" (on {
    roles = [ ];
  });
  databaseNowhere = case "postgresql.host must be set where" (on {
    roles = [
      "web"
      "work"
      "storage"
    ];
  });
  redisTwice = case "redis.host must be set where" (on {
    redis.host = "db.internal";
    redis.passwordFile = "/run/secrets/redis-password";
    network.allow = [ "10.0.0.2" ];
  });
  garageElsewhere = case "roles lacks storage" (on {
    roles = [
      "web"
      "work"
      "database"
    ];
  });
  filesOfTwoMachines = case "must then be on one machine" (on {
    roles = [
      "web"
      "database"
    ];
    storage.kind = "local";
  });
  noPages = case "there are no pages to serve" (on {
    roles = [
      "work"
      "database"
      "storage"
    ];
    caddy.enable = true;
  });
  databaseInTheClear = case "passwords and transcripts would cross" (on {
    postgresql.listen = [ "10.0.0.2" ];
  });
  redisInTheClear = case "its password would cross" (on {
    redis.listen = [ "10.0.0.2" ];
    redis.clients = [ "10.0.0.3/32" ];
  });
  listenerWithoutServer = case "nothing here to be reached" (on {
    roles = [ "storage" ];
    redis = listener;
  });
  noDatabasePassword = case "postgresql.passwordFile belong together" (on {
    roles = [ "work" ];
    postgresql.host = "db.internal";
  });
  noRedisPassword = case "redis.passwordFile belong together" (on {
    roles = [ "work" ];
    redis.host = "db.internal";
  });
  servesNothing = case "this machine has no Garage" (on {
    storage = {
      kind = "local";
      inherit serve;
    };
  });
  servesAll = case "within everybody's reach" (on {
    storage.serve = serve // {
      clients = [ ];
    };
  });

  # Certificates, backups, what is watched.
  alwaysRenewed = case "renewed every day" (on {
    caddy.tls = "private-ca";
    certs.days = 20;
  });
  resticWithoutPassword = case "restic.passwordFile belong together" (on {
    backup.enable = true;
    backup.restic.repository = "/mnt/backup";
  });
  twoPasswords = case "restic encrypts with" (on {
    backup = {
      enable = true;
      passphraseFile = "/run/secrets/backup-passphrase";
      restic = {
        repository = "/mnt/backup";
        passwordFile = "/run/secrets/restic-password";
      };
    };
  });
  keysInTheClear = case "would lie in the archives in the clear" (on {
    backup.enable = true;
  });
  backupOfNothing = case "back up from one that has them" (on {
    roles = [ "database" ];
    backup = {
      enable = true;
      keys = false;
    };
  });
  noDatabaseToWatch = case "the database is on another machine" (on {
    roles = [ "storage" ];
    metrics.exporters = [ "postgres" ];
  });
  exporterForAll = case "must stay on 127.0.0.1" (
    lib.recursiveUpdate (on { metrics.exporters = [ "node" ]; }) {
      services.prometheus.exporters.node.listenAddress = "0.0.0.0";
    }
  );
  noFirewall = case "nothing but Caddy's refusal" (
    lib.recursiveUpdate (on { }) { networking.firewall.enable = false; }
  );
  speechForNobody = case "lacks speech-server" (on {
    speechServer.domain = "gpu.internal";
  });
  speechForAll = case "speechServer.domain is set: certificateFile" (on {
    roles = [ "speech-server" ];
    speechServer.domain = "gpu.internal";
  });
  speechInTheClear = case "speechServer.inTheClear and clients" (on {
    roles = [ "speech-server" ];
    settings.speech_server.listen = "0.0.0.0:8000";
  });
  speechAskedInTheClear = case "transcript_url and diarization_url must be https" (on {
    settings.speech.transcript_url = "http://gpu.internal:8000";
    network.allow = [ "any" ];
  });
  keyForNoSpeechServer = case "the address that it is for is not" (on {
    speechServer.diarizationApiKeyFile = "/run/secrets/speech-api-key";
  });
  lettersFromNobody = case "mail.from must say whom" (on {
    settings.mail.host = "mail.example.org";
    network.allow = [ "192.0.2.7" ];
  });
  accountWithoutPassword = case "mail.passwordFile go together" (on {
    settings.mail.username = "reflector";
  });
  passwordInTheClear = case "the password would cross the network in the clear" (on {
    settings.mail = {
      host = "mail.example.org";
      from = "reflector@example.org";
      username = "reflector";
      tls = "none";
    };
    mail.passwordFile = "/run/secrets/reflector-mail-password";
    network.allow = [ "192.0.2.7" ];
  });
  zulipWithoutKey = case "zulip.apiKeyFile go together" (on {
    settings.zulip.realm = "chat.example.org";
    network.allow = [ "192.0.2.7" ];
  });
  zulipInTheClear = case "the bot's key would cross" (on {
    settings.zulip = {
      realm = "http://chat.example.org";
      bot_email = "reflector-bot@chat.example.org";
    };
    zulip.apiKeyFile = "/run/secrets/reflector-zulip-key";
    network.allow = [ "192.0.2.7" ];
  });
  failuresByNoMail = case "there is no mail server" (on {
    settings.failures.email = [ "ops@example.org" ];
  });
  failuresInNoZulip = case "there is no Zulip" (on {
    settings.failures.zulip_stream = "operations";
  });
  secretForNoWebhook = case "failures.webhook_url is not" (on {
    failure.webhookSecretFile = "/run/secrets/reflector-failure-webhook";
  });
  loginThatIsNone = case "but nobody can log in" (on {
    settings.features.require_login = true;
  });
  everyOrigin = case "every page on the web could act" (on {
    settings.cors = {
      origins = [ "*" ];
      allow_credentials = true;
    };
  });
  unsignedUpdates = case "an update that nobody signed" {
    imports = [ ../../nixos/appliance ];
    reflector.appliance.update.url = "https://updates.example.org/reflector/";
  };
}
