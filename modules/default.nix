# `services.reflector.*`: one file a concern. `services.reflector.enable = true;` alone makes a whole service of a bare machine.
{
  imports = [
    ./options.nix
    ./settings.nix
    ./secrets.nix
    ./service.nix
    ./models.nix
    ./postgres.nix
    ./redis.nix
    ./storage.nix
    ./garage.nix
    ./caddy.nix
    ./llm.nix
    ./ollama.nix
    ./nvidia.nix
    ./ca-trust.nix
    ./network.nix
    ./hardening.nix
  ];
}
