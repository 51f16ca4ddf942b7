# A machine to look at the module in: https://localhost:8443 on the host. Log in at its console as root, without a password.
{ lib, modulesPath, ... }:
{
  imports = [ (modulesPath + "/virtualisation/qemu-vm.nix") ];

  nixpkgs.hostPlatform = lib.mkDefault "x86_64-linux";
  networking.hostName = "reflector-demo";
  system.stateVersion = "26.05";
  services.getty.autologinUser = "root";

  services.reflector = {
    enable = true;
    domain = "localhost";
    settings.server.site_url = "https://localhost:8443";
    # The host's browser comes from another address than the machine's own. The port is the host's loopback address only.
    openWithoutLogin = true;
  };

  virtualisation = {
    cores = 4;
    memorySize = 8192;
    diskSize = 20000;
    graphics = false;
    forwardPorts = [
      {
        from = "host";
        host.address = "127.0.0.1";
        host.port = 8443;
        guest.port = 443;
      }
    ];
  };
}
