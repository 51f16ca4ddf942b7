# The image: boots, is updated over the network by a signed update, and goes back by itself from one that does not work.
{ self, pkgs }:
let
  inherit (pkgs) lib;
  common = import ./common.nix { inherit self pkgs; };
  # A key of this test alone.
  keys = pkgs.runCommand "update-keys" { nativeBuildInputs = [ pkgs.gnupg ]; } ''
    export GNUPGHOME=$out
    mkdir -m 700 $out
    gpg --batch --pinentry-mode loopback --passphrase "" --quick-generate-key test default sign never
    gpg --export >$out/pubring.gpg
  '';
  version =
    number: more:
    self.nixosConfigurations.appliance.extendModules {
      modules = [
        {
          system.image.version = number;
          services.reflector.openWithoutLogin = true;
          networking.hostName = "machine";
          reflector.appliance = {
            storeSize = "6G";
            update = {
              url = "http://server/";
              publicKeyring = "${keys}/pubring.gpg";
            };
          };
        }
        # The driver of the tests talks to the machine through it.
        ({ modulesPath, ... }: { imports = [ (modulesPath + "/testing/test-instrumentation.nix") ]; })
        more
      ];
    };
  first = version "1" { };
  updateOf =
    system:
    (import ../nixos/appliance/packages.nix {
      inherit pkgs;
      appliance = system;
      visitor = system;
      iso = system;
    }).packages.update;
  good = updateOf (version "2" { });
  # Its pages never become ready.
  broken = updateOf (
    version "3" { services.reflector.settings.server.listen = lib.mkForce "127.0.0.1:1"; }
  );
  signed =
    name: update:
    pkgs.runCommand name { nativeBuildInputs = [ pkgs.gnupg ]; } ''
      cp -r --no-preserve=mode ${update} $out
      cp -r --no-preserve=mode ${keys} home
      chmod 700 home
      GNUPGHOME=$PWD/home gpg --batch --detach-sign --output $out/SHA256SUMS.gpg $out/SHA256SUMS
    '';
in
{
  name = "update";
  nodes = {
    server = {
      networking.firewall.allowedTCPPorts = [ 80 ];
      services.caddy = {
        enable = true;
        enableReload = false;
        virtualHosts."http://server".extraConfig = ''
          root * /srv
          file_server
        '';
      };
      environment.etc = {
        "updates/good".source = signed "good" good;
        "updates/broken".source = signed "broken" broken;
        "updates/unsigned".source = good;
      };
    };
    inherit (common) visitor;
  };
  testScript = ''
    import os
    import subprocess
    import tempfile

    ${common.prelude}
    disk = tempfile.NamedTemporaryFile(suffix=".qcow2")
    image = "${first.config.system.build.finalImage}/reflector_1.raw"
    subprocess.run(["${pkgs.qemu}/bin/qemu-img", "create", "-q", "-f", "qcow2", "-b", image, "-F", "raw", disk.name, "40G"], check=True)
    machine = create_machine(
        "${pkgs.qemu}/bin/qemu-system-x86_64 -machine q35,accel=kvm:tcg -cpu max -smp 4 -m 6144"
        " -drive if=pflash,format=raw,readonly=on,file=${pkgs.OVMF.fd}/FV/OVMF_CODE.fd"
        f" -drive file={disk.name},if=virtio"
        " -netdev vde,id=vlan1,sock=$QEMU_VDE_SOCKET_1 -device virtio-net-pci,netdev=vlan1 $QEMU_OPTS",
        name="machine",
    )
    os.environ["QEMU_OPTS"] = ""
    server.start()
    visitor.start()
    machine.start()

    def version():
        return machine.succeed("sed -n 's/^IMAGE_VERSION=//p' /etc/os-release | tr -d '\"'").strip()

    def offer(name):
        server.succeed(f"rm -rf /srv && cp -rL /etc/updates/{name} /srv && chmod -R a+rX /srv")

    sysupdate = "/run/current-system/systemd/lib/systemd/systemd-sysupdate"
    machine.wait_for_unit("boot-complete.target", timeout=900)
    assert version() == "1"
    machine.succeed("findmnt --kernel --type tmpfs / && dmsetup info --target verity usr | grep -q ACTIVE")
    machine.succeed("touch /var/lib/kept")

    with subtest("what nobody signed is not taken"):
        offer("unsigned")
        machine.fail(f"{sysupdate} update")

    with subtest("an update is booted, and counts as good once Reflector is ready"):
        offer("good")
        machine.succeed(f"{sysupdate} update", timeout=1800)
        machine.reboot()
        machine.wait_for_unit("boot-complete.target", timeout=900)
        assert version() == "2"
        machine.wait_until_succeeds("test -e /boot/EFI/Linux/reflector_2.efi")
        machine.succeed("test -e /var/lib/kept")

    with subtest("one that does not work is left after three tries"):
        offer("broken")
        machine.succeed(f"{sysupdate} update", timeout=1800)
        machine.reboot()
        machine.wait_until_succeeds("grep -q 'IMAGE_VERSION=\"\\?2' /etc/os-release && systemctl is-active boot-complete.target", timeout=3000)
        machine.succeed("test -e /var/lib/kept")
  '';
}
