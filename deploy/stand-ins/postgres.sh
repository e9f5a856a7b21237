#!/bin/bash
# As the official image does it: the first start makes the cluster and runs what lies in /docker-entrypoint-initdb.d.
set -euo pipefail
DATA=/var/lib/postgresql/data
if [ ! -s "$DATA/PG_VERSION" ]; then
    initdb --pgdata "$DATA" --username postgres --pwfile <(printf '%s' "$POSTGRES_PASSWORD") \
        --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8
    echo "host all all all scram-sha-256" >> "$DATA/pg_hba.conf"
    pg_ctl --pgdata "$DATA" --wait start -o "-c listen_addresses=''"
    for script in /docker-entrypoint-initdb.d/*.sh; do bash "$script"; done
    pg_ctl --pgdata "$DATA" --wait stop
fi
exec postgres -D "$DATA" -c listen_addresses='*'
