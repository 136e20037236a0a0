# Sourced by up, test and check: one virtual environment, made from a lock file when it changes.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="$root/.venv"

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "SoftPlace needs Python 3.11 or later. On Debian 12: sudo apt install python3 python3-venv" >&2
    return 1
}

# make_environment LOCK: the virtual environment holds exactly what LOCK names, and the project.
make_environment() {
    local lock="$root/$1" stamp="$venv/.made-from" python wanted
    wanted="$(sha256sum "$lock" "$root/pyproject.toml" | sha256sum | cut -c1-64)"
    if [ -x "$venv/bin/softplace" ] && grep -qs "$wanted" "$stamp"; then
        return
    fi
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "Python lacks its venv module. Run: sudo apt install python3-venv" >&2
        return 1
    fi
    echo "Preparing $venv (once) ..." >&2
    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        --no-deps --no-build-isolation --editable "$root"
    # The larger environment serves the smaller need too; the stamp collects what it satisfies.
    echo "$wanted" >>"$stamp"
}
