"""Proof without nixpkgs: see scripts/test-nix.sh, which calls this from the repository's root.

check.py TOOLS [--write] [--planted]
TOOLS: folder with nixfmt and deadnix. --write renews what is rendered and the option reference. --planted: this is a copy with a
mistake planted in it.
NIXPKGS_LIB: folder of nixpkgs' lib; without it what was evaluated before is checked, and must be of these very sources.
"""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import migrating
import paths
import planted
import reference
import rendered
import stories
import stubs

HERE = pathlib.Path("tests/nix")
RENDERED = HERE / "rendered"
UNKNOWN_AT_MOST = 15


class Wrong(Exception):
    """Something does not hold."""


def sources():
    """Every .nix file of the project."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.nix"],
                            capture_output=True, text=True, check=True).stdout.split()
    return sorted(name for name in set(listed) if os.path.exists(name))


def fingerprint():
    """Of everything that decides what is rendered."""
    whole = hashlib.sha256()
    for name in [*sources(), "modules/secrets.sh", "nixos/appliance/install.sh", "tests/nix/options.json", "tests/nix/overrides.json", "tests/nix/stubs.py"]:
        whole.update(name.encode() + b"\0" + pathlib.Path(name).read_bytes() + b"\0")
    return whole.hexdigest()


def run(command, problem):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Wrong(f"{problem}:\n{done.stdout}{done.stderr}")


def style(tools, files):
    """nixfmt and deadnix; not in a copy with a planted mistake, which they might stumble over first."""
    if "--planted" in sys.argv:
        return
    run([f"{tools}/nixfmt", "--check", *files], "not formatted; run `make fmt-nix`")
    # Arguments that a file does not use may be part of its interface.
    run([f"{tools}/deadnix", "--fail", "--no-lambda-pattern-names", *files], "unused bindings")
    print("      nixfmt and deadnix: nothing to say")


def modules(files):
    """Those files that hold options or settings of NixOS."""
    named = [name for name in files if name.startswith(("modules/", "nixos/configurations/", "nixos/templates/", "nixos/appliance/"))]
    return [paths.Module(name) for name in named if name != "modules/lib.nix" and not name.endswith(("flake.nix", "packages.nix"))]


def option_paths(files):
    options = paths.Options(HERE / "options.json", HERE / "overrides.json")
    options.complete.add("services.reflector")
    read = modules(files)
    for module in read:
        for path in module.declares:
            if path:
                options.declare(path)
    count, unknown, wrong = 0, set(), []
    for module in read:
        for path, _ in module.sets:
            if not path:
                continue
            count += 1
            name, verdict = ".".join(path), options.find(path)
            if verdict == "unknown":
                unknown.add(name)
            elif verdict == "wrong":
                wrong.append(f"{module.file}: NixOS has no option {name}")
    if wrong:
        raise Wrong("\n".join(wrong))
    if len(unknown) > UNKNOWN_AT_MOST:
        raise Wrong(f"more than {UNKNOWN_AT_MOST} options that the list does not know: {sorted(unknown)}")
    for name in sorted(unknown):
        print(f"      not checked: {name} (the list is partial there)")
    declared = sum(1 for module in read for path in module.declares if path)
    return count, declared, [text for module in read for text in module.assertions()]


class Evaluation:
    def __init__(self, lib, scratch):
        self.lib = lib
        self.stubs = pathlib.Path(scratch) / "stubs.json"
        options = paths.Options(HERE / "options.json", HERE / "overrides.json")
        self.stubs.write_text(json.dumps(stubs.children(options.tree)))

    def run(self, what, case=None):
        command = ["nix-instantiate", "--eval", "--strict", "--json", "--arg", "libPath", self.lib, "--arg", "stubsFile",
                   str(self.stubs), "--argstr", "what", what, str(HERE / "eval.nix")]
        if case:
            command += ["--argstr", "case", case]
        return subprocess.run(command, capture_output=True, text=True)

    def get(self, what, case=None):
        done = self.run(what, case)
        if done.returncode:
            raise Wrong(f"{what}: {done.stderr}")
        return json.loads(done.stdout)


def refusals(evaluation, assertions):
    """Every refused configuration is refused for its reason, and every assertion refuses one."""
    hit = set()
    refused = evaluation.get("refused")
    for name, case in refused.items():
        if not any(case["words"] in message for message in case["failed"]):
            raise Wrong(f"refused.nix: {name} was not refused with {case['words']!r}, but with {case['failed']}")
        for message in case["failed"]:
            if case["words"] in message:
                hit.update(place for place, parts in enumerate(assertions) if made_of(message, parts))
    left = [" … ".join(parts) for place, parts in enumerate(assertions) if place not in hit]
    if left:
        raise Wrong("no configuration in tests/nix/refused.nix is refused by:\n" + "\n".join(left))
    mistyped = evaluation.get("mistyped")
    for name, words in mistyped.items():
        done = evaluation.run("mistypedCase", name)
        if done.returncode == 0 or words not in done.stderr:
            raise Wrong(f"mistyped.nix: {name} was not refused with {words!r}: {done.stdout}{done.stderr[-2000:]}")
    return len(refused), len(mistyped)


def made_of(message, parts):
    return re.fullmatch(".*".join(re.escape(part) for part in parts) + ".*", message, re.S) is not None


# What the flake must offer.
OUTPUTS = {
    "packages": {"default", "reflector", "reflector-cuda", "models", "demo", "docs", "iso", "qcow2", "image", "update"},
    "apps": {"default", "vm", "appliance"},
    "checks": {"clippy", "tests", "fmt", "doc", "formatting", "configuration-appliance", "configuration-appliance-gpu"},
    "devShells": {"default"},
    "formatter": {"formatter"},
}


def flake_agrees(flake):
    """Every output is there and whole; the scripts of the tests are Python that names nothing it does not have."""
    for kind, wanted in OUTPUTS.items():
        missing = wanted - set(flake["names"][kind]["x86_64-linux"])
        if missing:
            raise Wrong(f"the flake lacks {kind}: {sorted(missing)}")
    for name, failed in flake["configurations"].items():
        if failed:
            raise Wrong(f"nixosConfigurations.{name} is refused: {failed}")
    if "flake.nix" not in flake["templates"]["default"] or "speech.nix" not in flake["templates"]["split"] or not flake["module"]:
        raise Wrong("templates or module of the flake are not what they should be")
    files = {path.stem for path in pathlib.Path("vm-tests").glob("*.nix")} - {"common"}
    if {name.removeprefix("vm-") for name in flake["stories"]} != files:
        raise Wrong(f"checks of the flake are {sorted(flake['stories'])}, vm-tests has {sorted(files)}")
    for name, story in flake["stories"].items():
        for machine, failed in story["nodes"].items():
            if failed:
                raise Wrong(f"{name}: {machine} is refused: {failed}")
        stories.check(name, story["script"], story["nodes"], Wrong)


def evaluate(lib, scratch, assertions, write):
    evaluation = Evaluation(lib, scratch)
    # A planted mistake shows in any of them.
    accepted = evaluation.get("accepted", "default private" if "--planted" in sys.argv else None)
    files = {}
    for name, made in accepted.items():
        if made["failed"]:
            raise Wrong(f"accepted.nix: {name} is refused: {made['failed']}")
        files.update({f"{name}/{path}": text for path, text in made["files"].items()})
    refused, mistyped = refusals(evaluation, assertions)
    flake = evaluation.get("outputs")
    outputs = sum(len(names) for systems in flake["names"].values() for names in systems.values())
    files.update(flake["files"])
    flake_agrees(flake)
    options = evaluation.get("options")
    reference.complete(options, Wrong)
    page = reference.page(options)
    if write:
        rendered.write(RENDERED, files, fingerprint())
        pathlib.Path("docs/OPTIONS.md").write_text(page)
    if rendered.read(RENDERED) != files:
        raise Wrong("tests/nix/rendered is not what the modules make now; run `make render-nix`")
    if pathlib.Path("docs/OPTIONS.md").read_text() != page:
        raise Wrong("docs/OPTIONS.md is not what the modules declare now; run `make render-nix`")
    print(f"      evaluated with nixpkgs' lib: {len(accepted)} configurations accepted, {refused} refused by "
          f"{len(assertions)} assertions, {mistyped} by types, {len(options)} options documented, "
          f"{outputs} outputs of the flake, {len(flake['stories'])} stories of {sum(len(story['nodes']) for story in flake['stories'].values())} machines")


def main():
    tools, write = sys.argv[1], "--write" in sys.argv
    files = sources()
    try:
        for name in files:
            paths.read(name)
        print(f"      parsed: {len(files)} files")
        style(tools, files)
        set_paths, declared, assertions = option_paths(files)
        print(f"      options: {set_paths} paths set, all known to NixOS; {declared} of our own; {len(assertions)} assertions")
        reference.constants_agree(Wrong)
        with tempfile.TemporaryDirectory() as scratch:
            lib = os.environ.get("NIXPKGS_LIB")
            if lib:
                evaluate(lib, scratch, assertions, write)
            else:
                print("      nixpkgs' lib is not at hand: the files of the last evaluation are checked, if they are of these sources")
            reference.defaults_agree(Wrong)
            known = paths.Options(HERE / "options.json", HERE / "overrides.json")
            names, named = migrating.check(known, reference.documented_options(), Wrong)
            print(f"      migrating: {names} flags and variables of the ancestor, {named} options named instead")
            if rendered.stamp(RENDERED) != fingerprint():
                raise Wrong("tests/nix/rendered was made from other sources; set NIXPKGS_LIB and run `make render-nix`")
            print("      rendered: " + rendered.check(RENDERED, pathlib.Path(scratch), Wrong))
            if "--planted" not in sys.argv:
                print("      planted: " + planted.check(Wrong))
    except (Wrong, SyntaxError, ValueError) as problem:
        sys.exit(f"test-nix: {problem}")


if __name__ == "__main__":
    main()
