# Configurations that must be accepted: what people are told to write. Each is rendered.
{ pkgs }:
let
  on = more: {
    services.reflector = {
      enable = true;
    }
    // more;
  };
in
{
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

  gpu = on {
    package = pkgs.reflector-cuda;
    gpu.enable = true;
    llm.kind = "ollama";
    models.pull = [ "whisper-large-v3-turbo" ];
    settings.speech.model = "whisper-large-v3-turbo";
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
    settings.speech.model = "whisper-small";
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

  # `nix run .#vm`.
  demo = ../../nixos/configurations/demo.nix;
}
