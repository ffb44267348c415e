#!/usr/bin/env bash
# `make bench`: Outcrop against Syft and against the engine itself, as ratios from one run.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

scripts/setup.sh bench
cargo build --quiet --release --package outcrop-cli
cargo run --quiet --release --package outcrop-tests --bin outcrop-bench
echo
cargo bench --quiet --package outcrop-tests --bench advisories
