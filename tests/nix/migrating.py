"""docs/MIGRATING.md names every flag and variable of the ancestor; every page names only options and tests that exist."""
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
    named = set()
    for file in sorted(pathlib.Path("docs").glob("*.md")):
        for option in re.findall(r"\b(?:services|reflector\.appliance)\.[a-zA-Z0-9_]+(?:\.[a-zA-Z0-9_]+)*", file.read_text()):
            if not exists(option, options, ours):
                raise wrong(f"{file} names {option}, which is no option")
            named.add(option)
    return len(names), len(named)


def exists(option, options, ours):
    if "reflector" not in option.split(".")[:2]:
        return options.find(tuple(option.split("."))) == "good"
    # A group of options may be named, too.
    return option in ours or any(name.startswith(option + ".") for name in ours)


def tests(wrong):
    """Every file that docs/SCENARIOS.md names is there, and has the word that stands behind it."""
    page = pathlib.Path("docs/SCENARIOS.md")
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", page.read_text(), re.M)
    for scenario, proof in rows:
        if set(scenario) <= set("-|") or scenario == "scenario":
            continue
        if not re.search(r"`[a-z-]+/[\w./-]+`|rehearsal: `|waits for: |\]\(|reflector doctor", proof):
            raise wrong(f"{page}: {scenario!r} is proved by nothing: {proof}")
        for path, words in re.findall(r"`((?:vm-tests|tests|modules)/[\w./-]+)`((?:,? `[\w ]+`)*)", proof):
            file = pathlib.Path(path)
            if not file.exists():
                raise wrong(f"{page}: {scenario!r} rests on {path}, which is not there")
            text = file.read_text()
            for word in re.findall(r"`([\w ]+)`", words):
                if not re.search(rf"\b{re.escape(word)}\b", text):
                    raise wrong(f"{page}: {path} has nothing called {word}")
