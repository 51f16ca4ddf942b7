"""What Schemathesis asks about: things that are there, in three of four calls; and what was answered, for the test."""

import atexit
import collections
import itertools
import json
import os
import urllib.request

import schemathesis

# Ids by operation and path parameter; those of "" are for operations that have none of their own. What stands at one place
# of two lists belongs together. "body" has fields of a body that is right.
KNOWN = json.loads(os.environ["REFLECTOR_KNOWN"])
TOKEN = os.environ["REFLECTOR_TOKEN"]
URL = os.environ["REFLECTOR_URL"]
turns = collections.defaultdict(itertools.count)
seen = {}


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = f"{case.method} {case.path}"
    turn = next(turns[operation])
    # One in twelve shows nothing; not where a method is asked for that there is none of, which nobody is told who may not come in.
    if TOKEN and (turn % 12 != 11 or case.method != case.operation.method.upper()):
        case.headers["Authorization"] = f"Bearer {TOKEN}"
    # What is asked for under one key again and again is done once.
    if turn % 4 != 2 and "Idempotency-Key" in (case.headers or {}):
        del case.headers["Idempotency-Key"]
    if turn % 4 == 3:
        return
    own = KNOWN.get(operation, {})
    for name in case.path_parameters or {}:
        ids = own.get(name) or KNOWN[""].get(name)
        if ids:
            case.path_parameters[name] = ids[turn % len(ids)]
    if "body" in own and turn % 4 == 0:
        case.body = {**(case.body if isinstance(case.body, dict) else {}), **own["body"]}
    if any(parameter.name == "If-Match" for parameter in case.operation.headers):
        named = revision(case.path_parameters.get("id"))
        if named:
            case.headers["If-Match"] = f'"{named}"'
            if isinstance(case.body, dict):
                case.body.pop("revision", None)


def revision(transcript):
    """The revision that a change of its text must name."""
    request = urllib.request.Request(f"{URL}/v1/transcripts/{transcript}/segments?limit=1")
    if TOKEN:
        request.add_header("Authorization", f"Bearer {TOKEN}")
    try:
        with urllib.request.urlopen(request) as response:
            return json.load(response)["revision"]
    except OSError:
        return None


@schemathesis.hook
def after_call(context, case, response):
    statuses = seen.setdefault(f"{case.method} {case.path}", {})
    statuses[response.status_code] = statuses.get(response.status_code, 0) + 1


@atexit.register
def tell():
    with open(os.environ["REFLECTOR_SEEN"], "w", encoding="utf-8") as file:
        json.dump(seen, file)
