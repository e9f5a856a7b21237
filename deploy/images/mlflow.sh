#!/bin/sh
# MLflow's server: its database is migrated first, its artifacts lie in the bucket and pass through it, so that nobody
# else needs the bucket's keys.
set -eu
mlflow db upgrade "$BACKEND_STORE_URI"
exec mlflow server --host 0.0.0.0 --port 5000 --workers "${MLFLOW_WORKERS:-2}" \
    --backend-store-uri "$BACKEND_STORE_URI" \
    --serve-artifacts --artifacts-destination "$ARTIFACTS_DESTINATION" \
    --allowed-hosts "${MLFLOW_ALLOWED_HOSTS:-mlflow:5000,localhost:*,127.0.0.1:*}"
