#!/bin/bash
# axe-core, with which the browser tests look at every page, from the npm registry (3 MB), exactly as its lock file says.
. "$(dirname "$0")/lib.sh"

from=$ROOT/tests/axe
stamp=$(cat "$from/package.json" "$from/package-lock.json" | sha256sum | cut -c1-16)
whole "$CACHE/axe" "$stamp" && exit 0

command -v npm >/dev/null || fail "npm is missing" "run scripts/apt.sh test, or install Node.js 18 or newer with npm"
scratch axe
mkdir "$SCRATCH/axe"
cp "$from/package.json" "$from/package-lock.json" "$SCRATCH/axe"
say "axe-core"
(cd "$SCRATCH/axe" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    fail "npm could not install what tests/axe/package-lock.json pins" \
        "check the network (npm's own settings and proxies are used) and run the same command again"
install_folder "$SCRATCH/axe" "$CACHE/axe" "$stamp"
