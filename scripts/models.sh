#!/bin/bash
# Builds the program and lets it fetch its own models: models.sh demo|test
. "$(dirname "$0")/lib.sh"

say "building (the first time about 8 minutes)"
build=(build)
# Program and tests together: what only one core can work on at a time is done beside something else.
if [ "${1:-demo}" = test ]; then build=(test --no-run --lib --bins --tests); fi
(cd "$ROOT" && cargo "${build[@]}" --quiet --locked) || fail "the program did not build" "see the compiler's message above"
"$CARGO_TARGET_DIR/debug/reflector" models pull whisper-tiny.en whisper-base silero-vad segmentation-3.0 campplus ||
    fail "a model is missing" "run: make setup (it goes on where it stopped), or put the files there with: reflector models pull --from FOLDER"
