"""Lets PyPI's CUDA build of PyTorch be imported on a machine without NVIDIA's libraries.

torch/lib names libraries such as libcublas that are not installed. For each of them this writes a small one into torch/lib with the
symbols that PyTorch wants from it; a call of any of them ends the program. On a CPU none is called.
"""

import pathlib
import re
import subprocess
import sysconfig
import tempfile

SYSTEM = re.compile(r"^(lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+|util)\.so|ld-linux)")
SITE = pathlib.Path(sysconfig.get_paths()["purelib"])
LIB = SITE / "torch" / "lib"
# Which libraries are of our making, so that a second run makes them anew.
MADE = LIB / "stand-ins.txt"


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], capture_output=True, text=True, check=True).stdout


def symbols(path):
    """(name, version, is defined here) of the dynamic symbols."""
    for line in readelf("--dyn-syms", path).splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[4] in ("GLOBAL", "WEAK", "UNIQUE"):
            name, _, version = fields[7].partition("@")
            if fields[6] != "UND":
                yield name, None, True
            elif fields[4] != "WEAK":
                yield name, version.lstrip("@") or None, False


def wanted_versions(path):
    """Symbol version -> library that must have it."""
    library, owners = None, {}
    for line in readelf("-V", path).splitlines():
        if found := re.search(r"File: (\S+)", line):
            library = found[1]
        elif library and (found := re.search(r"Name: (\S+)\s+Flags:", line)):
            owners[found[1]] = library
    return owners


def build(library, plain, versioned):
    with tempfile.TemporaryDirectory() as folder:
        source, versions = pathlib.Path(folder, "stub.c"), pathlib.Path(folder, "stub.map")
        names = sorted(set(plain).union(*versioned.values()))
        source.write_text("#include <stdlib.h>\n" + "".join(f"void {name}(void){{abort();}}\n" for name in names))
        versions.write_text("".join(f"{version} {{ global: {'; '.join(sorted(names))}; }};\n" for version, names in sorted(versioned.items())))
        command = ["gcc", "-shared", "-fPIC", "-w", "-fno-builtin", "-o", LIB / library, source, f"-Wl,-soname,{library}"]
        subprocess.run(command + ([f"-Wl,--version-script,{versions}"] if versioned else []), check=True)


def main():
    for library in MADE.read_text().split() if MADE.exists() else ():
        (LIB / library).unlink(missing_ok=True)
    ours = [path for path in LIB.iterdir() if ".so" in path.name]
    have = {path.name for path in ours} | {path.name for path in SITE.glob("nvidia/cu13/lib/*.so*")}
    missing, owners, defined, undefined = set(), {}, set(), set()
    for path in ours:
        names = re.findall(r"NEEDED.*\[(.+?)\]", readelf("-d", path))
        missing |= {name for name in names if name not in have and not SYSTEM.match(name)}
        owners |= wanted_versions(path)
    for path in [*ours, *SITE.glob("nvidia/cu13/lib/*.so*")]:
        for name, version, here in symbols(path):
            (defined if here else undefined).add(name if here else (name, version))
    MADE.write_text("\n".join(sorted(missing)))
    for library in sorted(missing):
        versioned = {}
        for name, version in undefined:
            if version and owners.get(version) == library:
                versioned.setdefault(version, set()).add(name)
        # Symbols without a version may come from anywhere: one library carries them all.
        loose = {name for name, version in undefined if not version and name not in defined and re.match(r"cu|nv|nccl", name)}
        build(library, loose if library.startswith("libcudnn.so") else (), versioned)


main()
