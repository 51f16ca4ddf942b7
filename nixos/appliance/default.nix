# Reflector as a whole machine: a read-only system in two slots, what it keeps on a partition of its own, nothing to install by
# hand. `nixosConfigurations.appliance`; docs/UPDATES.md says how it is updated and rolled back.
{ lib, modulesPath, ... }:
{
  imports = [
    (modulesPath + "/profiles/image-based-appliance.nix")
    ./image.nix
    ./state.nix
    ./update.nix
    ./console.nix
  ];

  nixpkgs.hostPlatform = lib.mkDefault "x86_64-linux";
  networking = {
    hostName = lib.mkDefault "reflector";
    # Whatever wire it hangs on, and none at all: nothing waits for a network.
    useNetworkd = true;
    useDHCP = true;
    nftables.enable = true;
  };
  # Nobody has a password: the way in is a key.
  users.allowNoPasswordLogin = true;
  system.stateVersion = "26.05";

  services.reflector = {
    enable = true;
    caddy.tls = lib.mkDefault "private-ca";
    metrics.exporters = lib.mkDefault [
      "node"
      "postgres"
      "systemd"
    ];
  };

  # By key alone, for root alone, and only where somebody laid a key down; the installer does.
  services.openssh = {
    enable = true;
    settings = {
      PasswordAuthentication = false;
      KbdInteractiveAuthentication = false;
      PermitRootLogin = "prohibit-password";
      X11Forwarding = false;
    };
    authorizedKeysFiles = lib.mkForce [ "/boot/reflector/authorized_keys" ];
    hostKeys = [
      {
        type = "ed25519";
        path = "/var/lib/ssh/host_ed25519_key";
      }
    ];
  };
  systemd.services.sshd.unitConfig.ConditionPathExists = "/boot/reflector/authorized_keys";
}
