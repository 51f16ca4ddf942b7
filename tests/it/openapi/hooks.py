"""What Schemathesis asks about: things that are there, in three of four calls; and what was answered, for the test."""

import atexit
import itertools
import json
import os

import schemathesis

# Ids by operation and path parameter; those of "" are for operations that have none of their own. What stands at one place
# of two lists belongs together.
KNOWN = json.loads(os.environ["REFLECTOR_KNOWN"])
turns = itertools.count()
seen = {}


@schemathesis.hook
def before_call(context, case, kwargs):
    turn = next(turns)
    if turn % 4 == 3 or not case.path_parameters:
        return
    for name in case.path_parameters:
        own = KNOWN.get(f"{case.method} {case.path}", {})
        ids = own.get(name) or KNOWN[""].get(name)
        if ids:
            case.path_parameters[name] = ids[turn % len(ids)]


@schemathesis.hook
def after_call(context, case, response):
    statuses = seen.setdefault(f"{case.method} {case.path}", {})
    statuses[response.status_code] = statuses.get(response.status_code, 0) + 1


@atexit.register
def tell():
    with open(os.environ["REFLECTOR_SEEN"], "w", encoding="utf-8") as file:
        json.dump(seen, file)
