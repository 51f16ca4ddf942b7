"""Mistakes planted in a copy of the sources: each must make the check fail, and say where."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

# What is planted: file, text, what takes its place, words of the failure, and whether finding it needs nixpkgs' lib.
MISTAKES = {
    "a misspelt option of NixOS": (
        "modules/redis.nix", "requirePassFile =", "requirePasFile =", "no option services.redis.servers.reflector.requirePasFile", False),
    "a misspelt option of our own": (
        "modules/models.nix", "services.reflector.settings.models.dir =", "services.reflector.settings.models.folder =",
        "no option services.reflector.settings.models.folder", False),
    "an option of another release": (
        "modules/ollama.nix", "loadModels =", 'modelsDir = "/x"; loadModels =', "no option services.ollama.modelsDir", False),
    "broken syntax": ("modules/llm.nix", "mkMerge [", "mkMerge (", "syntax error", False),
    "a wrong type": (
        "modules/postgres.nix", "ensureDatabases = [ ours.database ];", "ensureDatabases = ours.database;", "is not of type", True),
    "an unsafe combination that is accepted": (
        "modules/network.nix", "assertion = loopback || cfg.caddy.enable || cfg.openWithoutLogin;", "assertion = true;",
        "listensToAll was not refused", True),
    "a change that was not rendered": (
        "modules/service.nix", 'MemoryMax = "4G";', 'MemoryMax = "5G";', "was made from other sources", False),
    "a default that is not the program's": (
        "modules/settings.nix", "beam = option (ints.between 1 16) 5 1", "beam = option (ints.between 1 16) 4 1",
        "settings.speech.beam is 4 by default", True),
    "another upload limit": (
        "modules/lib.nix", "maxUploadBytes = 10000000000;", "maxUploadBytes = 5000000000;", "limits uploads to 5000000000", False),
    "a libtorch that tch is not made for": (
        "nixos/packages.nix", '"0.24.0" = "2.11.0";', '"0.24.0" = "2.10.0";', "tch 0.24.0 needs 2.10.0", True),
    "a source that is not there": ("nixos/packages.nix", "../build.rs", "../bild.rs", "no such file", True),
}
NEEDED = ["modules", "nixos", "tests/nix", "flake.nix", "flake.lock", "Cargo.toml", "docs/CONFIGURATION.md", "docs/OPTIONS.md", "src/config/server.rs"]


def check(wrong):
    found = skipped = 0
    for name, (file, text, instead, words, needs_lib) in MISTAKES.items():
        if needs_lib and not os.environ.get("NIXPKGS_LIB"):
            skipped += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for needed in NEEDED:
                put(pathlib.Path(needed), copy / needed)
            # Only that they are there matters of these.
            for named in ["Cargo.lock", "build.rs", "rustfmt.toml", "clippy.toml"]:
                put(pathlib.Path(named), copy / named)
            for named in ["templates", "tests"]:
                (copy / named).mkdir(exist_ok=True)
            subprocess.run(["git", "init", "-q", folder], check=True)
            target = copy / file
            whole = target.read_text()
            if text not in whole:
                raise wrong(f"planted.py: {file} has no {text!r}")
            target.write_text(whole.replace(text, instead, 1))
            # What must be found everywhere is looked for without the lib.
            environment = {name: value for name, value in os.environ.items() if needs_lib or name != "NIXPKGS_LIB"}
            done = subprocess.run([sys.executable, "tests/nix/check.py", "", "--planted"], cwd=copy, env=environment,
                                  capture_output=True, text=True)
            if done.returncode == 0 or words not in done.stderr:
                raise wrong(f"{name} was planted and not found: {done.stdout}{done.stderr}")
        found += 1
    return f"{found} mistakes, each found" + (f"; {skipped} wait for nixpkgs' lib" if skipped else "")


def put(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy(source, target)
