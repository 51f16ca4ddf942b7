# What a stranger on the network reaches: 80 and 443 where the service is open, and not even these where it is not.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
in
{
  name = "ports";
  nodes = {
    open = common.host {
      services.reflector.metrics.exporters = [
        "node"
        "postgres"
        "systemd"
      ];
    };
    shut = common.host { services.reflector.openWithoutLogin = false; };
    inherit (common) visitor;
  };
  testScript = ''
    ${common.prelude}
    start_all()
    for machine in [open, shut]:
        machine.wait_for_file("/run/reflector-site-ca/root.crt")
        machine.wait_for_open_port(1250)
    hand_over(open, "/run/reflector-site-ca/root.crt", visitor, "/tmp/ca.crt")
    tell(visitor, "https://open", "health", "ports")
    tell(visitor, "https://shut", "ports", more="--ports '''")
    with subtest("even without the firewall a stranger is refused"):
        shut.succeed("systemctl stop firewall || nft flush ruleset")
        hand_over(shut, "/run/reflector-site-ca/root.crt", visitor, "/tmp/shut.crt")
        tell(visitor, "https://shut", "refused", ca="/tmp/shut.crt")
    with subtest("the machine itself gets in, and its exporters answer it alone"):
        shut.succeed("curl --silent --fail --cacert /run/reflector-site-ca/root.crt https://localhost/health")
        for port in [9100, 9187, 9558]:
            open.succeed(f"curl --silent --fail http://127.0.0.1:{port}/metrics >/dev/null")
  '';
}
