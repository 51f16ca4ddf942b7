# A first boot without any network: everything is there, and a recording becomes a transcript.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
in
{
  name = "first-boot";
  nodes.machine =
    { pkgs, ... }:
    {
      imports = [
        (common.host { services.reflector.caddy.tls = "private-ca"; })
        common.visitor
      ];
      virtualisation.vlans = [ ];
      networking.useDHCP = pkgs.lib.mkForce false;
    };
  testScript = ''
    ${common.prelude}
    machine.wait_for_unit("multi-user.target")
    machine.fail("ip route get 192.0.2.1")
    machine.wait_for_file("/run/reflector-site-ca/root.crt")
    tell(machine, "https://machine", "health", "tls", "upload", "transcript", "page", ca="/run/reflector-site-ca/root.crt",
         more="--resolve 127.0.0.1")
  '';
}
