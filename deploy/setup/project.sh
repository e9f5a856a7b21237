#!/bin/sh
# From a machine with git, make and Python to a checkout with its data: the environment (DVC is in it), the storage, the
# data that this commit records. Called by setup-linux.sh and setup-macos.sh; may be run again.
set -eu

usage() {
    cat <<'TEXT'
usage: setup-*.sh [--yes] [--url s3://bucket/prefix] [--endpoint URL] [--create-bucket] [--read-only] [--no-data]

  --yes            ask nothing; take what the environment says (VIVIER_S3_BUCKET or VIVIER_DVC_URL, VIVIER_S3_ENDPOINT)
  --url            where versions of the data are kept
  --endpoint       the S3 server; without one, AWS
  --create-bucket  make the bucket if there is none
  --read-only      the key may only read
  --no-data        set up the project, and no storage

Keys are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or ~/.aws; they are written nowhere.
TEXT
}

asks=true
data=true
url=${VIVIER_DVC_URL:-}
endpoint=${VIVIER_S3_ENDPOINT:-}
create=
only=
while [ $# -gt 0 ]; do
    case $1 in
    --yes) asks=false ;;
    --url) url=${2:?--url needs an address}; shift ;;
    --endpoint) endpoint=${2:?--endpoint needs an address}; shift ;;
    --create-bucket) create=--create-bucket ;;
    --read-only) only=--read-only ;;
    --no-data) data=false ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done
[ -t 0 ] || asks=false

cd "$(dirname "$0")/../.."
if ! git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    echo "This is no git checkout, and versions of the data belong to commits: clone the project with git." >&2
    exit 1
fi

python=
for name in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 &&
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer is needed; PYTHON=/path/to/python names one." >&2
    exit 1
fi
make setup PYTHON="$python"

if [ -z "$(git config user.name || true)" ] || [ -z "$(git config user.email || true)" ]; then
    echo "git does not know who you are yet: git config --global user.name ...; git config --global user.email ..."
fi

if [ "$data" = false ]; then
    echo "The project is set up; 'make run' starts it."
    exit 0
fi

if [ -z "$url" ] && [ -z "${VIVIER_S3_BUCKET:-}" ] && [ "$asks" = true ]; then
    printf 'Where are versions of the data kept (s3://bucket/prefix, empty: nowhere yet)? '
    read -r url
    if [ -n "$url" ] && [ -z "$endpoint" ]; then
        printf 'The address of the S3 server (http://... or https://..., empty: AWS)? '
        read -r endpoint
    fi
fi
if [ -z "$url" ] && [ -z "${VIVIER_S3_BUCKET:-}" ] && ! grep -qs 'url = s3://' .dvc/config.local; then
    echo "The project is set up, without a storage: 'vivier data init --url s3://bucket/prefix' names one."
    exit 0
fi

set -- data init
[ -z "$url" ] || set -- "$@" --url "$url"
[ -z "$endpoint" ] || set -- "$@" --endpoint "$endpoint"
[ -z "$create" ] || set -- "$@" "$create"
[ -z "$only" ] || set -- "$@" "$only"
.venv/bin/vivier "$@"

if [ -f dvc.lock ]; then
    .venv/bin/vivier data pull
else
    echo "No data is recorded yet: 'vivier scrape' collects some, 'vivier data push --commit' records and shares it."
fi
