#!/bin/sh
# First-time set-up on macOS: git, make and Python with Homebrew, then the project (see project.sh).
# May be run again: what is there is left alone.
set -eu

here=$(cd "$(dirname "$0")" && pwd)

has_python() {
    for name in python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            return 0
        fi
    done
    return 1
}

# Without Apple's command line tools, /usr/bin/git only opens a window that offers them.
if ! xcode-select -p >/dev/null 2>&1; then
    echo "Apple's command line tools (git, make) are missing: run 'xcode-select --install', then this again." >&2
    exit 1
fi

if command -v git >/dev/null 2>&1 && command -v make >/dev/null 2>&1 && has_python; then
    echo "git, make and Python are there."
elif command -v brew >/dev/null 2>&1; then
    echo "Installing git and Python with Homebrew."
    brew install git python@3.12
    PATH="$(brew --prefix)/bin:$PATH"
    export PATH
else
    echo "Homebrew (https://brew.sh) or Python 3.11 or newer (https://www.python.org) is needed; then run this again." >&2
    exit 1
fi

exec sh "$here/project.sh" "$@"
