# How shut each unit of ours is by systemd's own measure, and what it runs as; then the program's own list of requirements.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
in
{
  name = "hardening";
  nodes.machine = common.host {
    services.reflector = {
      caddy.tls = "private-ca";
      backup = {
        enable = true;
        keys = false;
      };
    };
  };
  testScript = ''
    machine.wait_for_unit("reflector-web.service")
    machine.wait_for_open_port(1250)
    units = machine.succeed("systemctl list-unit-files --plain --no-legend 'reflector*.service' | awk '{print $1}'").split()
    assert len(units) >= 6, units
    for unit in units:
        if "@" in unit:
            unit = unit.replace("@", "@test")
        # Of 100; what each may have at most is 20.
        machine.succeed(f"systemd-analyze security --threshold=20 {unit}")
        assert "yes" in machine.succeed(f"systemctl show -p NoNewPrivileges {unit}"), unit
    users = {machine.succeed(f"systemctl show -p User --value {unit}").strip() for unit in ["reflector-web", "reflector-work"]}
    assert len(users) == 2 and "root" not in users and "" not in users, users
    for unit in ["reflector-web", "reflector-work"]:
        user = machine.succeed(f"ps -o user:32= -p $(systemctl show -p MainPID --value {unit})").strip()
        assert user == unit, (unit, user)
    machine.succeed("reflector-as-service doctor >&2")

    machine.succeed("systemctl start reflector-backup.service reflector-self-test.service")
    import json
    rows = json.loads(machine.execute("reflector-hardening --json 2>/dev/null")[1])
    # Size, disk, its encryption, earlier generations and the clock are the virtual machine's, which has none of its own.
    foreign = {"H-01", "H-02", "H-03", "H-53", "H-54", "H-105", "H-106"}
    wrong = [row for row in rows if row["outcome"] == "fail" and row["id"] not in foreign]
    assert len(rows) >= 87 and not wrong, wrong
  '';
}
