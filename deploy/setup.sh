#!/bin/sh
# Make .venv: a Python environment with exactly what requirements.lock names, and callfloor itself, editable.
#
#   sh deploy/setup.sh                          make runs it before every command that needs it
#   PYTHON=/opt/python3.12 sh deploy/setup.sh   with a Python of your choice
#
# Needs Python 3.11, 3.12 or 3.13 and a package index that pip reaches, with pip's own configuration (mirrors, proxies).
# Where Debian has split pip off from Python, pip comes from Debian's package, without root.
# The second run takes no time; a changed lock installs what changed; an interrupted run starts over.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
venv=$root/.venv
state=$venv/.callfloor # "unfinished", or the fingerprint of what is installed; a .venv without it is somebody's own
log=$venv/setup.log
child=

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "callfloor: $*"
    exit 1
}

interrupted() {
    [ -z "$child" ] || kill "$child" 2>/dev/null || true
    say
    say "callfloor: stopped; the next start begins anew."
    exit 130
}

fingerprint() { printf '%s %s\n' "$root" "$(cat "$root/requirements.lock" "$root/pyproject.toml" | cksum)"; }

runs() { "$1" -c 'import sys, ssl, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

is_ready() { [ "$(cat "$state" 2>/dev/null)" = "$(fingerprint)" ] && runs "$venv/bin/python"; }

# Print the newest Python that runs; a name on the PATH is no proof of one (pyenv's shims).
choose_python() {
    for python in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if runs "$python"; then
            command -v -- "$python"
            return
        fi
    done
    fail "no Python 3.11, 3.12 or 3.13 was found${PYTHON:+ at $PYTHON}. Install one (on Debian and Ubuntu, as root:" \
        "apt-get install python3.13, or python3.12, or python3.11), or name yours: make PYTHON=/path/to/python3.12 ..."
}

# Put Debian's python3-pip-whl below $1, with apt's lists fetched into $1 where the system's are missing or old.
fetch_debian_pip() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
    cd "$1"
    if ! apt-get -q download python3-pip-whl; then
        mkdir -p lists/partial cache/archives/partial
        set -- -q -o "Dir::State::lists=$1/lists" -o "Dir::Cache=$1/cache" -o APT::Sandbox::User=
        apt-get "$@" update && apt-get "$@" download python3-pip-whl
    fi
    dpkg -x python3-pip-whl_*.deb .
}

install_debian_pip() {
    wheels=/usr/share/python-wheels
    if ! ls "$wheels"/pip-*.whl >/dev/null 2>&1; then
        say "Fetching pip from Debian's packages ..."
        folder=$(mktemp -d)
        (fetch_debian_pip "$folder") >>"$log" 2>&1 || true
        wheels=$folder/usr/share/python-wheels
    fi
    for wheel in "$wheels"/pip-*.whl; do
        PYTHONPATH=$wheel "$venv/bin/python" -m pip install --no-index --no-deps "$wheel" >>"$log" 2>&1 || true
    done
    [ -z "${folder:-}" ] || rm -rf "$folder"
    "$venv/bin/python" -m pip --version >>"$log" 2>&1
}

make_environment() {
    [ ! -x "$venv/bin/python" ] || [ -e "$state" ] || ! "$venv/bin/python" -c '' 2>/dev/null ||
        fail "$venv is not of callfloor's making and its Python is not 3.11 to 3.13: move it away and start again."
    python=$(choose_python)
    say "Making .venv with $("$python" --version) ($python) ..."
    rm -rf "$venv" 2>/dev/null || true
    { mkdir -p "$venv" && echo unfinished >"$state"; } 2>/dev/null ||
        fail "$root cannot be written to by $(id -un): give the rights, or clone into a folder of your own."
    if ! "$python" -c 'import ensurepip' 2>/dev/null || ! run_showing seconds "$python" -m venv "$venv"; then
        "$python" -m venv --without-pip "$venv" >>"$log" 2>&1 || explain "no environment could be made with $python"
        install_debian_pip || explain "$python has no pip. Install it (as root: apt-get install python3-venv)"
    fi
}

