#!/bin/sh
# First-time set-up on Linux: git, make and Python from the distribution, then the project (see project.sh).
# May be run again: what is there is left alone.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "Administrator rights are needed for: $*" >&2
        exit 1
    fi
}

has_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            return 0
        fi
    done
    return 1
}

install() {
    if command -v apt-get >/dev/null 2>&1; then
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y git make python3 python3-venv
    elif command -v dnf >/dev/null 2>&1; then
        as_root dnf install -y git make python3.12 || as_root dnf install -y git make python3
    elif command -v pacman >/dev/null 2>&1; then
        as_root pacman -S --needed --noconfirm git make python
    elif command -v zypper >/dev/null 2>&1; then
        as_root zypper --non-interactive install git make python312 || as_root zypper --non-interactive install git make python311
    elif command -v apk >/dev/null 2>&1; then
        echo "Alpine's C library has no wheels of PyTorch; use the container images, or another distribution." >&2
        exit 1
    else
        echo "No package manager that is known here; install git, make and Python 3.11 or newer, then run this again." >&2
        exit 1
    fi
}

if command -v git >/dev/null 2>&1 && command -v make >/dev/null 2>&1 && has_python; then
    echo "git, make and Python are there."
else
    echo "Installing git, make and Python with the distribution's package manager."
    install
fi

exec sh "$here/project.sh" "$@"
