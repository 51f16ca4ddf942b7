# The five recommended combinations of the ancestor's guide: who computes speech, who writes summaries. docs/MIGRATING.md names
# the flags that each takes the place of.
{ on, pkgs }:
let
  host = {
    domain = "reflector.example.org";
    caddy.tls = "acme";
    storage.kind = "garage";
  };
  card = {
    package = pkgs.reflector-cuda;
    gpu.enable = true;
    models.pull = [ "whisper-large-v3-turbo" ];
    settings.speech.model = "whisper-large-v3-turbo";
  };
  ollama = device: {
    llm = {
      kind = "ollama";
      inherit device;
    };
  };
  cloud = {
    llm = {
      kind = "external";
      url = "https://api.openai.com/v1";
      model = "gpt-4o-mini";
      apiKeyFile = "/run/secrets/llm-api-key";
    };
    network.allow = [ "any" ];
  };
in
{
  gpu = on (host // card // ollama "cuda");
  cpuOllama = on (host // ollama "cpu");
  gpuOllamaCpu = on (host // card // ollama "cpu");
  gpuCloud = on (host // card // cloud);
  cpuCloud = on (host // cloud);
}
