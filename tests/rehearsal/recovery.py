"""What comes back: killed services, a rebooted machine, a lost database."""
from machine import Failed, wait

# Ours and what they stand on, in the order in which they are killed.
SERVICES = ["reflector-web.service", "reflector-work.service", "postgresql.service", "redis-reflector.service", "garage.service", "caddy.service"]
# Where the begun upload is at work, not only half sent, when the service dies.
AT_WORK = {"reflector-work.service", "postgresql.service"}


def kill(unit):
    def step(box, visitor):
        """Killed without a goodbye while an upload is under way; it comes back by itself, and the upload ends."""
        visitor.tell("begin")
        if unit in AT_WORK:
            visitor.tell("working")
        running = {other: box.show(other, "MainPID")[0] for other in SERVICES}
        before = running[unit]
        # What a kernel short of memory does. Children go with it, as in KillMode=control-group.
        box.do(f"kill -9 {before}")

        def back():
            active, pid = box.show(unit, "ActiveState", "MainPID")
            return active == "active" and pid not in ("0", before)

        try:
            wait(f"{unit} comes back", back, 60)
        except Failed as problem:
            raise Failed(f"{problem}\n{box.do(f'systemctl status --no-pager {unit} || true')}") from None
        said = visitor.tell("health", "finishes")
        for other, pid in running.items():
            # What stands on it waits for it, and is not taken down with it.
            if other != unit and box.show(other, "ActiveState", "MainPID") != ["active", pid]:
                raise Failed(f"{other} was not left alone:\n{box.journal(other)}")
        return "back by itself; " + said.rsplit("; ", 1)[1]

    return step


def reboot(box, visitor):
    """The machine boots again, and the transcript is there."""
    state = box.reboot()
    if state != "running":
        raise Failed(f"the machine is {state} after a reboot: {box.try_('systemctl list-units --failed --no-legend')[1]}")
    visitor.reachable()
    visitor.tell("refused", outside=True)
    return visitor.tell("health", "still-there")


def late(box, visitor):
    """Pages and jobs that start before their database come up once it does."""
    ours = "reflector-web.service reflector-work.service"
    box.do(f"systemctl stop {ours} postgresql.target postgresql.service")
    box.do("chmod 0 /etc/postgresql-nixos/postgresql.conf")
    box.try_(f"systemctl start {ours}")
    status, said = box.try_("systemctl is-active postgresql.service")
    if status == 0:
        raise Failed("PostgreSQL runs without its settings, so nothing is late")
    box.do("chmod 0644 /etc/postgresql-nixos/postgresql.conf; systemctl reset-failed; systemctl start postgresql.target")
    return visitor.tell("health", "still-there").split("; ")[0]


def authorities(box, visitor):
    """An authority dropped into the folder is trusted from then on, without a hand at anything else."""
    bundle = "/run/reflector-ca/ca-bundle.crt"
    before, = box.show("reflector-web.service", "MainPID")
    if "rehearsal.pem" not in box.do("ls /var/lib/reflector-ca"):
        raise Failed("the authority of this rehearsal is not in its folder")
    first = visitor.authority("A later authority")
    box.write("/var/lib/reflector-ca/later.pem", first)
    wait("the new authority is in the bundle", lambda: first.split("\n")[3] in box.do(f"cat {bundle}"), 60)
    wait("the pages start again with it", lambda: box.show("reflector-web.service", "MainPID")[0] not in ("0", before), 60)
    count = box.do(f"grep -c BEGIN.CERTIFICATE {bundle}").strip()
    return f"{count} authorities trusted; {visitor.tell('health', 'still-there').split('; ')[0]}"


def doctor(box, visitor):
    """`reflector doctor` as the worker's user finds everything that the machine is made of."""
    said = box.try_(f"{box.as_service} doctor")[1]
    parts = ["settings", "database", "storage", "events", "ffmpeg", "model", "login", "site"]
    good = {line.split()[1].rstrip(":") for line in said.splitlines() if line.startswith("ok ")}
    bad = {line.split()[1].rstrip(":") for line in said.splitlines() if line.startswith("FAIL ")}
    if set(parts) - good or set(parts) & bad:
        raise Failed(said)
    return "ok: " + ", ".join(parts)


def backup(box, visitor):
    """Saved, lost, restored: the transcript and its sound are what they were."""
    program = box.as_service
    if box.try_(f"{program} backup --help")[0]:
        print("      backup                           WAITS for `reflector backup`, which this program does not have yet")
        return None
    folder = "/var/lib/rehearsal-backup"
    box.do(f"install -d -o reflector-work -g reflector -m 0700 {folder}")
    box.do(f"{program} backup --to {folder}")
    made = box.do(f"ls -t {folder}").split()
    if not made:
        raise Failed(f"{folder} is empty after a backup")
    box.do("systemctl stop reflector-web reflector-work garage redis-reflector")
    box.do("runuser -u postgres -- psql -c 'DROP DATABASE reflector' -c 'CREATE DATABASE reflector OWNER reflector'")
    box.do("rm -rf /var/lib/private/garage/*")
    box.do("systemctl start garage redis-reflector")
    # The store makes its layout and bucket first.
    wait("Garage answers", lambda: box.try_("bash -c '</dev/tcp/127.0.0.1/3900'")[0] == 0)
    box.do(f"{program} restore {folder}/{made[0]} --force")
    box.do("systemctl start reflector-web reflector-work")
    return visitor.tell("health", "still-there", "page")
