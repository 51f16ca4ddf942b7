#!/bin/bash
# The identity provider that the tests log in at: oidc-provider for Node.js (9 MB).
. "$(dirname "$0")/lib.sh"

npm_folder identity "oidc-provider and what it stands on"
