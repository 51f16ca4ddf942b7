# The same machine with an NVIDIA card.
{
  imports = [ ./. ];
  nixpkgs.config.allowUnfree = true;
  services.reflector.gpu.enable = true;
}
