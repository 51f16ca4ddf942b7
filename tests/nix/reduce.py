"""Makes options.json: of a list of NixOS options, the namespaces that our .nix files set. reduce.py LIST > options.json"""
import json
import sys

NAMESPACES = [
    "boot.initrd.availableKernelModules", "boot.initrd.supportedFilesystems", "boot.initrd.systemd.dmVerity",
    "boot.initrd.systemd.enable", "boot.initrd.systemd.repart", "boot.initrd.systemd.root", "boot.kernel.sysctl",
    "boot.kernelModules", "boot.kernelPackages", "boot.kernelParams", "boot.loader", "documentation",
    "environment.defaultPackages", "environment.etc", "environment.systemPackages", "fileSystems", "hardware.firmware",
    "hardware.graphics", "hardware.nvidia", "image.baseName", "image.fileName", "image.filePath", "image.modules",
    "image.repart", "networking.domain", "networking.extraHosts", "networking.firewall", "networking.hostName",
    "networking.hosts", "networking.interfaces", "networking.nftables.enable", "networking.useDHCP", "networking.useNetworkd",
    "nixpkgs", "security.acme.acceptTerms", "security.pki", "security.polkit.enable", "services.caddy", "services.garage",
    "services.getty", "services.journald", "services.ollama", "services.openssh", "services.postgresql",
    "services.prometheus.exporters", "services.redis", "services.resolved.enable", "services.xserver.videoDrivers",
    "system.build", "system.image", "system.nixos", "system.stateVersion", "system.switch",
    "systemd.additionalUpstreamSystemUnits", "systemd.paths", "systemd.repart", "systemd.services", "systemd.settings",
    "systemd.slices", "systemd.sysupdate", "systemd.targets", "systemd.timers", "systemd.tmpfiles", "systemd.tpm2",
    "users.groups", "users.motd", "users.mutableUsers", "users.users", "virtualisation.cores", "virtualisation.diskImage",
    "virtualisation.diskSize", "virtualisation.forwardPorts", "virtualisation.graphics", "virtualisation.memorySize",
    "virtualisation.vmVariant",
]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        whole = json.load(file)
    kept = {
        name: {key: value for key, value in entry.items() if key != "readOnly" or value}
        for name, entry in sorted(whole["options"].items())
        if any(name == space or name.startswith(space + ".") for space in NAMESPACES)
    }
    about = whole["_about"]
    head = {
        "what": "NixOS options that Reflector's modules set or read: types and short defaults. Made by tests/nix/reduce.py.",
        "source": about["source"],
        "complete": [space for space in about["coverage"]["complete"]
                     if any(space.startswith(ours) or ours.startswith(space.split(" ")[0]) for ours in NAMESPACES)],
    }
    lines = [f" {json.dumps(name)}: {json.dumps(entry)}" for name, entry in kept.items()]
    print('{"about": ' + json.dumps(head, indent=1) + ',\n"options": {\n' + ",\n".join(lines) + "\n}}")


main()
