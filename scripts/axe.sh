#!/bin/bash
# axe-core, with which the browser tests look at every page (3 MB).
. "$(dirname "$0")/lib.sh"

npm_folder axe axe-core
