# Configurations that must be accepted: what people are told to write. Each is rendered.
{ pkgs }:
let
  on = more: {
    services.reflector = {
      enable = true;
    }
    // more;
  };
  # What `make rehearsal` boots, with a certificate from a private authority.
  rehearsed =
    more:
    { lib, ... }:
    {
      imports = [
        (on {
          domain = "meetings.rehearsal.test";
          caddy = {
            tls = "files";
            certificateFile = "/var/lib/certificates/meetings.pem";
            keyFile = "/var/lib/certificates/meetings.key";
            aliases = [ "minutes.rehearsal.test" ];
          };
          caTrust.directory = "/var/lib/reflector-ca";
        })
        { services.reflector = more; }
      ];
      # The Garage of the tests is built without LMDB.
      services.garage.settings.db_engine = lib.mkForce "sqlite";
    };
in
# What the ancestor's guide recommends, with Garage, Caddy and a domain as it has them.
import ./combinations.nix { inherit on pkgs; }
// {
  default = on { };

  open = on {
    domain = "reflector.example.org";
    openWithoutLogin = true;
    caddy = {
      tls = "acme";
      email = "admin@example.org";
      aliases = [ "meetings.example.org" ];
    };
    postgresql.memoryBudget = 16384;
  };

  # People log in, so everybody may come as far as the door.
  login = on {
    domain = "reflector.example.org";
    settings.auth = {
      mode = "password";
      admin_email = "admin@example.org";
    };
    auth.adminPasswordHashFile = "/run/secrets/reflector-admin-hash";
  };

  # People log in at an identity provider elsewhere.
  provider = on {
    domain = "reflector.example.org";
    settings.auth = {
      mode = "jwt";
      issuer = "https://auth.example.org/application/o/reflector";
      client_id = "reflector";
      provider_name = "Authentik";
      admin_email = "admin@example.org";
    };
    auth.clientSecretFile = "/run/secrets/reflector-client-secret";
    network.allow = [ "192.0.2.7" ];
  };

  # At an Authentik on this machine, behind the same Caddy, under the authority that Caddy made.
  authentik = on {
    domain = "reflector.example.org";
    settings.auth.admin_email = "admin@example.org";
    auth.authentik.domain = "auth.example.org";
  };

  # The same under an authority of the machine's own, at an application that an older installation had there already, and names written as people do.
  authentikBrought = on {
    domain = "meetings.internal";
    caddy.tls = "private-ca";
    settings.auth = {
      issuer = "https://auth.internal/application/o/meetings/";
      client_id = "x4mpl3";
    };
    auth = {
      clientSecretFile = "/run/secrets/reflector-client-secret";
      authentik = {
        domain = "Auth.internal";
        address = "127.0.0.1:9010";
        slug = "meetings";
      };
    };
  };

  # An organisation's own certificate, certificate authority, S3 and language model.
  company = on {
    domain = "reflector.corp.example";
    openWithoutLogin = true;
    caddy = {
      tls = "files";
      certificateFile = "/var/lib/certificates/reflector.pem";
      keyFile = "/var/lib/certificates/reflector.key";
    };
    caTrust = {
      certificateFiles = [ "/etc/company-root.crt" ];
      directory = "/var/lib/reflector-ca";
    };
    settings.tls.ca = [
      "/etc/gpu-ca.crt"
      "/var/lib/more-authorities"
    ];
    storage = {
      kind = "s3";
      s3 = {
        endpoint = "https://s3.corp.example";
        region = "eu-central-1";
        accessKeyFile = "/run/secrets/s3-access-key";
        secretKeyFile = "/run/secrets/s3-secret-key";
      };
    };
    llm = {
      kind = "external";
      url = "https://llm.corp.example/v1";
      model = "qwen3-32b";
      apiKeyFile = "/run/secrets/llm-api-key";
    };
    network.allow = [ "10.0.0.0/8" ];
    models.pull = [ "whisper-small" ];
    settings.speech = {
      model = "whisper-small";
      prompt = "Ünal & Söhne, \"OKR\"";
      languages = [
        "de"
        "en"
      ];
      unload_after = 0;
    };
  };

  # Transcripts go out by e-mail and to Zulip, and an operator is told of failures; visitors see what they have a link to.
  telling = on {
    domain = "reflector.example.org";
    settings = {
      auth = {
        mode = "password";
        public_mode = true;
      };
      features.require_login = true;
      cors.origins = [ "https://app.example.org" ];
      mail = {
        host = "mail.example.org";
        from = "Reflector <reflector@example.org>";
        username = "reflector";
      };
      zulip = {
        realm = "chat.example.org";
        bot_email = "reflector-bot@chat.example.org";
      };
      failures = {
        email = [ "ops@example.org" ];
        webhook_url = "https://hooks.example.org/reflector";
        zulip_stream = "operations";
      };
    };
    mail.passwordFile = "/run/secrets/reflector-mail-password";
    zulip.apiKeyFile = "/run/secrets/reflector-zulip-key";
    failure.webhookSecretFile = "/run/secrets/reflector-failure-webhook";
    network.allow = [ "any" ];
  };

  # Files on a disk of their own, behind somebody else's proxy.
  proxied = on {
    openWithoutLogin = true;
    caddy.enable = false;
    trustedProxies = [ "192.0.2.10" ];
    storage.kind = "local";
    settings = {
      server = {
        listen = "0.0.0.0:1250";
        site_url = "https://reflector.example.org";
      };
      storage.dir = "/srv/reflector/objects";
      storage.scratch = "/srv/reflector/scratch";
      telemetry.format = "json";
    };
    work.memoryMax = "24G";
  };

  # An authority of its own, everything backed up to a folder, numbers for Prometheus.
  private = on {
    domain = "reflector.internal";
    openWithoutLogin = true;
    caddy = {
      tls = "private-ca";
      aliases = [ "meetings.internal" ];
    };
    certs.names = [ "IP:192.0.2.7" ];
    backup = {
      enable = true;
      passphraseFile = "/run/secrets/backup-passphrase";
    };
    metrics.exporters = [
      "node"
      "postgres"
      "systemd"
    ];
    failure.command = "/etc/reflector/tell-the-admins";
    postgresql.spinningDisks = true;
  };

  # The folder that a company's administrators hand out: `ca.crt`, `server.pem`, `server-key.pem`; one more authority; restic.
  folder = on {
    domain = "reflector.corp.example";
    openWithoutLogin = true;
    caddy.tls = "files";
    caTrust = {
      folder = "/var/lib/reflector-company";
      files = [ "/etc/ssl/gpu-ca.crt" ];
    };
    llm.kind = "ollama";
    backup = {
      enable = true;
      restic = {
        repository = "rest:https://backup.corp.example/reflector";
        passwordFile = "/run/secrets/restic-password";
        environmentFile = "/run/secrets/restic-environment";
      };
    };
    network.allow = [ "10.0.0.0/8" ];
  };
  # Only the machine itself gets in.
  rehearsal = rehearsed {
    backup = {
      enable = true;
      keys = false;
    };
  };
  # People log in; the administrator is there from the start.
  rehearsalLogin = rehearsed {
    settings.auth = {
      mode = "password";
      admin_email = "admin@rehearsal.test";
    };
    auth.adminPasswordHashFile = "/var/lib/login/admin-hash";
  };

  # `nix run .#vm`.
  demo = ../../nixos/configurations/demo.nix;

  # Several machines: nixos/templates/split.
  splitApp = {
    imports = [ ../../nixos/templates/split/app.nix ];
  };
  splitSpeech = {
    imports = [ ../../nixos/templates/split/speech.nix ];
    services.reflector.package = pkgs.reflector-cuda;
  };
  splitDatabase = ../../nixos/templates/split/database.nix;
  splitStorage = ../../nixos/templates/split/storage.nix;

  # A machine with a card that only offers speech over HTTP, and the one whose jobs ask it.
  speechServer = on {
    roles = [ "speech-server" ];
    package = pkgs.reflector-cuda;
    gpu.enable = true;
    models.pull = [ "whisper-large-v3-turbo" ];
    settings.speech.model = "whisper-large-v3-turbo";
    speechServer = {
      domain = "gpu.internal";
      port = 8443;
      clients = [ "10.0.0.3/32" ];
      certificateFile = "/var/lib/certificates/gpu.pem";
      keyFile = "/var/lib/certificates/gpu-key.pem";
    };
  };
  speechElsewhere = on {
    settings.speech = {
      transcript_url = "https://gpu.internal:8443";
      diarization_url = "https://gpu.internal:8443";
    };
    speechServer = {
      transcriptApiKeyFile = "/run/secrets/speech-api-key";
      diarizationApiKeyFile = "/run/secrets/speech-api-key";
    };
    network.allow = [ "10.0.0.9" ];
  };
  # Over a cable of its own, beside pages and jobs.
  speechInTheClear = on {
    roles = [
      "web"
      "work"
      "database"
      "storage"
      "speech-server"
    ];
    settings.speech_server = {
      listen = "10.0.0.2:8000";
      allow_hosts = [ "10.0.0.3" ];
    };
    speechServer = {
      inTheClear = true;
      clients = [ "10.0.0.3/32" ];
      apiKeyFile = "/run/secrets/speech-api-key";
    };
    network.allow = [ "10.0.0.3" ];
  };

  # The image.
  appliance = {
    imports = [ ../../nixos/appliance ];
    reflector.appliance = {
      encryptState = true;
      update = {
        url = "https://updates.example.org/reflector/";
        publicKeyring = "/etc/updates.gpg";
        reboot = true;
      };
    };
  };
  applianceGpu = {
    imports = [ ../../nixos/appliance/gpu.nix ];
    services.reflector.package = pkgs.reflector-cuda;
  };
}
