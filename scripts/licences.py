#!/usr/bin/env python3
"""Writes src/web/pages/about/crates.tsv: every crate of Cargo.lock with its version and licence, as cargo knows them.

A crate that no build for Linux uses has "-" in the place of its licence. Needs no network once `cargo fetch` has run.
"""
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "src/web/pages/about/crates.tsv"
PLATFORM = "x86_64-unknown-linux-gnu"


def known() -> dict[tuple[str, str], str]:
    """Licences by name and version, of what a build for Linux uses."""
    command = ["cargo", "metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", PLATFORM]
    ran = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    metadata = json.loads(ran.stdout)
    used = {node["id"] for node in metadata["resolve"]["nodes"]}
    return {
        (package["name"], package["version"]): package["license"] or "see its own file"
        for package in metadata["packages"]
        if package["id"] in used and package["source"]
    }


def main() -> None:
    licences = known()
    with (ROOT / "Cargo.lock").open("rb") as file:
        packages = tomllib.load(file)["package"]
    lines = []
    for package in packages:
        if "source" not in package:
            continue
        licence = licences.get((package["name"], package["version"]), "-")
        licence = re.sub(r"\s*/\s*", " OR ", licence)
        lines.append(f"{package['name']}\t{package['version']}\t{licence}\n")
    OUT.write_text("".join(sorted(lines)), encoding="utf-8")
    print(f"{len(lines)} crates in {OUT.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
