#!/bin/bash
# Everything that `make demo` (setup.sh demo) or `make test` (setup.sh test) needs, step by step. What else is named are targets of
# the Makefile that are made beside the build, which leaves a core idle for much of its time: setup.sh test lint test-nix.
. "$(dirname "$0")/lib.sh"

what=${1:-test}
beside=("${@:2}")
here=$ROOT/scripts
exec 9>"$CACHE/.setup.lock"
if ! flock -n 9; then
    say "another set-up is at work in $CACHE; waiting for it"
    flock 9
fi

steps=("apt:Debian packages" "rust:Rust" "link:cache folder" "libtorch:libtorch" "samples:sample recordings")
if [ "$what" = test ]; then
    steps+=("spoken:speech with known word times, and music" "llm:language model server for the tests" "openai:OpenAI's client for the tests"
        "schemathesis:Schemathesis for the tests" "identity:identity provider for the tests" "axe:axe-core for the tests"
        "deny:cargo-deny for lint")
fi
steps+=("models:program and models")
if [ "$what" = test ]; then steps+=("garage:Garage"); fi

# Garage takes long and little of the machine: it is built beside the other steps, from when there is a compiler.
garage=
checks=
trap 'for one in $garage $checks; do kill -- "-$one" 2>/dev/null || true; done' EXIT
number=0
for step in "${steps[@]}"; do
    number=$((number + 1))
    name=${step%%:*}
    printf '[%d/%d] %s\n' "$number" "${#steps[@]}" "${step#*:}"
    if [ "$name" = garage ]; then
        if [ -n "$garage" ]; then
            say "waiting for its build (progress: $CACHE/garage-build.log)"
            wait "$garage" || fail "Garage was not built" "see $CACHE/garage-build.log; run scripts/garage.sh by itself"
            garage=
        fi
        "$here/garage.sh"
        continue
    fi
    if [ "$name" = models ]; then "$here/sources.sh" before; fi
    if [ "$name" = models ] && [ ${#beside[@]} -gt 0 ]; then
        say "beside it: make ${beside[*]} (progress: $CACHE/checks.log)"
        setsid make -C "$ROOT" --no-print-directory "${beside[@]}" >"$CACHE/checks.log" 2>&1 9>&- &
        checks=$!
    fi
    "$here/$name.sh" "$what"
    if [ "$name" = rust ] && [ "$what" = test ] && [ ! -f "$CACHE/garage-2.3.0/.stamp" ]; then
        setsid "$here/garage.sh" >/dev/null 9>&- &
        garage=$!
    fi
done
printf 'set-up is done\n'
if [ -n "$checks" ]; then
    printf 'make %s\n' "${beside[*]}"
    wait "$checks" && status=0 || status=$?
    checks=
    cat "$CACHE/checks.log"
    [ "$status" = 0 ] || exit "$status"
fi
"$here/sources.sh" after
