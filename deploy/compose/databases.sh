#!/bin/bash
# The first start of PostgreSQL: a database and an owner for each of those that use it, none of them a superuser.
set -euo pipefail
for name in vivier mlflow prefect; do
    password="${name^^}_PASSWORD"
    psql --set ON_ERROR_STOP=1 --set name="$name" --set password="${!password}" --username postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
