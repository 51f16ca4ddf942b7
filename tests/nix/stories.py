"""The scripts of vm-tests/: Python that knows every name it uses, calls steps that the story has, and machines that there are."""
import ast
import builtins
import pathlib
import re
import subprocess
import sys

# Of the test driver, as nixpkgs' manual lists them.
DRIVER = {"start_all", "subtest", "create_machine", "retry", "join_all", "machine"}
METHODS = {
    "start", "shutdown", "crash", "reboot", "block", "unblock", "wait_for_unit", "wait_for_open_port", "wait_for_closed_port",
    "wait_for_file", "wait_until_succeeds", "wait_until_fails", "succeed", "fail", "execute", "systemctl", "get_unit_info",
    "copy_from_host", "copy_from_vm", "wait_for_console_text",
}


def steps():
    """Names of the story's steps; none where the story is not there."""
    program = pathlib.Path("vm-tests/story.py")
    if not program.exists():
        return set()
    listed = subprocess.run([sys.executable, str(program), "--list"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in listed.splitlines()}


def check(name, script, machines, wrong):
    try:
        tree = ast.parse(script)
    except SyntaxError as problem:
        raise wrong(f"{name}: line {problem.lineno} of the script: {problem.msg}: {problem.text}") from None
    known = {*dir(builtins), *DRIVER, *machines}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            known.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            known.add(node.name)
        elif isinstance(node, ast.arg):
            known.add(node.arg)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            known.update(alias.asname or alias.name for alias in node.names)
    have = steps()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in known:
            raise wrong(f"{name}: the script knows nothing of {node.id}")
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in machines \
                and called.attr not in METHODS:
            raise wrong(f"{name}: machines can't {called.attr}")
        if isinstance(called, ast.Name) and called.id == "tell":
            for argument in node.args[2:]:
                if have and isinstance(argument, ast.Constant) and argument.value not in have:
                    raise wrong(f"{name}: the story has no step {argument.value!r}")
    for path in re.findall(r"/etc/(story\.py)", script):
        if not (pathlib.Path("vm-tests") / path).exists():
            raise wrong(f"{name}: vm-tests/{path} is not there")
