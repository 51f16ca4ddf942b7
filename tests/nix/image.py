"""The appliance's disk, really built by systemd-repart from what was rendered: image.py ROOT SCRATCH

ROOT: a root of Debian trixie (scripts/trixie.sh). Stands in for the store with a few files, as nobody has the real one here;
everything else is as the configuration says, sizes included.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

RENDERED = pathlib.Path("tests/nix/rendered")
GIB = 1 << 30
SLOTS = {"usr-x86-64-verity": "verity", "usr-x86-64": "store"}


def inside(root, scratch, command):
    """Runs a command in the root, with the scratch folder at /mnt."""
    script = (f'mount --bind "{scratch}" "{root}/mnt"; mount -t proc proc "{root}/proc"; mount --rbind /dev "{root}/dev"; '
              f'mount -t tmpfs tmpfs "{root}/tmp"; exec chroot "{root}" "$@"')
    return subprocess.run(["unshare", "--mount", "bash", "-ec", script, "bash", *command], capture_output=True, text=True)


class Disk:
    def __init__(self, root, scratch):
        self.root, self.scratch = root, scratch

    def must(self, *command):
        done = inside(self.root, self.scratch, command)
        if done.returncode:
            sys.exit(f"image: {' '.join(command)}: {done.stderr}")
        return done.stdout

    def repart(self, definitions, image, *more):
        out = self.must("systemd-repart", f"--definitions=/mnt/{definitions}", "--dry-run=no", "--offline=yes", "--root=/mnt",
                        "--json=short", *more, f"/mnt/{image}")
        return json.loads(out)


def definitions(scratch, configuration, version):
    """The rendered ones, for a version, with files that exist in place of the store's."""
    folder = scratch / f"{configuration}-{version}"
    shutil.copytree(RENDERED / configuration / "repart.d", folder)
    for file in folder.iterdir():
        text = re.sub(r"^CopyFiles=/nix/store/[^:]+:", "CopyFiles=/fake/file:", file.read_text(), flags=re.M)
        file.write_text(re.sub(r"^(Label=reflector-\w+_).*", rf"\g<1>{version}", text, flags=re.M))
    return folder.name


def store(scratch, text):
    """Differs from version to version."""
    path = scratch / "nix/store/00000000000000000000000000000000-reflector/bin"
    path.mkdir(parents=True, exist_ok=True)
    (path / "reflector").write_text(text * 100000)
    (scratch / "fake").mkdir(exist_ok=True)
    (scratch / "fake/file").write_text("boots")


def one(partitions, kind, label):
    found = [part for part in partitions if part["type"] == kind and part["label"] == label]
    if len(found) != 1:
        sys.exit(f"image: {len(found)} partitions of type {kind} with the label {label}, not one")
    return found[0]


def size(text):
    return int(text[:-1]) * {"M": 1 << 20, "G": GIB}[text[-1]]


def declared(configuration):
    """Partition type -> size that each slot is declared with."""
    sizes = {}
    for file in (RENDERED / configuration / "repart.d").iterdir():
        text = file.read_text()
        kind, low, high = (re.search(rf"^{key}=(.*)", text, re.M)[1] for key in ("Type", "SizeMinBytes", "SizeMaxBytes"))
        if low != high:
            sys.exit(f"image: {file.name} may have any size from {low} to {high}; slots must not differ")
        if sizes.setdefault(kind, low) != low:
            sys.exit(f"image: slots of type {kind} have {sizes[kind]} and {low}")
    return {kind: size(text) for kind, text in sizes.items()}


def built(disk, configuration, version):
    """The image of one version; checks what is on it, and that the hash is of what is on it."""
    store(disk.scratch, f"version {version} ")
    image = f"{configuration}-{version}.raw"
    parts = disk.repart(definitions(disk.scratch, configuration, version), image, "--empty=create", "--size=auto", "--split=yes")
    sizes = declared(configuration)
    one(parts, "esp", "reflector-esp")
    for kind, name in SLOTS.items():
        used, empty = one(parts, kind, f"reflector-{name}_{version}"), one(parts, kind, "_empty")
        if not used["raw_size"] == empty["raw_size"] == sizes[kind]:
            sys.exit(f"image: slots of {kind} have {used['raw_size']} and {empty['raw_size']} bytes, not {sizes[kind]}")
    data = one(parts, "usr-x86-64", f"reflector-store_{version}")
    hashes = one(parts, "usr-x86-64-verity", f"reflector-verity_{version}")
    roothash = data["roothash"]
    if not re.fullmatch("[0-9a-f]{64}", roothash or "") or hashes["roothash"] != roothash:
        sys.exit(f"image: no roothash, but {roothash}")
    # By these the kernel's command line, which has the hash alone, finds both.
    identities = [part["uuid"].replace("-", "") for part in (data, hashes)]
    if identities != [roothash[:32], roothash[32:]]:
        sys.exit(f"image: partitions are {identities}, which the hash {roothash} does not lead to")
    return image, parts, roothash


def verified(disk, image, roothash, name):
    """Whether the store of an image is what its hash says."""
    stem = image.removesuffix(".raw")
    return inside(disk.root, disk.scratch, ["veritysetup", "verify", f"/mnt/{name or stem + '.store.raw'}",
                                            f"/mnt/{stem}.verity.raw", roothash]).returncode == 0


