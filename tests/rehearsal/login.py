"""Who comes in where people log in: on a machine of its own, whose administrator comes from a file with a hash."""
import hashlib
import secrets

from machine import Failed

EMAIL = "admin@rehearsal.test"
# Where the configuration looks for the hash.
HASH = "/var/lib/login/admin-hash"


def enrol(box, folder):
    """Lays the hash of a new password where the machine expects it, and both halves where the story does."""
    password, salt = secrets.token_urlsafe(18), secrets.token_hex(8)
    made = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 100_000).hex()
    box.put(HASH, f"pbkdf2:sha256:100000${salt}${made}\n", 0o600)
    file = folder / "login"
    file.write_text(f"{EMAIL}\n{password}\n")
    return file


def login(box, visitor):
    """By token, page and cookie through Caddy; whoever tries too often pays for it alone; nothing that was typed is written down."""
    said = visitor.tell("health", "login").split("; ")[1]
    tried = visitor.tell("limited", outside=True)
    try:
        visitor.tell("login")
    except Failed as problem:
        raise Failed(f"wrong passwords from elsewhere shut this machine out, too: {problem}") from None
    password = visitor.login.read_text().split()[1]
    told = {"the journal": box.do("journalctl --no-pager --output=cat"), "Caddy's log": box.do("cat /var/log/caddy/access-*.log"),
            "what `systemctl show` tells": box.do("systemctl show '*'")}
    stored = box.do(f"cat {HASH}").strip()
    for where, text in told.items():
        for what, secret in (("the password", password), ("its hash", stored)):
            if secret in text:
                raise Failed(f"{what} is in {where}")
    if "/v1/auth/login" not in told["Caddy's log"]:
        raise Failed("Caddy has no log of the logins, so that nothing was found there says nothing")
    return f"{said}; from elsewhere {tried}, here not"
