# Shared by the scripts beside it: where things are, and how they speak. Source it; it runs nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PYTHON=${PYTHON:-python3}
# VENV=DIR uses an environment that you made yourself, as it is.
OWN_VENV=.venv
BIN=${VENV:-$OWN_VENV}/bin
ARTEFACTS=test-artefacts

say() { printf '%s\n' "watchglass: $*"; }
stop() { printf '%s\n' "watchglass: $*" >&2; exit 1; }

# One hash over files and their names: what a stamp holds, so that a step whose input is the same is skipped.
hash_of() { find "$@" -type f -not -path '*/node_modules/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }
is_done() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
