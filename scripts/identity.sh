#!/bin/bash
# The identity provider that the tests log in at: oidc-provider for Node.js, from the npm registry (9 MB), exactly as its lock file says.
. "$(dirname "$0")/lib.sh"

from=$ROOT/tests/identity
stamp=$(cat "$from/package.json" "$from/package-lock.json" | sha256sum | cut -c1-16)
whole "$CACHE/identity" "$stamp" && exit 0

command -v npm >/dev/null || fail "npm is missing" "run scripts/apt.sh test, or install Node.js 18 or newer with npm"
scratch identity
mkdir "$SCRATCH/identity"
cp "$from/package.json" "$from/package-lock.json" "$SCRATCH/identity"
say "oidc-provider and what it stands on"
(cd "$SCRATCH/identity" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
    fail "npm could not install what tests/identity/package-lock.json pins" \
        "check the network (npm's own settings and proxies are used) and run the same command again"
install_folder "$SCRATCH/identity" "$CACHE/identity" "$stamp"
