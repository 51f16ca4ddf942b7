"""Mistakes planted in a copy of the sources: each must make the check fail, and say where."""
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

LIB = "needs nixpkgs' lib"
RENDERED = "needs nixpkgs' lib, and is found in what it renders"
# What is planted: file, text, what takes its place, words of the failure, and what finding it needs.
MISTAKES = {
    "a misspelt option of NixOS": (
        "modules/redis.nix", "requirePassFile =", "requirePasFile =", "no option services.redis.servers.reflector.requirePasFile", None),
    "a misspelt option of our own": (
        "modules/models.nix", "services.reflector.settings.models.dir =", "services.reflector.settings.models.folder =",
        "no option services.reflector.settings.models.folder", None),
    "an option of another release": (
        "modules/ollama.nix", "loadModels =", 'modelsDir = "/x"; loadModels =', "no option services.ollama.modelsDir", None),
    "broken syntax": ("modules/llm.nix", "mkMerge [", "mkMerge (", "syntax error", None),
    "a wrong type": (
        "modules/postgres.nix", "ensureDatabases = [ ours.database ];", "ensureDatabases = ours.database;", "is not of type", LIB),
    "an unsafe combination that is accepted": (
        "modules/network.nix", "assertion = loopback || cfg.caddy.enable || login || cfg.openWithoutLogin;", "assertion = true;",
        "listensToAll was not refused", LIB),
    "a change that was not rendered": (
        "modules/service.nix", 'MemoryMax = "4G";', 'MemoryMax = "5G";', "was made from other sources", None),
    "a default that is not the program's": (
        "modules/settings.nix", "beam = option (ints.between 1 16) 5 1", "beam = option (ints.between 1 16) 4 1",
        "settings.speech.beam is 4 by default", RENDERED),
    "a setting that the module lacks": (
        "docs/CONFIGURATION.md", "| `speech.beam` |", "| `speech.beams` |", "that the module lacks: ['speech.beams']", None),
    "an option for newcomers that there is not": (
        "docs/MIGRATING.md", "`services.reflector.llm.url`", "`services.reflector.llm.address`", "which is no option", None),
    "a flag that is forgotten": (
        "docs/MIGRATING.md", "| `--extra-ca` |", "| --extra |", "lacks ['--extra-ca']", None),
    "another upload limit": (
        "modules/lib.nix", "maxUploadBytes = 10000000000;", "maxUploadBytes = 5000000000;", "limits uploads to 5000000000", None),
    "a libtorch that tch is not made for": (
        "nixos/packages.nix", '"0.24.0" = "2.11.0";', '"0.24.0" = "2.10.0";', "tch 0.24.0 needs 2.10.0", LIB),
    "a step that the story lacks": ("vm-tests/backup.nix", '"still-there")', '"still-thre")', "the story has no step 'still-thre'", LIB),
    "a name that a test's script lacks": ("vm-tests/ports.nix", "for machine in [open, shut]", "for machine in [open, shutt]",
        "the script knows nothing of shutt", LIB),
    "a provider's passwords in the clear": (
        "modules/authentik.nix", "assertion = ours.isLoopback authentik.address;", "assertion = true;", "authentikElsewhere was not refused", LIB),
    "a machine of a test that is refused": ("vm-tests/split-hosts.nix", "processes = 2;", "processes = 3;",
        "database is refused", LIB),
    "an output that is gone": ("nixos/default.nix", "inherit models demo docs;", "inherit models demo;", "lacks packages: ['docs']", LIB),
    "a source that is not there": ("nixos/packages.nix", "../build.rs", "../bild.rs", "no such file", LIB),
    "a directive that systemd does not know": (
        "modules/lib.nix", "ProtectClock = true;", "ProtectClok = true;", "Unknown key 'ProtectClok'", RENDERED),
    "a unit that is too exposed": (
        "modules/lib.nix", 'CapabilityBoundingSet = "";', 'CapabilityBoundingSet = "~CAP_SYS_TTY_CONFIG";', "is more exposed than", RENDERED),
    "a directive that Caddy does not know": (
        "modules/caddy.nix", "reverse_proxy ${", "reverse_prox ${", "caddy validate", RENDERED),
    "an alert that rests on nothing": (
        "modules/metrics.nix", "reflector_queue_waiting >", "reflector_queue_wating >", "which the program does not give out", RENDERED),
    "a database for everybody": (
        "modules/remote-database.nix", "assertion = open postgresql -> whole postgresql;", "assertion = true;",
        "databaseInTheClear was not refused", LIB),
    "secrets that others may read": ("modules/secrets.sh", "umask 077", "umask 022", "not as they should be", RENDERED),
}
# Of the last four only that they are there matters.
NEEDED = ["modules", "nixos", "vm-tests", "tests/nix", "flake.nix", "flake.lock", "Cargo.toml", "docs/CONFIGURATION.md", "docs/OPTIONS.md", "docs/MIGRATING.md",
          "src", "Cargo.lock", "build.rs", "rustfmt.toml", "clippy.toml"]


def check(wrong):
    # Asked of all of them everywhere: a machine without the lib must not hide that one has nowhere left to be planted.
    for name, (file, text, *_) in MISTAKES.items():
        if text not in pathlib.Path(file).read_text():
            raise wrong(f"planted.py: {file} has no {text!r}, so '{name}' can't be planted")
    possible = [name for name, (*_, need) in MISTAKES.items() if not need or os.environ.get("NIXPKGS_LIB")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for problem in pool.map(plant, possible):
            if problem:
                raise wrong(problem)
    waiting = len(MISTAKES) - len(possible)
    return f"{len(possible)} mistakes, each found" + (f"; {waiting} wait for nixpkgs' lib" if waiting else "")


def plant(name):
    """None if the mistake of this name is found, else what is wrong."""
    file, text, instead, words, need = MISTAKES[name]
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder)
        for needed in NEEDED:
            put(pathlib.Path(needed), copy / needed)
        for named in ["templates", "examples", "tests"]:
            (copy / named).mkdir(exist_ok=True)
        subprocess.run(["git", "init", "-q", folder], check=True)
        target = copy / file
        target.write_text(target.read_text().replace(text, instead, 1))
        renew = ["--write"] if need == RENDERED else []
        # What must be found everywhere is looked for without the lib.
        environment = {name: value for name, value in os.environ.items() if need or name != "NIXPKGS_LIB"}
        done = subprocess.run([sys.executable, "tests/nix/check.py", "", "--planted", *renew], cwd=copy, env=environment,
                              capture_output=True, text=True)
    if done.returncode == 0 or words not in done.stderr:
        return f"{name} was planted and not found: {done.stdout}{done.stderr}"
    return None


def put(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy(source, target)
