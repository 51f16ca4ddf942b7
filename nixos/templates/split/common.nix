# What all four machines have. Put the hardware-configuration.nix of each beside it, as hardware-NAME.nix, and import it there.
{
  system.stateVersion = "26.05";
  boot.loader.systemd-boot.enable = true;
  services.openssh = {
    enable = true;
    settings.PasswordAuthentication = false;
  };
  users.users.root.openssh.authorizedKeys.keys = [
    # "ssh-ed25519 AAAA... you@example.org"
  ];
  networking.hosts = {
    "10.0.0.2" = [ "db.internal" ];
    "10.0.0.3" = [ "app.internal" ];
    "10.0.0.4" = [ "speech.internal" ];
    "10.0.0.5" = [ "storage.internal" ];
  };
}
