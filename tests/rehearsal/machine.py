"""A machine: a Debian root with the rendered files of one configuration on it, booted by systemd-nspawn."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
RENDERED = TREE / "tests/nix/rendered"
FOREIGN = TREE / "tests/rehearsal/foreign"
STORE = re.compile(r"/nix/store/([0-9a-f]{32}-[^/\s\"':]+)")
# Longest wait for anything that the machine does by itself.
PATIENCE = 120


class Failed(Exception):
    """A step does not hold."""


class Forbidden(Exception):
    """This computer does not let us."""


def wait(what, done, patience=PATIENCE):
    end = time.monotonic() + patience
    while True:
        found = done()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"waited {patience} s in vain: {what}")
        time.sleep(0.25)


class Machine:
    def __init__(self, name, folder, given, configuration="rehearsal"):
        """`given` names what is not in the tree: root, program, libtorch, models, garage; `configuration` one of tests/nix/accepted.nix."""
        self.name, self.folder, self.given, self.configuration = name, folder, given, configuration
        self.root = folder / "root"
        self.log = folder / "console.log"
        self.nspawn = self.leader = None
        self.ran = False

    # --- Making it ---------------------------------------------------------------------------------------------------

    def lay(self, change=lambda files: None):
        """Lays the root and everything rendered; `change` may plant a mistake in the rendered files first."""
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir(parents=True)
        options = f"lowerdir={self.given.root},upperdir={self.folder}/upper,workdir={self.folder}/work"
        try:
            run(["mount", "-t", "overlay", "overlay", "-o", options, str(self.root)])
        except Failed as problem:
            raise Forbidden(f"no overlay can be mounted: {problem}") from None
        rendered = RENDERED / self.configuration
        files = {str(path.relative_to(rendered)): path.read_text() for path in rendered.rglob("*") if path.is_file()}
        change(files)
        self.store(files)
        for path in FOREIGN.iterdir():
            self.unit(path.name, path.read_text())
        for name, text in files.items():
            if name.startswith("units/"):
                self.unit(name.removeprefix("units/"), text)
        # As on NixOS: the system's own names, and a locale in UTF-8.
        self.put("/etc/hosts", "127.0.0.1 localhost meetings.rehearsal.test minutes.rehearsal.test\n::1 localhost\n")
        self.put("/etc/locale.conf", "LANG=C.UTF-8\n")
        self.put("/etc/hostname", "meetings\n")
        self.put("/etc/tmpfiles.d/00-nixos.conf", files["tmpfiles.conf"])
        self.put("/etc/sysusers.d/nixos.conf", sysusers(files["users"], files["redis"]))
        self.put("/etc/caddy/caddy_config", files["Caddyfile"])
        self.put("/etc/garage.toml", files["garage.toml"])
        self.postgres(files)
        self.redis(files["redis"])
        self.put("/etc/ld.so.conf.d/libtorch.conf", "/opt/libtorch/lib\n")
        (self.root / "opt/libtorch/lib").mkdir(parents=True)

    def put(self, path, text, mode=0o644):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink() or target.exists():
            target.unlink()
        target.write_text(text)
        target.chmod(mode)

    def unit(self, name, text):
        """A unit, or what is added to one; wanted by whom it says, as NixOS does with wantedBy."""
        place = "/etc/systemd/system"
        self.put(f"{place}/{name}", text)
        for wanting in re.findall(r"^WantedBy=(.*)$", text, re.M):
            link = self.root / f"{place.lstrip('/')}/{wanting}.wants/{name}"
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(f"{place}/{name}")

    def store(self, files):
        """Every path of the store that the files name leads to what it stands for; nothing may be left over."""
        self.bound = {str(self.given.libtorch): "/opt/libtorch"}
        for path in sorted({found for text in files.values() for found in STORE.findall(text)}):
            place = self.root / "nix/store" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            name = path[33:]
            if name.startswith("unit-script-"):
                script = name.removeprefix("unit-script-")
                self.put(f"/nix/store/{path}/bin/{script}", files[f"scripts/{script}"], 0o755)
            elif name == "ca-bundle.crt":
                place.symlink_to("/etc/ssl/certs/ca-certificates.crt")
            elif f"scripts/{name}-0" in files:
                self.put(f"/nix/store/{path}/bin/{name}", files[f"scripts/{name}-0"], 0o755)
            elif name.startswith("reflector-models"):
                place.mkdir()
                self.bound[str(self.given.models)] = f"/nix/store/{path}"
            elif re.fullmatch(r"reflector-[0-9.]+", name):
                self.put(f"/nix/store/{path}/bin/reflector", "", 0o755)
                self.bound[str(self.given.program)] = f"/nix/store/{path}/bin/reflector"
            elif name.startswith("garage-"):
                place.mkdir()
                self.bound[str(self.given.garage)] = f"/nix/store/{path}"
            else:
                # Debian's programs are all in one place.
                place.symlink_to("/usr")
        self.as_service, self.hardening = (f"/usr/local/bin/reflector-{name}" for name in ("as-service", "hardening"))
        for program in (self.as_service, self.hardening):
            self.put(program, files[f"scripts/{pathlib.Path(program).name}-0"], 0o755)

    def postgres(self, files):
        """As NixOS writes it: our rules before its own, and roles and databases made by a unit of their own."""
        place = "/etc/postgresql-nixos"
        own = f"hba_file = '{place}/pg_hba.conf'\nident_file = '{place}/pg_ident.conf'\nunix_socket_directories = '/run/postgresql'\n"
        self.put(f"{place}/postgresql.conf", own + files["postgresql.conf"])
        self.put(f"{place}/pg_hba.conf", files["pg_hba.conf"] + "local all postgres peer map=postgres\nlocal all all peer\n")
        self.put(f"{place}/pg_ident.conf", files["pg_ident.conf"] + "postgres postgres postgres\n")
        self.put(f"{place}/setup", SETUP, 0o755)

    def redis(self, line):
        name, *pairs = line.split()
        given = dict(pair.split("=", 1) for pair in pairs)
        settings = (f"port {given['port']}\nbind 127.0.0.1\nunixsocket {given['socket']}\nunixsocketperm {given['mode']}\nsave \"\"\n"
                    f"daemonize no\nsupervised systemd\ndir /var/lib/redis-{name}\n")
        self.put("/etc/redis-nixos/redis.conf", settings)
        self.put("/etc/redis-nixos/prepare", PREPARE.format(name=name, password=given["password"]), 0o755)

    # --- Running it --------------------------------------------------------------------------------------------------

    def boot(self):
        command = ["systemd-nspawn", "--quiet", f"--directory={self.root}", f"--machine={self.name}", "--register=no",
                   "--keep-unit", "--private-network", "--resolv-conf=off", "--timezone=off", "--link-journal=no",
                   # nspawn keeps these from a machine: packet filters of IPAddressDeny= are programs for the kernel, and
                   # Landlock is what a program takes its own rights away with.
                   "--system-call-filter=bpf landlock_create_ruleset landlock_add_rule landlock_restrict_self", "--boot"]
        command += [f"--bind-ro={source}:{target}" for source, target in self.bound.items()]
        with open(self.log, "ab") as log:
            self.nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"})
        self.leader = wait("systemd is process 1 of the machine", self.find_leader, 60)
        wait("systemd answers", lambda: self.try_("systemctl show --property=Version")[0] == 0, 60)
        self.ran = True
        return self.try_("systemctl is-system-running --wait")[1].strip().splitlines()[-1]

    def find_leader(self):
        if self.nspawn.poll() is not None:
            said = "systemd-nspawn ended: " + " ".join(self.log.read_text(errors="replace").splitlines()[-3:])
            raise Failed(said) if self.ran else Forbidden(said)
        children = pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(FileNotFoundError):
                # Before, it is nspawn's own child, which is soon gone.
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
        return None

    def inside(self, command):
        return ["nsenter", "--target", str(self.leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root",
                "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin", "LANG=C.UTF-8", "SYSTEMD_COLORS=0", "/bin/sh", "-c", command]

    def try_(self, command):
        """Status and output of a shell command on the machine, run by root."""
        done = subprocess.run(self.inside(command), capture_output=True, text=True, errors="replace", cwd="/")
        return done.returncode, done.stdout + done.stderr

    def do(self, command):
        status, said = self.try_(command)
        if status:
            raise Failed(f"on the machine, `{command}` ended with {status}: {said[-3000:]}")
        return said

    def write(self, path, text):
        """Writes a file on the running machine, whose root has file systems of its own mounted."""
        done = subprocess.run(self.inside(f"cat >{path}"), input=text, capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise Failed(f"{path} can't be written: {done.stderr}")

    def show(self, unit, *properties):
        told = dict(line.split("=", 1) for line in self.do(f"systemctl show {unit}").splitlines() if "=" in line)
        return [told.get(name, "") for name in properties]

    def journal(self, *units, lines=25):
        return self.try_(f"journalctl --no-pager --output=cat --lines={lines} " + " ".join(f"--unit={unit}" for unit in units))[1]

    def reboot(self):
        """nspawn ends with 133 when the machine asks for a reboot and nobody but us can do it."""
        self.try_("systemctl reboot")
        status = self.nspawn.wait(60)
        if status != 133:
            raise Failed(f"the machine did not ask to be booted again, but ended with {status}")
        return self.boot()

    def stop(self):
        if self.nspawn and self.nspawn.poll() is None:
            self.nspawn.send_signal(signal.SIGKILL)
            self.nspawn.wait()
        subprocess.run(["umount", "--lazy", str(self.root)], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failed(f"{' '.join(command[:3])} …: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def sysusers(users, redis):
    """What NixOS makes of users.users, for systemd-sysusers; Redis' user is NixOS's own."""
    made = [f"redis-{redis.split()[0]} group=redis-{redis.split()[0]} system=true", *users.splitlines()]
    lines = []
    for line in made:
        name, *pairs = line.split()
        group = dict(pair.split("=") for pair in pairs)["group"]
        lines += [f"g {group} -", f"u {name} -:{group} - / /usr/sbin/nologin"]
    return "\n".join(dict.fromkeys(lines)) + "\n"


SETUP = """#!/bin/sh
set -e
until psql -d postgres -tAc 'SELECT 1' >/dev/null 2>&1; do sleep 0.1; done
psql -d postgres -tAc "SELECT 1 FROM pg_database WHERE datname = 'reflector'" | grep -q 1 || psql -d postgres -tAc 'CREATE DATABASE reflector'
psql -d postgres -tAc "SELECT 1 FROM pg_roles WHERE rolname = 'reflector'" | grep -q 1 || psql -d postgres -tAc 'CREATE USER reflector'
psql -d postgres -tAc 'ALTER DATABASE reflector OWNER TO reflector'
"""

PREPARE = """#!/bin/sh
set -e
main=/var/lib/redis-{name}/redis.conf
run=/run/redis-{name}/nixos.conf
touch $main $run
chown redis-{name}:redis-{name} $main $run
chmod 0600 $main $run
echo "include \\"$run\\"" >$main
{{
  echo 'include "/etc/redis-nixos/redis.conf"'
  echo "requirepass $(cat {password})"
}} >$run
"""
