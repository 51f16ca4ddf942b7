"""Turns the option list into stubs.json, from which stubs.nix declares typed options. Every type must be understood."""
import json
import re
import sys

import paths

SIMPLE = {
    "boolean": "bool", "string": "str", "signed integer": "int", "absolute path": "path", "package": "package",
    'strings concatenated with "\\n"': "lines", "unspecified value": "unspecified", "raw value": "raw", "module": "raw",
    "JSON value": "anything", "TOML value": "anything", "systemd option": "unitOption", "attribute set": "attrs",
    "positive integer, meaning >0": "positive", "unsigned integer, meaning >=0": "unsigned",
    "floating point number": "float", "nixpkgs config": "attrs", "non-empty string": "nonEmptyStr",
    "(optionally newline-terminated) single-line string": "singleLineStr",
    "16 bit unsigned integer; between 0 and 65535 (both inclusive)": "port",
    "string, not containing newlines or colons": "passwdEntry", "absolute path, not containing newlines or colons": "path",
    "atom (null, bool, int, float or string)": "anything",
    "path in the Nix store": "path", "list of string, with spaces inside double quotes": "strings",
    "sysctl option value": "anything",
    "An evaluation of Nixpkgs; the top level attribute set of packages": "attrs", "nixpkgs overlay": "raw",
    "one of the available driver branches in `pkgs/os-specific/linux/nvidia-x11/default.nix`": "str",
    "strings concatenated with \" \"": "str", "(attribute set of boolean) or (list of string) convertible to it": "anything",
}


def bare(text):
    """Without parentheses around the whole."""
    while text.startswith("("):
        depth = 0
        for place, letter in enumerate(text):
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if depth == 0:
                break
        if place != len(text) - 1:
            break
        text = text[1:-1]
    return text


def alternatives(text):
    parts, depth, quoted, begin = [], 0, False, 0
    for place, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        depth += 0 if quoted else {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0 and not quoted and text.startswith(" or ", place):
            parts.append(text[begin:place])
            begin = place + 4
    return parts + [text[begin:]]


def convert(text, node):
    """The type of an option whose children, if it is made of submodules, are below `node`."""
    text = text.strip()
    if text in SIMPLE:
        return {"t": SIMPLE[text]}
    if text.startswith("string (with check: non-empty"):
        return {"t": "nonEmptyStr"}
    if text.startswith("non-empty ("):
        return convert(bare(text[len("non-empty "):]), node)
    if text in ("submodule", "(submodule)"):
        return {"t": "submodule", "options": children(node)}
    for prefix, kind in (("list of ", "listOf"), ("lazy attribute set of ", "attrsOf"), ("attribute set of ", "attrsOf")):
        if text.startswith(prefix):
            return {"t": kind, "of": convert(bare(text[len(prefix):]), step(node))}
    if text.startswith("nested attribute set of"):
        return {"t": "anything"}
    if text.startswith("open submodule of "):
        free = convert(bare(text[len("open submodule of "):]), {})
        return {"t": "submodule", "options": children(node), "free": free}
    if text.startswith("one of "):
        return {"t": "enum", "values": re.findall(r'"([^"]*)"', text)}
    if text.startswith("string matching the pattern "):
        return {"t": "matching", "pattern": text[len("string matching the pattern "):].replace("\\\\", "\\")}
    found = re.fullmatch(r"integer between (\d+) and (\d+) \(both inclusive\)", text)
    if found:
        return {"t": "between", "low": int(found[1]), "high": int(found[2])}
    found = re.fullmatch(r'value "([^"]*)" \(singular enum\)', text)
    if found:
        return {"t": "enum", "values": [found[1]]}
    if "convertible to it" in text or text.startswith("section of an INI file"):
        return {"t": "anything"}
    parts = alternatives(text)
    if len(parts) > 1:
        kinds = [convert(bare(part), node) for part in parts if part != "null"]
        either = kinds[0] if len(kinds) == 1 else {"t": "oneOf", "of": kinds}
        return {"t": "nullOr", "of": either} if "null" in parts else either
    raise ValueError(f"a type that stubs.py does not know: {text!r}")


def step(node):
    """Below a `<name>` or `*`."""
    kids = node.get("kids", {})
    wild = [kid for kid in kids if kid.startswith("<") or kid == "*"]
    return kids[wild[0]] if len(wild) == 1 else {}


def default(text):
    """A plain value, or nothing where the text is an expression."""
    plain = {"true": True, "false": False, "null": None, "[ ]": [], "{ }": {}, "''''": "", "''": ""}
    text = re.sub("‹[^›]*›", "${name}", text or "")
    if text in plain:
        return True, plain[text]
    if re.fullmatch(r"-?\d+", text):
        return True, int(text)
    if re.fullmatch(r'"[^"\\]*"', text) and ("${" not in text or "${name}" in text):
        return True, text[1:-1]
    return False, None


def children(node):
    found = {}
    for name, kid in node.get("kids", {}).items():
        if "option" not in kid:
            found[name] = {"below": children(kid)}
            continue
        option = {"type": convert(kid["option"]["type"], kid)}
        known, value = default(kid["option"].get("default"))
        # Where the list describes a default in words, there is none to repeat.
        words = isinstance(value, str) and not value.startswith("/") and not re.search("string|one of", kid["option"]["type"])
        if known and not words:
            option["default"] = value
        if kid["option"].get("readOnly"):
            option["readOnly"] = True
        found[name] = option
    return found


if __name__ == "__main__":
    options = paths.Options(sys.argv[1], sys.argv[2])
    json.dump(children(options.tree), sys.stdout)
