"""How shut the running machine is: ports, exposure, processes, secrets."""

import json
import uuid

from machine import Failed
from recovery import SERVICES

# The same bound as tests/nix has for the files.
EXPOSURE = 20
# Addresses and ports that may listen: Caddy for people, the rest for this machine alone.
LISTENING = {"*:80", "*:443", "127.0.0.1:1250", "127.0.0.1:3900", "127.0.0.1:3901", "127.0.0.1:3903"}
OURS = ["reflector-web.service", "reflector-work.service", "reflector-secrets.service", "reflector-ca-bundle.service"]
# What a container on somebody's machine can't have: cores, memory, a disk and an encrypted one, a clock and a firewall of its own.
NOT_HERE = {"H-01", "H-02", "H-03", "H-53", "H-54", "H-77", "H-105", "H-106"}
# What `links` of vm-tests/story.py shows.
OPENER = "an-opener-of-nothing"
RUNNING = ["reflector-web.service", "reflector-work.service"]


def listening(box, visitor):
    """Every listening TCP and UDP socket of the machine is one that may be there."""
    found = set()
    for line in box.do("ss --no-header --listening --tcp --udp --numeric").splitlines():
        found.add(line.split()[4].replace("[::]", "*").replace("0.0.0.0", "*"))
    if not found <= LISTENING:
        raise Failed(f"these sockets may not listen: {sorted(found - LISTENING)}")
    if not {"*:443", "127.0.0.1:1250"} <= found:
        raise Failed(f"nobody listens where the pages are: {sorted(found)}")
    return f"{len(found)} sockets, all allowed"


def exposure(box, visitor):
    """systemd finds no unit of ours more exposed than allowed, as it runs."""
    listed = box.do("systemctl list-unit-files --no-legend 'reflector-*.service'").splitlines()
    # Of a template, an instance.
    units = sorted(line.split()[0].replace("@.", "@rehearsal.") for line in listed)
    missing = set(OURS) - set(units)
    if missing:
        raise Failed(f"systemd does not know {sorted(missing)}")
    for unit in units:
        status, said = box.try_(f"systemd-analyze security --no-pager --threshold={EXPOSURE} {unit}")
        if status:
            raise Failed(f"{unit} is more exposed than {EXPOSURE / 10}: {said.splitlines()[-1]}")
    return f"{len(units)} units of at most {EXPOSURE / 10}"


def processes(box, visitor):
    """Users differ; no process of ours may gain rights, none has any, and system calls are filtered."""
    users = {}
    for unit in SERVICES:
        pid, = box.show(unit, "MainPID")
        status = dict(line.split(":\t", 1) for line in box.do(f"cat /proc/{pid}/status").splitlines() if ":\t" in line)
        user = status["Uid"].split()[0]
        if user == "0" or user in users:
            raise Failed(f"{unit} runs as user {user}, as {users.get(user, 'root')}")
        users[user] = unit
        if status["NoNewPrivs"].strip() != "1":
            raise Failed(f"{unit} may gain new privileges")
        if unit in RUNNING:
            for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
                if int(status[name], 16):
                    raise Failed(f"{unit} has {name} {status[name]}")
            if status["Seccomp"].strip() != "2":
                raise Failed(f"{unit} may make every system call")
        for place in ("/etc", "/usr", "/var/lib/postgresql", "/home"):
            # Asked by root in the unit's own view of the files.
            if unit in RUNNING and box.try_(f"nsenter --target {pid} --mount -- test -w {place}")[0] == 0:
                raise Failed(f"{unit} could write to {place}")
    return f"{len(users)} services, {len(users)} users"


