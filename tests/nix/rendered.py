"""The files that configurations become, kept under tests/nix/rendered, and what reads them: systemd, Caddy, bash."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tomllib
import urllib.parse

STAMP = "SOURCES.sha256"
STORE = re.compile(r"/nix/store/[^\s\"':]+")
# Exposure that systemd-analyze may find in a unit of ours, of 100.
EXPOSURE = 20
# Of NixOS, not of ours: what our units order themselves by.
FOREIGN = ["postgresql.target", "postgresql.service", "redis-reflector.service", "garage.service", "ollama.service",
           "ollama-model-loader.service", "caddy.service", "sshd.service"]


def write(folder, files, stamp):
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / STAMP).write_text(stamp + "\n")


def read(folder):
    return {str(path.relative_to(folder)): path.read_text()
            for path in sorted(folder.rglob("*")) if path.is_file() and path.name != STAMP}


def stamp(folder):
    path = folder / STAMP
    return path.read_text().strip() if path.exists() else None


def check(folder, scratch, wrong):
    """Has the real programs read a copy, in which the store is a folder of stand-ins."""
    units = caddyfiles = scripts = 0
    for configuration in sorted(path for path in folder.iterdir() if path.is_dir()):
        copy = scratch / configuration.name
        for path in configuration.rglob("*"):
            if path.is_file():
                place(path, copy / path.relative_to(configuration), scratch)
        for script in sorted((copy / "scripts").glob("*")):
            # As NixOS does with what writeShellApplication makes.
            tell(["shellcheck", "--shell=bash", str(script)], f"{configuration.name}: {script.name}", wrong)
            scripts += 1
        if not (copy / "units").exists():
            continue
        secrets(copy, wrong)
        if (copy / "scripts/reflector-ca-bundle-start").exists():
            authorities(copy, wrong)
        if (copy / "scripts/reflector-certs-start").exists():
            certificates(copy, wrong)
        for rules in (copy / "etc/reflector").glob("prometheus-rules.json"):
            alerts(rules, wrong)
        units += verify(copy / "units", configuration.name, wrong)
        if (copy / "Caddyfile").exists():
            caddy(copy, wrong)
            caddyfiles += 1
    return f"{units} units verified by systemd, {caddyfiles} Caddyfiles by Caddy, {scripts} scripts by ShellCheck"


def place(source, target, scratch):
    """Copies, with the store moved to `scratch` and something to run wherever a path leads to a program."""
    def move(found):
        stand_in = scratch / found[0].lstrip("/")
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        if "/bin/" in found[0] and not stand_in.exists():
            stand_in.write_text("#!/bin/sh\n")
            stand_in.chmod(0o755)
        return str(stand_in)

    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(STORE.sub(move, source.read_text()))


def verify(folder, name, wrong):
    for unit in FOREIGN:
        # NixOS writes one file of what it and we say; where we replace the command, the stand-in has none.
        ours = folder / (unit + ".d") / "reflector.conf"
        replaced = ours.exists() and "ExecStart=" in ours.read_text()
        text = "" if replaced or not unit.endswith(".service") else "[Service]\nExecStart=/bin/true\n"
        (folder / unit).write_text(text or "[Unit]\n")
    ours = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name.startswith("reflector"))
    foreign = sorted(path.name.removesuffix(".d") for path in folder.iterdir() if path.name.endswith(".service.d"))
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:/lib/systemd/system", "SYSTEMD_LOG_LEVEL": "warning"}
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *(str(folder / unit) for unit in ours + foreign)],
                          capture_output=True, text=True, env=environment)
    # What this machine's own units say of each other is not our business.
    said = [line for line in done.stderr.splitlines() if str(folder) in line or "reflector" in line]
    if said or done.returncode:
        raise wrong(f"{name}: systemd-analyze verify: {done.stderr}")
    for unit in ours:
        if unit.endswith(".service"):
            tell(["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}", str(folder / unit)],
                 f"{name}: {unit} is more exposed than {EXPOSURE / 10}", wrong, environment)
    return len(ours) + len(foreign)


def caddy(folder, wrong):
    """With a certificate where the configuration has one of its own."""
    tell(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test",
          "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")], "openssl", wrong)
    for name in ("key.pem", "certificate.pem"):
        for server in ("storage", "speech"):
            shutil.copy(folder / name, folder / f"{server}-{name}")
    environment = {**os.environ, "CREDENTIALS_DIRECTORY": str(folder), "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    tell(["caddy", "validate", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")],
         f"{folder.name}: caddy validate", wrong, environment)


def secrets(folder, wrong):
    """Starts the unit that makes secrets twice: what was made stays, nobody else may read it, and the program can."""
    state, runtime, given = folder / "state", folder / "runtime", folder / "given"
    for path in (state, runtime, given):
        path.mkdir()
    hard = 'a "quoted" \\ key/@'
    for name in ("s3-access-key", "s3-secret-key", "llm-api-key", "postgresql-password", "redis-password",
                 "transcript-api-key", "diarization-api-key", "admin-password-hash", "client-secret", "mail-password", "zulip-api-key", "failure-webhook-secret"):
        (given / name).write_text(hard + "\n")
    environment = {**os.environ, "STATE_DIRECTORY": str(state), "RUNTIME_DIRECTORY": str(runtime), "CREDENTIALS_DIRECTORY": str(given)}
    seen = []
    for _ in range(2):
        tell(["bash", str(folder / "scripts/reflector-secrets-start")], f"{folder.name}: secrets", wrong, environment)
        seen.append({path.name: path.read_text() for path in [*state.iterdir(), *runtime.iterdir()]})
    made, settings = seen[0], tomllib.loads(seen[0]["reflector.toml"])
    redis, s3 = settings.get("redis", {}).get("url"), settings.get("storage", {}).get("s3")
    escaped = urllib.parse.quote(hard, safe="")
    good = [
        made == seen[1],
        all(path.stat().st_mode & 0o077 == 0 for path in [*state.iterdir(), *runtime.iterdir()]),
        redis in (None, f"unix:///run/redis-reflector/redis.sock?pass={made.get('redis-password', '').strip()}",
                  f"rediss://:{escaped}@db.internal:6379"),
        all(len(made[name].strip()) == 64 for name in ("redis-password", "postgresql-password", "speech-api-key", "auth-secret-key", "auth-client-secret") if name in made),
        settings.get("database", {}).get("url") in (
            None, f"postgresql://reflector:{escaped}@db.internal:5432/reflector?sslmode=verify-full"),
        "garage.env" in made or s3 is None or s3["secret_key"] == hard,
        "garage.env" not in made or f"GARAGE_DEFAULT_SECRET_KEY={s3['secret_key']}\n" in made["garage.env"],
        settings.get("auth", {}).get("secret_key") == (made["auth-secret-key"].strip() if "auth-secret-key" in made else None),
        settings.get("auth", {}).get("admin_password_hash", hard) == hard,
        settings.get("auth", {}).get("client_secret", hard) == made.get("auth-client-secret", hard).strip(),
        settings.get("llm", {"api_key": hard})["api_key"] == hard,
        all(settings.get("speech", {}).get(name, hard) == hard for name in ("transcript_api_key", "diarization_api_key")),
    ]
    if not all(good):
        raise wrong(f"{folder.name}: the secrets are not as they should be: {good}")


def authorities(folder, wrong):
    """Starts the unit that gathers authorities: it takes certificates, leaves rubbish out, and restarts once a change."""
    run, dropped, programs, restarts = (folder / name for name in ("run", "dropped", "programs", "restarts"))
    for path in (run, dropped, programs):
        path.mkdir()
    (programs / "systemctl").write_text(f'#!/bin/sh\necho "$@" >>{restarts}\n')
    (programs / "systemctl").chmod(0o755)
    script = folder / "scripts/reflector-ca-bundle-start"
    text = script.read_text().replace("/run/reflector-ca", str(run)).replace("/var/lib/reflector-ca/", f"{dropped}/")
    # Files that are named, and else what is dropped into the folder.
    named = re.findall(r"^take (/\S+)$", text, re.M)
    root = dropped / (pathlib.Path(named[0]).name if named else "root.crt")
    for name in named:
        text = text.replace(f"take {name}\n", f"take {dropped / pathlib.Path(name).name}\n")
    system = re.search(r"^cat (\S+)", text, re.M)[1]
    with open(system, "w", encoding="utf-8") as file:
        file.write("the system's own\n")
    script.write_text(text)
    environment = {**os.environ, "RUNTIME_DIRECTORY": str(run), "PATH": f"{programs}:{os.environ['PATH']}"}

    def gathered():
        tell(["bash", str(script)], f"{folder.name}: certificate authorities", wrong, environment)
        return (run / "ca-bundle.crt").read_text().count("BEGIN CERTIFICATE"), restarts.exists() and len(restarts.read_text().splitlines())

    steps = [gathered()]
    tell(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=root",
          "-keyout", "/dev/null", "-out", str(root)], "openssl", wrong)
    (dropped / "rubbish.pem").write_text("no certificate\n")
    steps += [gathered(), gathered()]
    root.unlink()
    steps.append(gathered())
    if steps != [(0, False), (1, 1), (1, 1), (0, 2)] or (run / "ca-bundle.crt").stat().st_mode & 0o777 != 0o644:
        raise wrong(f"{folder.name}: certificates and restarts were {steps}")


def certificates(folder, wrong):
    """Starts the unit that makes certificates with a program that only notes what it is told: an authority once, a certificate
    once, and anew when its names change."""
    state, told = folder / "certs", folder / "told"
    state.mkdir()
    script = folder / "scripts/reflector-certs-start"
    text = script.read_text()
    program = re.search(r"(\S+/bin/reflector) certs init", text)[1]
    text = text.replace(program, str(folder / "program"))
    (folder / "program").write_text(f'''#!/bin/sh
echo "$2" >>{told}
[ "$2" = init ] && echo made >ca.crt || echo made >server.pem
''')
    (folder / "program").chmod(0o755)
    for names in ("", "", " --san DNS:more.example"):
        script.write_text(text.replace("certs issue", f"certs issue{names}"))
        tell(["bash", str(script)], f"{folder.name}: certificates", wrong, {**os.environ, "STATE_DIRECTORY": str(state)})
    if told.read_text().split() != ["init", "issue", "issue"]:
        raise wrong(f"{folder.name}: reflector certs was told {told.read_text().split()}")


def alerts(file, wrong):
    """Every number of ours that an alert rests on is one that the program gives out."""
    rules = [rule for group in json.loads(file.read_text())["groups"] for rule in group["rules"]]
    source = "".join(path.read_text() for path in pathlib.Path("src").rglob("*.rs"))
    for rule in rules:
        for name in re.findall(r"\breflector_[a-z_]+", rule["expr"]):
            if f'"{name}"' not in source:
                raise wrong(f"{rule['alert']} rests on {name}, which the program does not give out")


def tell(command, problem, wrong, environment=None):
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise wrong(f"{problem}:\n{done.stdout}{done.stderr}")
