"""Mistakes planted in the rendered files: the rehearsal must stumble over each, at the step that is there for it."""
import contextlib
import io
from typing import Callable, NamedTuple

from machine import Failed, Machine


class Mistake(NamedTuple):
    change: Callable
    # The steps that are run; the last must find it, and say these words.
    steps: tuple
    words: str
    configuration: str = "rehearsal"


def replace(file, text, instead):
    def change(files):
        if text not in files[file]:
            raise Failed(f"planted.py: {file} has no {text!r}")
        files[file] = files[file].replace(text, instead)

    return change


MISTAKES = {
    # A command that the program does not have.
    "exec": Mistake(replace("units/reflector-web.service", "/bin/reflector serve", "/bin/reflector sreve"), ("boot",), "reflector-web.service"),
    # A guard that lets everybody in.
    "open": Mistake(replace("Caddyfile", "not remote_ip 127.0.0.0/8 ::1", "not remote_ip 0.0.0.0/0 ::/0"), ("boot", "outside"),
                    "was answered with 200"),
    # A log that has all of an address.
    "logged": Mistake(replace("Caddyfile", "request>uri regexp", "request>nothing regexp"), ("boot", "logs"), "Caddy's log has what opens something"),
    # A server on a port, where a unix socket is meant.
    "port": Mistake(replace("redis", "port=0", "port=6379"), ("boot", "listening"), "127.0.0.1:6379"),
    # A unit that may do more than it needs.
    "exposed": Mistake(replace("units/reflector-work.service", "ProtectSystem=strict\n", ""), ("boot", "processes"), "could write to /etc"),
    # A proxy that does not say who asks: all are one, and one shuts all out.
    "masked": Mistake(replace("Caddyfile", "flush_interval -1\n", "flush_interval -1\n  header_up -X-Forwarded-For\n"), ("boot", "login"),
                      "shut this machine out", "rehearsalLogin"),
}


def check(folder, given, recording, rehearsal):
    """How many mistakes were planted and found; each on a machine of its own."""
    for name, mistake in MISTAKES.items():
        box = Machine("rehearsal", folder / name, given, mistake.configuration)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                rehearsal(box, recording, mistake)
        except Failed as problem:
            if not str(problem).startswith(mistake.steps[-1]) or mistake.words not in str(problem):
                raise Failed(f"planted {name!r}, but found something else: {problem}") from None
            continue
        raise Failed(f"planted {name!r}, and the step {mistake.steps[-1]!r} did not notice")
    return len(MISTAKES)
