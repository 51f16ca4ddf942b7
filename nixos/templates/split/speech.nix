# A machine with an NVIDIA card that does speech alone. More of them: more machines like this one.
{
  imports = [
    ./common.nix
    ./clients.nix
  ];
  networking.hostName = "speech";
  nixpkgs.config.allowUnfree = true;
  services.reflector = {
    roles = [ "work" ];
    work.queues = [ "speech" ];
    gpu.enable = true;
  };
}
