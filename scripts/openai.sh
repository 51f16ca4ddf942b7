#!/bin/bash
# OpenAI's Python client, with which the tests ask the speech server (20 MB unpacked).
. "$(dirname "$0")/lib.sh"

python_folder openai openai "OpenAI's client (5 MB)"