def pattern(text, version, uuid):
    """A name by sysupdate's pattern."""
    return text.replace("@v", version).replace("@u", uuid)


def data_after(file, place):
    """Where the next byte stands that is no hole; None at the end."""
    try:
        return os.lseek(file.fileno(), place, os.SEEK_DATA)
    except OSError:
        return None


def update(disk, image, parts, second):
    """What sysupdate does with the second version: into the empty slot, under the label and the identity that its transfers
    give; then the first is still there, whole."""
    new_image, new_parts, roothash = second
    for number, kind in ((4, "usr-x86-64-verity"), (5, "usr-x86-64")):
        name = SLOTS[kind]
        transfer = (RENDERED / "appliance/sysupdate.d" / {"verity": "10-verity.transfer", "store": "20-store.transfer"}[name]).read_text()
        told = dict(re.findall(r"^(\w+)=(.*)$", transfer.split("[Target]")[1], re.M))
        new = one(new_parts, kind, f"reflector-{name}_2")
        source = re.search(r"\[Source\]\nMatchPattern=(\S+)", transfer)[1]
        if told["MatchPartitionType"] != kind or pattern(told["MatchPattern"], "2", "") != new["label"]:
            sys.exit(f"image: the transfer of {name} would write {told}, the image has {new['label']}")
        if pattern(source, "2", new["uuid"]) != f"reflector_2_{new['uuid']}.{name}.raw.xz":
            sys.exit(f"image: an update's file would be {source}")
        empty = one(parts, kind, "_empty")
        stem = new_image.removesuffix(".raw")
        with open(disk.scratch / image, "r+b") as target, open(disk.scratch / f"{stem}.{name}.raw", "rb") as file:
            place = 0
            # The rest of the slot is zero already.
            while (place := data_after(file, place)) is not None:
                file.seek(place)
                chunk = file.read(1 << 20)
                target.seek(empty["offset"] + place)
                target.write(chunk)
                place += len(chunk)
        disk.must("sfdisk", "--quiet", "--part-label", f"/mnt/{image}", str(number), new["label"])
        disk.must("sfdisk", "--quiet", "--part-uuid", f"/mnt/{image}", str(number), new["uuid"])
    table = json.loads(disk.must("sfdisk", "--json", f"/mnt/{image}"))["partitiontable"]["partitions"]
    names = [part["name"] for part in table]
    if names[1:5] != ["reflector-verity_1", "reflector-store_1", "reflector-verity_2", "reflector-store_2"]:
        sys.exit(f"image: after an update the partitions are {names}")
    with open(disk.scratch / image, "rb") as file, open(disk.scratch / "slot-b", "wb") as out:
        file.seek(one(parts, "usr-x86-64", "_empty")["offset"])
        out.write(file.read(64 << 20))
    if not verified(disk, new_image, roothash, "slot-b"):
        sys.exit("image: the second version in its slot is not what its hash says")


def first_boot(disk, image, parts):
    """The rest of a larger disk becomes /var, and nothing else changes."""
    with open(disk.scratch / image, "r+b") as file:
        file.truncate((disk.scratch / image).stat().st_size + 20 * GIB)
    shutil.copytree(RENDERED / "applianceGpu/repart.d-first-boot", disk.scratch / "first-boot")
    after = disk.repart("first-boot", image)
    state = one(after, "var", "reflector-var")
    if state["raw_size"] < 19 * GIB or state["activity"] != "create":
        sys.exit(f"image: /var would be {state}")
    table = json.loads(disk.must("sfdisk", "--json", f"/mnt/{image}"))["partitiontable"]["partitions"]
    if [(part["start"] * 512, part["size"] * 512) for part in table[:5]] != [(part["offset"], part["raw_size"]) for part in parts]:
        sys.exit("image: the first boot moved partitions")
    # A second boot finds everything done.
    again = one(disk.repart("first-boot", image), "var", "reflector-var")
    if again["activity"] != "unchanged" or again["uuid"] != state["uuid"]:
        sys.exit(f"image: the second boot would change /var: {again}")


def main():
    disk = Disk(sys.argv[1], pathlib.Path(sys.argv[2]))
    image, parts, roothash = built(disk, "appliance", "1")
    if not verified(disk, image, roothash, None):
        sys.exit("image: the store is not what its hash says")
    second = built(disk, "appliance", "2")
    if second[2] == roothash:
        sys.exit("image: two versions have one hash")
    whole = disk.scratch / "appliance-1.store.raw"
    with open(whole, "r+b") as file:
        file.seek(4096)
        file.write(b"altered")
    if verified(disk, image, roothash, None):
        sys.exit("image: an altered store passes for what its hash says")
    update(disk, image, parts, second)
    first_boot(disk, image, parts)
    _, larger, _ = built(disk, "applianceGpu", "1")
    print(f"      image: {len(parts) + len(larger)} partitions built by systemd-repart, two versions verified by their hashes, an altered "
          "one refused, an update into the empty slot, /var made at the first boot")


if __name__ == "__main__":
    main()
