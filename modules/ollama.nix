# Ollama on this machine, for `services.reflector.llm.kind = "ollama"`.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  ollama = config.services.ollama;
  cuda = cfg.llm.device == "cuda" || (cfg.llm.device == "auto" && cfg.gpu.enable);
in
{
  options.services.reflector.llm.device = lib.mkOption {
    type = lib.types.enum [
      "auto"
      "cpu"
      "cuda"
    ];
    default = "auto";
    example = "cpu";
    description = ''
      Where Ollama computes. `auto`: on the card if {option}`services.reflector.gpu.enable` says that there is one; `cpu` leaves the
      card's memory to speech.
    '';
  };

  config = lib.mkIf (cfg.enable && cfg.llm.kind == "ollama") {
    assertions = [
      {
        assertion = cfg.llm.device != "cuda" || cfg.gpu.enable;
        message = "services.reflector.llm.device is cuda, but services.reflector.gpu.enable is false: there would be no driver.";
      }
      {
        assertion = ours.isLoopback ollama.host;
        message = "services.ollama.host is ${ollama.host}: Ollama has no login, so it must stay on the loopback address.";
      }
    ];

    services.ollama = {
      enable = true;
      package = lib.mkDefault (if cuda then pkgs.ollama-cuda else pkgs.ollama-cpu);
      loadModels = [ cfg.llm.model ];
    };

    # Jobs that come before the model is there are tried again; nothing waits for a download of gigabytes.
    systemd.services = lib.genAttrs cfg.units (_: {
      wants = [ "ollama.service" ];
      after = [ "ollama.service" ];
      environment.REFLECTOR_LLM__URL = "http://${ollama.host}:${toString ollama.port}/v1";
    });
  };
}
