# Sourced by the other scripts: where tools are found, and how the scripts speak.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Tools that are installed for this checkout alone.
tools="${CARGO_TARGET_DIR:-$root/target}/tools"
for folder in "${CARGO_HOME:-$HOME/.cargo}/bin" "$tools/syft/bin" "$tools/node_modules/.bin" "$tools/bin"; do
    case ":$PATH:" in
    *":$folder:"*) ;;
    *) PATH="$folder:$PATH" ;;
    esac
done
export PATH

# Node trusts its own list of authorities; this system may trust more, as behind a company's proxy.
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -e /etc/ssl/certs/ca-certificates.crt ]; then
    export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
fi

# The folder that cargo builds into.
target="${CARGO_TARGET_DIR:-$root/target}"

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Whether version $1 is $2 or newer.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort --version-sort | head -n 1)" = "$2" ]; }
