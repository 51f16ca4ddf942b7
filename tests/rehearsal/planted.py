"""Mistakes planted in the rendered files: the rehearsal must stumble over each, at the step that is there for it."""
import contextlib
import io
from typing import Callable, NamedTuple

from machine import Failed, Machine


class Mistake(NamedTuple):
    change: Callable
    # The step that must find it, and a word of what it says.
    step: str
    words: str


def replace(file, text, instead):
    def change(files):
        if text not in files[file]:
            raise Failed(f"planted.py: {file} has no {text!r}")
        files[file] = files[file].replace(text, instead)

    return change


MISTAKES = {
    "exec": Mistake(replace("units/reflector-web.service", "/bin/reflector serve", "/bin/reflector sreve"), "boot", "reflector-web.service"),
    "open": Mistake(replace("Caddyfile", "@elsewhere not remote_ip 127.0.0.0/8 ::1", "@elsewhere not remote_ip 0.0.0.0/0 ::/0"),
                    "outside", "was answered with 200"),
}


def check(folder, given, recording, rehearsal):
    """How many mistakes were planted and found; each needs a machine of its own, up to the step that finds it."""
    for name, mistake in MISTAKES.items():
        box = Machine("rehearsal", folder / name, given)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                rehearsal(box, recording, mistake.change, last=mistake.step)
        except Failed as problem:
            if not str(problem).startswith(mistake.step) or mistake.words not in str(problem):
                raise Failed(f"planted {name!r}, but found something else: {problem}") from None
            continue
        raise Failed(f"planted {name!r}, and the step {mistake.step!r} did not notice")
    return len(MISTAKES)
