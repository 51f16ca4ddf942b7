#!/bin/bash
# Schemathesis, with which the tests ask every operation of docs/openapi.json (13 MB down, 43 MB unpacked).
. "$(dirname "$0")/lib.sh"

python_folder schemathesis schemathesis.cli "Schemathesis (13 MB)"
