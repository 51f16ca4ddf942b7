# Configurations that the types themselves must refuse, with words of NixOS's message.
{
  misspelt = {
    words = "services.reflector.openWithoutLogn' does not exist";
    module.services.reflector.openWithoutLogn = true;
  };
  secretSetting = {
    words = "services.reflector.settings.llm.api_key' does not exist";
    module.services.reflector.settings.llm.api_key = "sk-secret";
  };
  number = {
    words = "services.reflector.settings.speech.beam' is not of type";
    module.services.reflector.settings.speech.beam = "five";
  };
  outOfRange = {
    words = "services.reflector.settings.speech.beam' is not of type";
    module.services.reflector.settings.speech.beam = 17;
  };
  specifier = {
    words = "services.reflector.settings.speech.prompt' is not of type";
    module.services.reflector.settings.speech.prompt = "100 % Ltd";
  };
  keyInTheStore = {
    words = "services.reflector.caddy.keyFile' is not of type";
    module.services.reflector.caddy = {
      tls = "files";
      certificateFile = "/etc/c.pem";
      keyFile = "/nix/store/00000000000000000000000000000000-key.pem";
    };
  };
  nixosMisspelt = {
    words = "services.redis.servers.reflector.requirePasFile' does not exist";
    module.services.redis.servers.reflector.requirePasFile = "/x";
  };
  nixosMistyped = {
    words = "services.postgresql.ensureDatabases' is not of type";
    module.services.postgresql.ensureDatabases = "reflector";
  };
}
