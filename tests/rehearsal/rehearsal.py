"""The appliance's own files on a real systemd: boot, the story, kills, reboot, hardening, secrets, backup and restore.

rehearsal.py FOLDER, in namespaces of its own (scripts/rehearsal.sh). REHEARSAL_PLANT names a mistake to plant.
"""
import os
import pathlib
import sys
import time
import types

import hardening
import login
import planted
import recovery
from machine import Failed, Forbidden, Machine, wait
from visitor import Visitor

# Seconds after which a unit of ours that failed is started again.
RESTART = 2


def booted(box, visitor):
    """Units of ours and what they stand on are up at the first try."""
    state = box.boot()
    if state != "running":
        failed = box.try_("systemctl list-units --failed --plain --no-legend")[1].split("\n")
        names = [line.split()[0] for line in failed if line.strip()]
        raise Failed(f"the machine is {state}; failed: {names}\n{box.journal(*names) if names else ''}")

    def first_try():
        for unit in recovery.SERVICES:
            active, restarts = box.show(unit, "ActiveState", "NRestarts")
            if active != "active" or restarts != "0":
                raise Failed(f"{unit} is {active} after {restarts} restarts:\n{box.journal(unit)}")
        return True

    # What starts is not yet what stays up.
    wait("the pages listen", lambda: first_try() and "127.0.0.1:1250" in box.do("ss --no-header --listening --tcp --numeric"))
    time.sleep(2 * RESTART)
    first_try()
    visitor.reachable()
    return f"{len(recovery.SERVICES)} services, each at its first start"


def steps(configuration):
    """Name and what to do on a machine of that configuration, in order."""
    if configuration == "rehearsalLogin":
        return [("boot", booted), ("login", login.login), ("doctor", recovery.doctor)]
    return [
        ("boot", booted),
        ("health", lambda box, visitor: visitor.tell("health")),
        ("outside", lambda box, visitor: visitor.tell("refused", outside=True)),
        ("ports", lambda box, visitor: visitor.tell("ports", outside=True)),
        ("listening", hardening.listening),
        ("tls", lambda box, visitor: visitor.tell("tls")),
        ("headers", lambda box, visitor: visitor.tell("headers")),
        ("upload", lambda box, visitor: visitor.tell("upload")),
        ("transcript", lambda box, visitor: visitor.tell("transcript")),
        ("page", lambda box, visitor: visitor.tell("page")),
        *((f"kill {unit}", recovery.kill(unit)) for unit in recovery.SERVICES),
        ("late database", recovery.late),
        ("authorities", recovery.authorities),
        ("reboot", recovery.reboot),
        ("doctor", recovery.doctor),
        ("exposure", hardening.exposure),
        ("processes", hardening.processes),
        ("logs", hardening.logs),
        ("secrets", hardening.secrets),
        ("backup", recovery.backup),
        ("requirements", hardening.requirements),
    ]


def rehearse(box, visitor, wanted):
    """How many steps were checked."""
    checked = 0
    for name, function in wanted:
        try:
            said = function(box, visitor)
        except Failed as problem:
            raise Failed(f"{name}: {problem}") from None
        if said is None:
            continue
        print(f"      {name:32} {said}", flush=True)
        checked += 1 + visitor.took()
    return checked


def main():
    folder = pathlib.Path(sys.argv[1])
    cache, target = pathlib.Path(os.environ["REFLECTOR_CACHE"]), pathlib.Path(os.environ["CARGO_TARGET_DIR"])
    given = types.SimpleNamespace(
        root=os.environ["REHEARSAL_ROOT"], program=target / "debug/reflector", libtorch=pathlib.Path(os.environ["LIBTORCH"]).resolve(),
        models=cache / "models", garage=cache / "garage-2.3.0")
    plant = os.environ.get("REHEARSAL_PLANT")
    recording = cache / "samples/public/sample.wav"
    try:
        for path in (given.program, given.models, given.garage, recording):
            if not path.exists():
                raise Failed(f"{path} is missing: run `make setup`")
        if plant:
            if plant not in planted.MISTAKES:
                raise Failed(f"REHEARSAL_PLANT={plant} is none of {', '.join(planted.MISTAKES)}")
            print(f"      planted: {plant}")
            mistake = planted.MISTAKES[plant]
            rehearsal(Machine("rehearsal", folder / "machine", given, mistake.configuration), recording, mistake)
            raise Failed(f"the planted mistake {plant!r} was not found")
        checked = rehearsal(Machine("rehearsal", folder / "machine", given), recording)
        print("      another machine, where people log in")
        checked += rehearsal(Machine("rehearsal", folder / "login", given, "rehearsalLogin"), recording)
        found = planted.check(folder, given, recording, rehearsal)
        print(f"rehearsal: {checked} steps checked, {found} planted mistakes found")
    except Forbidden as problem:
        print(f"rehearsal: NOT RUN: {problem}")
    except Failed as problem:
        sys.exit(f"rehearsal: FAILED: {problem}")


def rehearsal(box, recording, mistake=None):
    """One machine from its first boot to the end; with a mistake, only the steps that lead to it."""
    try:
        box.lay(mistake.change if mistake else lambda files: None)
        visitor = Visitor(box, recording)
        return rehearse(box, visitor, [step for step in steps(box.configuration) if not mistake or step[0] in mistake.steps])
    finally:
        box.stop()


if __name__ == "__main__":
    main()
