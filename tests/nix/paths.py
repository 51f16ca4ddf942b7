"""What a module sets, declares and asserts, read from its parse tree; and whether NixOS has such options."""
import json
import re
import subprocess

import nixexpr

LAST = {"mkForce", "mkDefault", "mkBefore", "mkAfter", "mkIf", "mkOverride", "mkOrder", "mkVMOverride", "optionalAttrs"}
DYNAMIC = "<dynamic>"


def read(file):
    done = subprocess.run(["nix-instantiate", "--parse", file], capture_output=True, text=True)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if not line.startswith("warning: the group")]
        raise SyntaxError(f"{file}: " + "\n".join(errors))
    return nixexpr.parse(done.stdout)


def name_of(function):
    """`lib.mkIf` -> mkIf."""
    if function[0] == "select" and function[2]:
        return function[2][-1]
    return function[1] if function[0] == "var" else None


def inner(expr):
    """Through functions, let, with and assert to what they return."""
    while expr[0] in ("lambda", "let", "with", "assert"):
        expr = expr[-1]
    return expr


def settings(expr, path=()):
    """Every (path, value) that an expression of definitions sets, whatever the conditions."""
    expr = inner(expr)
    kind = expr[0]
    if kind == "attrs":
        if not expr[1]:
            yield path, expr
        for key, value in expr[1]:
            yield from settings(value, path + (DYNAMIC if key is None else key,))
        return
    if kind == "if":
        yield from settings(expr[2], path)
        yield from settings(expr[3], path)
        return
    if kind == "op" and any(inner(part)[0] in ("attrs", "call") for part in expr[1]):
        for part in expr[1]:
            if inner(part)[0] in ("attrs", "call"):
                yield from settings(part, path)
        return
    if kind == "call":
        name, arguments = name_of(expr[1][0]), expr[1][1:]
        if name in LAST:
            yield from settings(arguments[-1], path)
            return
        if name == "mkMerge" and arguments[0][0] == "list":
            for item in arguments[0][1]:
                yield from settings(item, path)
            return
        if name == "genAttrs" and len(arguments) == 2:
            yield from settings(arguments[1], path + (DYNAMIC,))
            return
    yield path, expr


class Module:
    def __init__(self, file):
        self.file = file
        top = inner(read(file))
        self.is_module = top[0] == "attrs"
        keys = dict(top[1]) if self.is_module else {}
        if {"options", "config", "imports"} & set(keys):
            config = keys.get("config", ("attrs", []))
            # `{ imports = ..; services.x = ..; }` is short for a config.
            if "config" not in keys and "options" not in keys:
                config = ("attrs", [(key, value) for key, value in top[1] if key != "imports"])
            self.sets = list(settings(config))
            self.declares = [path for path, _ in settings(keys.get("options", ("attrs", [])))]
        else:
            self.sets = list(settings(top))
            self.declares = []

    def assertions(self):
        """The messages of its assertions, each as the constant pieces it is made of."""
        for path, value in self.sets:
            if path == ("assertions",) and value[0] == "list":
                for item in value[1]:
                    yield pieces(dict(inner(item)[1])["message"])


def pieces(expr):
    parts = expr[1] if expr[0] == "op" else [expr]
    return [part[1] for part in parts if part[0] == "str"]


class Options:
    """The option list with its overrides, as a tree of segments."""

    def __init__(self, listed, overrides):
        with open(listed, encoding="utf-8") as file:
            whole = json.load(file)
        with open(overrides, encoding="utf-8") as file:
            changes = json.load(file)
        self.entries = dict(whole["options"])
        self.complete = set(whole["about"]["complete"])
        for name in changes["remove"]:
            if name not in self.entries:
                raise ValueError(f"overrides.json removes {name}, which is not listed")
            del self.entries[name]
        for name, entry in changes["add"].items():
            self.entries[name] = {**self.entries.get(name, {}), **entry}
        self.tree = {}
        for name, entry in self.entries.items():
            node = self.tree
            for segment in split(name):
                node = node.setdefault("kids", {}).setdefault(segment, {})
            node["option"] = entry

    def declare(self, path):
        """Options of our own, whose types the evaluation checks."""
        node = self.tree
        for segment in path:
            node = node.setdefault("kids", {}).setdefault(segment, {})
        node["option"] = {"type": "unspecified value"}

    def find(self, path):
        """"good", "unknown" (nobody can say) or "wrong"."""
        node, seen = self.tree, []
        for segment in path:
            kids = node.get("kids", {})
            placeholder = next((kid for kid in kids if kid.startswith("<") or kid == "*"), None)
            if segment in kids:
                step = kids[segment]
            elif placeholder is not None:
                step = kids[placeholder]
            elif segment == DYNAMIC and kids:
                return "unknown"
            else:
                if opens(node.get("option")):
                    return "good"
                return "wrong" if self.closed(seen) else "unknown"
            node = step
            seen.append(segment if segment in kids else placeholder)
        return "good" if "option" in node or "kids" in node else "wrong"

    def closed(self, seen):
        """Whether the list claims to know everything below here."""
        name = ".".join(seen)
        return any(name == space or name.startswith(space + ".") or space.startswith(name + ".<") for space in self.complete)


def split(name):
    return [part.strip('"') for part in re.findall(r'"[^"]*"|<[^>]*>|[^.]+', name)]


def opens(option):
    """Whether attributes that are not listed are allowed below."""
    if not option:
        return False
    kind = option["type"]
    return ("open submodule" in kind or "value" in kind or kind == "nixpkgs config" or "convertible to it" in kind
            or ("attribute set" in kind and "(submodule)" not in kind))
