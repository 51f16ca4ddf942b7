"""The option reference, and that the module says the same as the program."""
import pathlib
import re

HEAD = """# Options of the NixOS module

<!-- Made by `make render-nix`; `make test-nix` holds this page to the modules. -->

`services.reflector.enable = true;` is enough; everything else has a default. [INSTALL.md](INSTALL.md) shows the usual combinations.
Those that begin with `reflector.appliance` are the image's; they exist where a configuration imports `nixos/appliance`.
"""
# Settings that the module sets by other options, because they hold secrets or follow from what else is chosen.
BY_OTHER_OPTIONS = {
    "database.url", "redis.url", "storage.s3", "llm.url", "llm.api_key", "llm.model",
    "auth.secret_key", "auth.secret_key_file", "auth.admin_password_hash", "auth.admin_password_hash_file",
    "auth.client_secret", "auth.client_secret_file",
    "mail.password", "mail.password_file", "zulip.api_key", "zulip.api_key_file", "failures.webhook_secret", "failures.webhook_secret_file",
    "speech.transcript_api_key", "speech.transcript_api_key_file", "speech.diarization_api_key", "speech.diarization_api_key_file",
    "speech_server.api_key", "speech_server.api_key_file", "speech_server.without_key",
}


def value(expression):
    return None if expression is None else expression["text"]


def page(options):
    parts = [HEAD]
    first = ["services", "reflector", "enable"]
    for option in sorted(options, key=lambda option: (option["loc"] != first, option["loc"][0] != "services", option["name"])):
        lines = [f"## `{option['name']}`", "", prose(option["description"]), "", f"- type: {option['type']}"]
        for what in ("default", "example"):
            text = value(option.get(what))
            if text is not None:
                lines.append(f"- {what}: `{' '.join(text.split())}`")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def prose(text):
    return re.sub(r"\{option\}", "", text).strip()


def complete(options, wrong):
    """Nothing is left unsaid."""
    for option in options:
        missing = [what for what in ("type", "default", "description", "example") if not option.get(what)]
        if missing:
            raise wrong(f"{option['name']} lacks {', '.join(missing)}")


def documented():
    """Setting -> default, from docs/CONFIGURATION.md."""
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \| (.*?) \|", pathlib.Path("docs/CONFIGURATION.md").read_text(), re.M)
    return {name: default.strip("`") for name, default in rows}


def documented_options():
    """Names of our options, from docs/OPTIONS.md."""
    return set(re.findall(r"^## `((?:services\.)?reflector\.[a-zA-Z0-9_.]+)`$", pathlib.Path("docs/OPTIONS.md").read_text(), re.M))


def defaults_agree(wrong):
    """Every setting of the program is an option with the program's own default, and no other is: page against page, so
    that it holds everywhere."""
    page = pathlib.Path("docs/OPTIONS.md").read_text()
    ours = dict(re.findall(r"^## `services\.reflector\.settings\.([a-z0-9_.]+)`$.*?^- default: `(.*?)`$", page, re.M | re.S))
    program = documented()
    missing = sorted(set(program) - set(ours) - BY_OTHER_OPTIONS)
    surplus = sorted(set(ours) - set(program))
    if missing or surplus:
        raise wrong(f"settings of the program that the module lacks: {missing}; that the program lacks: {surplus}")
    # What the appliance chooses otherwise than the program, and what has no default to compare.
    own = {"storage.scratch", "models.dir", "server.site_url"}
    # Nothing and an empty list are written differently in Nix.
    alike = {"null": "unset", "[ ]": "[]"}
    for name in sorted(set(ours) - own):
        if alike.get(ours[name], ours[name].strip('"')) != program[name]:
            raise wrong(f"services.reflector.settings.{name} is {ours[name]} by default, the program says {program[name]}")


def constants_agree(wrong):
    """The upload limit is one number."""
    program = re.search(r"MAX_UPLOAD_BYTES: u64 = ([\d_]+)", pathlib.Path("src/config/server.rs").read_text())
    module = re.search(r"maxUploadBytes = (\d+);", pathlib.Path("modules/lib.nix").read_text())
    if int(program[1].replace("_", "")) != int(module[1]):
        raise wrong(f"modules/lib.nix limits uploads to {module[1]}, the program to {program[1]}")
