# One machine with nothing but `enable`: a recording goes in, a transcript comes out, and both outlive a restart, a crash of the
# machine, and a kill of every service.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
in
{
  name = "all-in-one";
  nodes = {
    machine = common.host { };
    inherit (common) visitor;
  };
  testScript = ''
    ${common.prelude}
    start_all()
    machine.wait_for_unit("reflector-web.service")
    machine.wait_for_file("/run/reflector-site-ca/root.crt")
    hand_over(machine, "/run/reflector-site-ca/root.crt", visitor, "/tmp/ca.crt")
    url = "https://machine"
    tell(visitor, url, "health", "tls", "headers", "upload", "transcript", "page")

    with subtest("a restart keeps everything, and what was begun goes on"):
        tell(visitor, url, "begin")
        machine.shutdown()
        machine.start()
        tell(visitor, url, "health", "still-there", "finishes")

    with subtest("a crash of the machine loses nothing"):
        machine.crash()
        machine.start()
        tell(visitor, url, "health", "still-there")

    with subtest("every service comes back after a kill"):
        for unit in ["reflector-web", "reflector-work", "redis-reflector", "garage", "postgresql"]:
            machine.succeed(f"systemctl kill --signal=KILL {unit}.service")
            machine.wait_for_unit(f"{unit}.service")
        tell(visitor, url, "health", "still-there")
  '';
}
