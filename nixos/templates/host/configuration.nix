# Put the hardware-configuration.nix of this machine beside this file: `nixos-generate-config --dir .` writes it.
{
  imports = [ ./hardware-configuration.nix ];

  networking.hostName = "reflector";
  system.stateVersion = "26.05";
  boot.loader.systemd-boot.enable = true;
  services.openssh = {
    enable = true;
    settings.PasswordAuthentication = false;
  };
  users.users.root.openssh.authorizedKeys.keys = [
    # "ssh-ed25519 AAAA... you@example.org"
  ];

  services.reflector = {
    enable = true;
    domain = "reflector.example.org";
    # There is no login yet. True lets everybody on the network read and change everything.
    openWithoutLogin = false;
  };
}
