# `make demo` and `make test` do everything on a bare Debian 12 with Rust; see docs/DEVELOPING.md.
SHELL := /bin/bash
REFLECTOR_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/reflector
REFLECTOR_CACHE := $(abspath $(REFLECTOR_CACHE))
LIBTORCH ?= $(REFLECTOR_CACHE)/libtorch
# Outside the tree, so that a new clone finds the dependencies built.
CARGO_TARGET_DIR ?= $(REFLECTOR_CACHE)/target
# Many tests wait for servers and browsers more than they compute: two a core are done sooner.
RUST_TEST_THREADS ?= $(shell expr 2 \* $$(nproc))
export REFLECTOR_CACHE LIBTORCH CARGO_TARGET_DIR RUST_TEST_THREADS

.PHONY: demo test test-nix openapi screenshots licences render-nix rehearsal setup lint fmt fmt-nix accuracy accuracy-wer accuracy-diarization bench bench-speech bench-serving bench-pages bench-worker

demo: ## Everything in one process, with two samples: make demo ARGS="--once"
	@scripts/setup.sh demo
	@"$(CARGO_TARGET_DIR)/debug/reflector" demo $(ARGS)

test: ## Every check and every test
	@scripts/setup.sh test lint test-nix
	cargo test --locked --lib --bins --tests

test-nix: ## The NixOS module, without nixpkgs: docs/DEVELOPING.md
	@scripts/test-nix.sh check

rehearsal: setup ## The NixOS module's own files on a real systemd, from boot to restore: docs/DEVELOPING.md
	@scripts/rehearsal.sh

openapi: ## Renews docs/openapi.json from the code
	cargo run --locked --quiet -- openapi > docs/openapi.json.new
	mv docs/openapi.json.new docs/openapi.json

screenshots: setup ## Every page at three widths, light and dark: docs/screenshots
	PAGE_PICTURES=$(CURDIR)/docs/screenshots cargo test --locked --test it -- browser::screenshots

licences: ## Renews the list of crates and their licences that /about shows
	@cargo fetch --locked
	@scripts/licences.py

render-nix: ## Renews tests/nix/rendered and docs/OPTIONS.md; needs nixpkgs' lib
	@scripts/test-nix.sh render

setup:
	@scripts/setup.sh test

# A profile of its own: it has its own lock, so that nothing waits for a build that is at work.
lint:
	cargo fmt --check
	cargo clippy --locked --all-targets --profile lint
	@scripts/deny.sh check

fmt:
	cargo fmt

fmt-nix:
	@scripts/test-nix.sh fmt

accuracy: accuracy-wer accuracy-diarization ## The tables of docs/ACCURACY.md, beside other programs on the same weights

accuracy-wer: setup
	@scripts/accuracy/setup_wer.sh
	"$(REFLECTOR_CACHE)/peers/whisper/venv/bin/python" scripts/accuracy/wer.py \
		"$(REFLECTOR_CACHE)" "$(CARGO_TARGET_DIR)/debug/reflector" docs/ACCURACY.md

accuracy-diarization: setup
	@scripts/accuracy/setup_der.sh
	"$(REFLECTOR_CACHE)/peers/diarization/venv/bin/python" scripts/accuracy/der.py "$(REFLECTOR_CACHE)"
	cargo run --locked --example diarization -- table

# Our own code optimised, dependencies as they are built already: BENCH_PROFILE=release builds all of it as the shipped program is.
BENCH_PROFILE ?= quick
ifeq ($(BENCH_PROFILE),release)
bench-build := --release
bench-program := $(CARGO_TARGET_DIR)/release/examples/bench
else
bench-build := --config profile.dev.package.reflector.opt-level=3
bench-program := $(CARGO_TARGET_DIR)/debug/examples/bench
endif

# One after the other, whatever make is told: they would disturb each other.
bench: ## Everything that docs/PERFORMANCE.md tells; each part can be had by itself
	@$(MAKE) --no-print-directory bench-speech
	@$(MAKE) --no-print-directory bench-serving
	@$(MAKE) --no-print-directory bench-pages
	@$(MAKE) --no-print-directory bench-worker

bench-speech: ## Speed, memory and errors beside other programs: make bench-speech ARGS="--help"
	@scripts/setup.sh demo
	@scripts/bench/setup.sh
	cargo build --locked --example bench $(bench-build)
	@"$(REFLECTOR_CACHE)/peers/whisper/venv/bin/python" scripts/bench/run.py "$(REFLECTOR_CACHE)" "$(bench-program)" docs/PERFORMANCE.md $(ARGS)

# What the benches generate; where the user that PostgreSQL runs as for root may go.
BENCH_DATA ?= /var/tmp/reflector-bench

bench-serving: ## Lists and transcripts at 500 requests a second, search in 10,000 hours, or in HOURS of them
	@scripts/setup.sh demo
	cargo build --locked --bin reflector --example serving $(bench-build)
	@"$(dir $(bench-program))serving" "$(dir $(bench-program))../reflector" "$(BENCH_DATA)/serving" $(HOURS)

bench-pages: ## How soon the page of three hours can be used, and whether it answers while it is played
	@scripts/setup.sh demo
	@scripts/apt.sh test
	cargo build --locked --bin reflector --example pages $(bench-build)
	@"$(dir $(bench-program))pages" "$(dir $(bench-program))../reflector" "$(BENCH_DATA)/pages"

MINUTES ?= 10 60

bench-worker: ## How much memory the worker takes for ten minutes and for an hour: make bench-worker MINUTES="10 60"
	@scripts/setup.sh demo
	cargo build --locked --bin reflector --example worker $(bench-build)
	@"$(dir $(bench-program))worker" "$(dir $(bench-program))../reflector" "$(BENCH_DATA)/worker" "$(REFLECTOR_CACHE)" $(MINUTES)
