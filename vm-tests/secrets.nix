# No secret is in the store, in an argument, in a unit's environment or in the journal, and only root reads the files.
{ self, pkgs }:
let
  common = import ./common.nix { inherit self pkgs; };
in
{
  name = "secrets";
  nodes = {
    machine = common.host {
      services.reflector = {
        llm = {
          kind = "external";
          url = "https://127.0.0.1:9/v1";
          model = "none";
          apiKeyFile = "/var/lib/llm-api-key";
        };
      };
      systemd.tmpfiles.rules = [
        "f /var/lib/llm-api-key 0600 root root - sk-of-the-test-0123456789abcdef"
      ];
    };
    inherit (common) visitor;
  };
  testScript = ''
    ${common.prelude}
    start_all()
    machine.wait_for_file("/run/reflector-site-ca/root.crt")
    hand_over(machine, "/run/reflector-site-ca/root.crt", visitor, "/tmp/ca.crt")
    tell(visitor, "https://machine", "health", "upload")

    folder = "/var/lib/reflector-secrets"
    machine.succeed(f"test $(stat -c %U:%a {folder}) = root:700")
    names = machine.succeed(f"ls {folder}").split()
    assert "redis-password" in names and "garage-secret-key" in names, names
    # A secret that was planted where it must not be is found: the search can fail.
    machine.succeed(f"cp {folder}/redis-password /tmp/decoy")

    def found(pattern_file, where):
        return machine.execute(f"grep --recursive --quiet --text --fixed-strings --file={pattern_file} {where}")[0] == 0

    for name in [*(f"{folder}/{name}" for name in names if not name.endswith(".env")), "/var/lib/llm-api-key"]:
        machine.succeed(f"test $(stat -c %a {name}) = 600")
        machine.succeed(f"tr -d '\\n' <{name} >/run/secret && echo >>/run/secret")
        assert not found("/run/secret", "/etc /run/systemd/system"), name
        assert not found("/run/secret", "$(nix-store --query --requisites /run/current-system)"), name
        machine.succeed("systemctl show '*' >/run/units; journalctl --no-pager >/run/journal; cat /proc/[0-9]*/cmdline >/run/arguments || true")
        for place in ["/run/units", "/run/journal", "/run/arguments"]:
            assert not found("/run/secret", place), f"{name} is in {place}"
    machine.succeed(f"tr -d '\\n' <{folder}/redis-password >/run/secret && echo >>/run/secret")
    assert found("/run/secret", "/tmp/decoy")
  '';
}
