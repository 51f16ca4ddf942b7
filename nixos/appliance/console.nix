# What the screen shows: the address, whether all is well, and how to get in. Nobody logs in there.
{ config, pkgs, ... }:
let
  cfg = config.services.reflector;
  inherit (import ../../modules/lib.nix { inherit (pkgs) lib; }) helperSandbox;
in
{
  systemd.services = {
    reflector-console = {
      description = "Screen of the machine";
      wantedBy = [ "multi-user.target" ];
      # Nothing to wait for: it shows what there is.
      after = [ "systemd-vconsole-setup.service" ];
      path = [
        pkgs.curl
        pkgs.iproute2
        pkgs.jq
        pkgs.openssl
      ];
      script = ''
        while true; do
          printf '\033[2J\033[H\n  Reflector %s on %s\n\n' ${config.system.image.version} "$(uname -n)"
          addresses=$(ip -json address show scope global | jq -r '.[].addr_info[].local' | sed 's/^/    /')
          if [ -n "$addresses" ]; then
            printf '  Addresses:\n%s\n\n' "$addresses"
          else
            printf '  There is no network. Everything works without one, on this machine.\n\n'
          fi
          if curl --silent --fail --max-time 2 --output /dev/null http://${cfg.settings.server.listen}/readyz; then
            printf '  Ready.\n\n'
          else
            printf '  Starting, or something is missing.\n\n'
          fi
          ${
            if cfg.settings.auth.mode != "none" then
              "printf '  Open https://${cfg.domain} . The code for the first account: reflector-as-service admin setup-code\\n\\n'"
            else if cfg.openWithoutLogin && cfg.settings.auth.public_mode then
              "printf '  Open https://${cfg.domain} . There is no login: whoever reaches it may read and add, and change nothing.\\n\\n'"
            else if cfg.openWithoutLogin then
              "printf '  Open https://${cfg.domain} . There is no login: whoever reaches it may read and change everything.\\n\\n'"
            else
              ''
                printf '  There is no login, so only this machine itself gets in. From yours:\n'
                printf '    ssh -L 8443:localhost:443 root@ADDRESS       then open https://localhost:8443\n'
                if [ ! -e /boot/reflector/authorized_keys ]; then
                  printf '  No key may do that yet: lay your public key down as reflector/authorized_keys on the boot partition.\n'
                fi
                echo
              ''
          }
          if [ -s /run/reflector-site-ca/root.crt ]; then
            printf '  Its certificate comes from an authority with the fingerprint\n    %s\n' \
              "$(openssl x509 -in /run/reflector-site-ca/root.crt -noout -fingerprint -sha256 | cut -d= -f2)"
          fi
          sleep 5
        done
      '';
      serviceConfig = helperSandbox // {
        StandardInput = "tty";
        StandardOutput = "tty";
        TTYPath = "/dev/tty1";
        TTYReset = true;
        TTYVHangup = true;
        Restart = "always";
        RestartSec = 1;
        # It asks the machine itself, lists its addresses, and looks whether there is a key; the screen is a device.
        PrivateDevices = false;
        PrivateNetwork = false;
        RestrictAddressFamilies = [
          "AF_UNIX"
          "AF_INET"
          "AF_INET6"
          "AF_NETLINK"
        ];
        IPAddressDeny = "any";
        IPAddressAllow = [ "localhost" ];
      };
    };
    # Its place is taken.
    "getty@tty1".enable = false;
    "autovt@tty1".enable = false;
  };
}
