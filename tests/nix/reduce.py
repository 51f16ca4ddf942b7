"""Makes options.json: of a list of NixOS options, the namespaces that our .nix files set. reduce.py LIST > options.json"""
import json
import sys

NAMESPACES = [
    "boot.loader", "documentation", "environment.etc", "environment.systemPackages", "fileSystems", "hardware.graphics",
    "hardware.nvidia", "networking.domain", "networking.firewall", "networking.hostName", "networking.hosts", "nixpkgs",
    "security.acme.acceptTerms", "security.pki", "services.caddy", "services.garage", "services.getty", "services.ollama",
    "services.openssh", "services.postgresql", "services.redis", "services.xserver.videoDrivers", "system.stateVersion",
    "systemd.paths", "systemd.services", "systemd.slices", "systemd.tmpfiles", "users.groups", "users.users",
    "virtualisation.cores", "virtualisation.diskSize", "virtualisation.forwardPorts", "virtualisation.graphics",
    "virtualisation.memorySize", "virtualisation.vmVariant",
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
