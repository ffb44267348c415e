#!/usr/bin/env bash
# `make test`: every check and every test, the cheap ones first. Engines and the desktop are real;
# what cannot run on this machine is skipped by name, or fails with OUTCROP_REQUIRE_ENGINES=1.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

step() {
    local name=$1 begin=$SECONDS
    shift
    say "$name"
    "$@"
    say "$name: $((SECONDS - begin)) s"
}

step "Setting up" scripts/setup.sh tests
step "Format" cargo fmt --all --check
step "Interface: format and lint" npm --prefix ui run --silent lint
step "Interface: types" npm --prefix ui run --silent check
step "Interface: tests" npm --prefix ui run --silent test
step "Interface: build" npm --prefix ui run --silent build
step "Clippy" cargo clippy --quiet --workspace --all-targets -- --deny warnings
step "Unit tests" cargo test --quiet --workspace --exclude outcrop-tests --exclude outcrop-desktop
step "Tidy" cargo xtask tidy
step "Desktop app" cargo build --quiet --release --package outcrop-desktop --features custom-protocol
step "Journeys, packages, risks, engines and desktop" \
    cargo test --package outcrop-tests \
    --test journeys --test packages --test posture --test engines --test desktop
say "Everything passed in $SECONDS s"
