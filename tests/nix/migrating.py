"""docs/MIGRATING.md names every flag and variable of the ancestor, and only options that exist."""
import json
import pathlib
import re

PAGE = pathlib.Path("docs/MIGRATING.md")
NAMES = pathlib.Path("tests/nix/ancestor.json")


def check(options, ours, wrong):
    """options: those of NixOS, a paths.Options; ours: names of ours. Returns how many names and options were found."""
    with NAMES.open(encoding="utf-8") as file:
        listed = json.load(file)
    page = PAGE.read_text()
    rows = dict(re.findall(r"^\| `(--[a-z-]+|[A-Z][A-Z0-9_]+)` \| (.*?) \|", page, re.M))
    names = [*listed["flags"], *listed["variables"]]
    missing = [name for name in names if name not in rows]
    surplus = sorted(set(rows) - set(names))
    if missing or surplus or len(set(names)) != len(names):
        raise wrong(f"docs/MIGRATING.md lacks {missing}, and has {surplus}, which tests/nix/ancestor.json does not list")
    for name, instead in rows.items():
        waits = re.fullmatch(r"waits for: ([a-z A-Z]+)", instead)
        if waits and waits[1] not in listed["waits for"]:
            raise wrong(f"docs/MIGRATING.md: {name} waits for {waits[1]!r}, which is nothing that will come")
        if not waits and instead != "nothing to set" and "`services." not in instead:
            raise wrong(f"docs/MIGRATING.md: {name} has neither an option, nor what it waits for, nor nothing to set")
    # What waits inside of a note is held to the same list.
    for waits in re.findall(r"waits for: ([a-z A-Z]+)[,|]?", page):
        if not any(waits.startswith(known) for known in listed["waits for"]):
            raise wrong(f"docs/MIGRATING.md: {waits!r} is nothing that will come")
    named = sorted(set(re.findall(r"services\.[a-zA-Z0-9_]+(?:\.[a-zA-Z0-9_]+)+", page)))
    for option in named:
        known = option in ours if option.startswith("services.reflector.") else options.find(tuple(option.split("."))) == "good"
        if not known:
            raise wrong(f"docs/MIGRATING.md names {option}, which is no option")
    return len(names), len(named)
