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
  s3 = {
    endpoint = "https://s3.example.org";
    accessKeyFile = "/run/secrets/a";
    secretKeyFile = "/run/secrets/s";
  };
in
{
  listensToAll = case "there is no login yet, so only this machine" (on {
    caddy.enable = false;
    settings.server.listen = "0.0.0.0:1250";
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
  databaseOnTheNetwork = case "must stay empty" (
    lib.recursiveUpdate (on { }) {
      services.postgresql.settings.listen_addresses = lib.mkOverride 10 "*";
    }
  );
  impatient = case "at least twice" (on {
    settings.work.dead_after_seconds = 6;
  });
}