# Say in one sentence what the end of the log means; $* is the sentence for what is not known here.
explain() {
    case $(tail -n 60 "$log") in
    *"No space left"* | *"Disk quota exceeded"*) reason="there is no space left in $root or ${TMPDIR:-/tmp}; 1 GB is needed." ;;
    *"Permission denied"*) reason="$root or ${TMPDIR:-/tmp} cannot be written to by $(id -un): give the rights and start again." ;;
    *CERTIFICATE_VERIFY_FAILED* | *"TLS CA certificate"*)
        reason="the package index shows a certificate this machine does not trust: install ca-certificates, or set PIP_CERT." ;;
    *"HASHES FROM THE REQUIREMENTS FILE"* | *"DO NOT MATCH THE HASHES"*)
        reason="the package index serves other files than requirements.lock names: compare its copy with the original." ;;
    *"Failed to establish a new connection"* | *"name resolution"* | *"imed out"* | *"ProxyError"* | \
        *"Network is unreachable"* | *"(from versions: none)"*)
        reason="the package index cannot be reached: check the network; a proxy goes into https_proxy, a mirror into pip.conf." ;;
    *"No matching distribution"*) reason="the package index lacks what requirements.lock names: bring the mirror up to date." ;;
    *) reason="$*." ;;
    esac
    fail "$reason (More in $log.)"
}

# Run a command into the log and give its result. What function $1 tells is shown meanwhile: on one line of a
# terminal, elsewhere now and then.
run_showing() {
    tell=$1
    shift
    "$@" >>"$log" 2>&1 &
    child=$!
    beats=0
    while kill -0 "$child" 2>/dev/null; do
        if [ -t 2 ]; then
            printf '\r  %s ' "$($tell)" >&2
        elif [ $((beats % 10)) -eq 9 ]; then
            say "  $($tell)"
        fi
        beats=$((beats + 1))
        sleep 1
    done
    [ ! -t 2 ] || printf '\r\033[K' >&2
    if wait "$child"; then child=; else child= && return 1; fi
}

seconds() { printf '%s s' "$beats"; }

packages() {
    found=$(grep -cE '^(Collecting|Processing|Requirement already satisfied:) ' "$log" || true)
    printf '%s of %s packages found, %s installed' "$found" "$wanted" "$(($(count_installed) - had))"
}

count_installed() { find "$venv/lib" -maxdepth 3 -name '*.dist-info' | wc -l; }

install_packages() {
    say "Installing Python packages into .venv ..."
    { echo unfinished >"$state" && : >"$log"; } 2>/dev/null || fail "$venv cannot be written to by $(id -un): remove it."
    wanted=$(grep -v win32 "$root/requirements.lock" | sed -n 's/^\([a-z][^=]*\)==.*/\1/p' | sort -u | wc -l)
    had=$(count_installed)
    run_showing packages "$venv/bin/python" -m pip install --require-hashes -r "$root/requirements.lock" ||
        explain "pip could not install what requirements.lock names"
    say "Installing callfloor itself ..."
    run_showing seconds "$venv/bin/python" -m pip install --no-deps --no-index --no-build-isolation -e "$root" ||
        explain "pip could not install callfloor itself"
    fingerprint >"$state"
}

# Wait for another setup of the same folder; the lock is on a file that is there anyway and goes with this process.
take_turns() {
    exec 9<"$root/requirements.lock"
    command -v flock >/dev/null || return 0
    flock -n 9 || {
        say "Waiting for another setup of this folder to end ..."
        flock 9
    }
}

! is_ready || exit 0
take_turns
! is_ready || exit 0
trap interrupted INT TERM HUP
unset PYTHONPATH PYTHONHOME
export PIP_USER=0 PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1
case $(cat "$state" 2>/dev/null || echo "$root") in
"$root" | "$root "*) runs "$venv/bin/python" || make_environment ;;
*) make_environment ;; # unfinished, or moved here from elsewhere
esac
install_packages
