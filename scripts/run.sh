#!/usr/bin/env bash
# `make run`: opens the desktop app; without a display, the same job on the command line over the
# bundled sample; with arguments, the command line with these.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

build_command_line() {
    say "Building the command line"
    cargo build --profile quick --package outcrop-cli
    outcrop="$target/quick/outcrop"
}

sample=docker-archive:assets/sample/images.tar.gz
application=outcrop-sample/orders:2.7.0

if [ -n "${ARGS:-}" ]; then
    scripts/setup.sh headless
    build_command_line
    eval "set -- $ARGS"
    exec "$outcrop" "$@"
fi

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    scripts/setup.sh desktop
    say "Building the interface"
    npm --prefix ui run --silent build
    say "Building the desktop app"
    cargo build --release --package outcrop-desktop --features custom-protocol
    say "Opening Outcrop"
    exec "$target/release/outcrop-desktop"
fi

say "No display here (neither DISPLAY nor WAYLAND_DISPLAY is set): scanning the bundled sample on the command line"
scripts/setup.sh headless
build_command_line
store="$target/run/store"
mkdir -p "$store"

say "Scanning the images that the sample builds on"
"$outcrop" --offline --store "$store" scan --quiet \
    "$sample:outcrop-sample/debian:12" "$sample:outcrop-sample/enterprise:1.4" >/dev/null

say "outcrop scan $sample:$application"
"$outcrop" --offline --store "$store" scan "$sample:$application"
say "First findings ${SECONDS} s after the start"

say "outcrop fix $sample:$application --containerfile assets/sample/application/Containerfile"
"$outcrop" --offline --store "$store" fix "$sample:$application" \
    --containerfile assets/sample/application/Containerfile
say "Done in ${SECONDS} s. Scan an image of your own: make run ARGS=\"scan IMAGE\""
