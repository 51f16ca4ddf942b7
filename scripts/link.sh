#!/bin/bash
# The cache lies outside the tree; `.cache` in the tree points there, so that .cargo/config.toml can name it for everybody.
. "$(dirname "$0")/lib.sh"

if [ -e "$ROOT/.cache" ] && [ ! -L "$ROOT/.cache" ]; then
    fail "$ROOT/.cache is in the way" "move it away; set-up puts a link to $CACHE there"
fi
ln -sfn "$CACHE" "$ROOT/.cache"
say "$CACHE"
