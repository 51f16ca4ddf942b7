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
        before, = box.show(unit, "MainPID")
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
        for other in SERVICES:
            if box.show(other, "ActiveState") != ["active"]:
                raise Failed(f"{other} is not active any more:\n{box.journal(other)}")
        return "back by itself; " + said.rsplit("; ", 1)[1]

    return step


def reboot(box, visitor):
    """The machine boots again, and the transcript is there."""
    state = box.reboot()
    if state != "running":
        raise Failed(f"the machine is {state} after a reboot: {box.try_('systemctl list-units --failed --no-legend')[1]}")
    visitor.reachable()
    return visitor.tell("health", "still-there", "refused")


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
