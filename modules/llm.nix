# Who writes topics, titles and summaries: nobody (they are extracted), an Ollama on this machine, or a server elsewhere.
{ config, lib, ... }:
let
  cfg = config.services.reflector;
  ours = import ./lib.nix { inherit lib; };
  inherit (cfg) llm;
  inherit (lib) types;
  external = llm.kind == "external";
in
{
  options.services.reflector.llm = {
    kind = lib.mkOption {
      type = types.enum [
        "none"
        "ollama"
        "external"
      ];
      default = "none";
      example = "ollama";
      description = ''
        `none`: topics, title and summary are extracted from what was said. `ollama`: a language model on this machine.
        `external`: an OpenAI-compatible server, which then reads every transcript.
      '';
    };

    model = lib.mkOption {
      type = types.nullOr types.str;
      default = if llm.kind == "ollama" then "qwen2.5:14b" else null;
      defaultText = lib.literalExpression ''if kind == "ollama" then "qwen2.5:14b" else null'';
      example = "qwen2.5:7b";
      description = "The model's name. Ollama fetches it at its first start.";
    };

    url = lib.mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "https://llm.example.org/v1";
      description = "Address of the external server up to and with `/v1`.";
    };

    apiKeyFile = lib.mkOption {
      type = types.nullOr ours.secretPath;
      default = null;
      example = "/run/secrets/llm-api-key";
      description = "File with the key that the external server wants.";
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        assertions = [
          {
            assertion = !external || (llm.url != null && llm.model != null);
            message = "services.reflector.llm.kind is external: llm.url and llm.model must be set.";
          }
          {
            assertion = external || (llm.url == null && llm.apiKeyFile == null);
            message = "services.reflector.llm.url or apiKeyFile is set, but llm.kind is ${llm.kind}: it would not be used.";
          }
          {
            assertion =
              !external || llm.url == null || lib.hasPrefix "https://" llm.url || ours.isLoopback llm.url;
            message = "services.reflector.llm.url must be https://: what was said would cross the network in the clear.";
          }
        ];
      }
      (lib.mkIf (llm.kind != "none") {
        systemd.services = lib.genAttrs cfg.units (_: {
          environment.REFLECTOR_LLM__MODEL = llm.model;
        });
      })
      (lib.mkIf external {
        services.reflector.network.needs = lib.optional (llm.url != null) llm.url;
        systemd.services = lib.genAttrs cfg.units (_: {
          environment.REFLECTOR_LLM__URL = llm.url;
        });
      })
      (lib.mkIf (external && llm.apiKeyFile != null) {
        systemd.services.reflector-secrets = {
          script = ''
            setting llm.api_key "" "$CREDENTIALS_DIRECTORY/llm-api-key"
          '';
          serviceConfig.LoadCredential = [ "llm-api-key:${toString llm.apiKeyFile}" ];
        };
      })
    ]
  );
}