def logs(box, visitor):
    """What opens something is in no log: not the address of a link, nor a token or key that a request showed."""
    visitor.tell("links")
    asked = box.do("cat /var/log/caddy/access-*.log")
    for where, text in (("Caddy's log", asked), ("the journal", box.do("journalctl --no-pager --output=cat"))):
        found = [line for line in text.splitlines() if OPENER in line]
        if found:
            raise Failed(f"{where} has what opens something: {found[0]}")
    if "/quote/***" not in asked or "token=***" not in asked:
        raise Failed(f"Caddy has no log of requests, or not of these: {asked[-300:]}")
    return f"{len(asked.splitlines())} requests"


def secrets(box, visitor):
    """No secret in an argument, an environment, a unit's properties, the journal, or a file that others may read."""
    known = {}
    for name in box.do("ls /var/lib/reflector-secrets").split():
        text = box.do(f"cat /var/lib/reflector-secrets/{name}").strip()
        # The id of a key is a name, which Garage writes down; an .env repeats the others.
        if not name.endswith((".env", "-access-key")) and len(text) >= 16:
            known[text] = name
    key = box.do("cat /var/lib/certificates/meetings.key")
    known[key.splitlines()[1]] = "the certificate's key"
    # One that lies open, so that finding nothing means something.
    decoy = uuid.uuid4().hex
    known[decoy] = "the decoy"
    box.write("/etc/decoy", decoy)
    if len(known) < 6:
        raise Failed(f"only {sorted(known.values())} are known")
    wrong = []

    def look(where, text, allowed=()):
        wrong.extend(f"{name} in {where}" for secret, name in known.items() if secret in text and name not in allowed)

    look("what `systemctl show` tells", box.do("systemctl show '*'"))
    look("the journal", box.do("journalctl --no-pager --output=cat"))
    garage, = box.show("garage.service", "MainPID")
    pids = [pid for pid in box.do("ls /proc").split() if pid.isdigit()]
    for pid in pids:
        look(f"the arguments of {pid}", box.try_(f"tr '\\0' ' ' </proc/{pid}/cmdline")[1])
        # Garage takes its first key from nowhere else; its environment can be read by root and itself.
        own = {name for name in known.values() if name.startswith("garage-")} if pid == garage else ()
        look(f"the environment of {pid}", box.try_(f"tr '\\0' '\\n' </proc/{pid}/environ")[1], own)
    box.do("install -m 0600 /dev/null /root/wanted")
    box.write("/root/wanted", "".join(f"{secret}\n" for secret in known))
    found = box.try_("find /etc /run /var /nix /tmp /home /srv /opt -xdev -type f -perm /o+r -print0 2>/dev/null "
                     "| xargs -0 grep --files-with-matches --fixed-strings --file=/root/wanted 2>/dev/null")[1].split()
    # A folder that others can't enter keeps what is in it.
    wrong += [f"a secret in {path}" for path in found if box.try_(f"runuser -u nobody -- test -r {path}")[0] == 0]
    box.do("rm /root/wanted /etc/decoy")
    if "a secret in /etc/decoy" not in wrong:
        raise Failed(f"the decoy was not found, but {wrong}")
    wrong.remove("a secret in /etc/decoy")
    if wrong:
        raise Failed("; ".join(wrong))
    return f"{len(known) - 1} secrets looked for in {len(pids)} processes, the journal, the units and every readable file"


def requirements(box, visitor):
    """The program's own list: everything holds but what a Debian root without a disk, clock, kernel or firewall of its own has not."""
    box.do("systemctl start reflector-backup reflector-self-test")
    said = box.try_(f"{box.hardening} --json 2>/dev/null")[1]
    rows = json.loads(said)
    of = {outcome: [row["id"] for row in rows if row["outcome"] == outcome] for outcome in ("pass", "fail", "not applicable")}
    wrong = [f"{row['id']} {row['requirement']}: {row['seen']}" for row in rows if row["outcome"] == "fail" and row["id"] not in NOT_HERE]
    if wrong:
        raise Failed("these do not hold:\n" + "\n".join(wrong))
    return f"{len(of['pass'])} hold, {len(of['not applicable'])} do not apply, {len(of['fail'])} can't hold in a container: {' '.join(of['fail'])}"
