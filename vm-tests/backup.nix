# A backup, then a machine that has lost everything, then the same transcript again.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
in
{
  name = "backup";
  nodes = {
    machine = common.host {
      services.reflector.backup = {
        enable = true;
        passphraseFile = "/var/lib/backup-passphrase";
      };
    };
    inherit (common) visitor;
  };
  testScript = ''
    ${common.prelude}
    start_all()
    machine.succeed("(umask 077; echo a passphrase of some length >/var/lib/backup-passphrase)")
    machine.wait_for_file("/run/reflector-site-ca/root.crt")
    hand_over(machine, "/run/reflector-site-ca/root.crt", visitor, "/tmp/ca.crt")
    url = "https://machine"
    tell(visitor, url, "health", "upload", "transcript")

    machine.succeed("systemctl start reflector-backup.service")
    archive = machine.succeed("ls -t /var/backup/reflector/* | head -1").strip()
    machine.succeed(f"test $(stat -c %a {archive}) = 600 || test $(stat -c %a /var/backup/reflector) = 700")
    machine.succeed(f"reflector backup verify {archive} --passphrase-file /var/lib/backup-passphrase")
    machine.fail(f"grep -q Jersey {archive}")

    with subtest("everything is lost"):
        machine.succeed("systemctl stop reflector-web reflector-work garage")
        machine.succeed("runuser -u postgres -- dropdb reflector && runuser -u postgres -- createdb -O reflector reflector")
        machine.succeed("rm -rf /var/lib/garage/* /var/lib/private/garage/*")
        machine.succeed("systemctl start garage")

    with subtest("and comes back"):
        machine.succeed(f"cp {archive} /run/archive && cp /var/lib/backup-passphrase /run/passphrase && chmod 644 /run/archive /run/passphrase")
        machine.succeed("reflector-as-service restore /run/archive --passphrase-file /run/passphrase")
        machine.succeed("systemctl start reflector-web reflector-work")
        tell(visitor, url, "health", "still-there")

    with subtest("a backup that fails is told"):
        machine.succeed("rm /var/lib/backup-passphrase")
        machine.fail("systemctl start reflector-backup.service")
        machine.wait_until_succeeds("journalctl -t reflector-failed -p crit | grep -q reflector-backup")
  '';
}
