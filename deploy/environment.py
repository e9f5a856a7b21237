"""`make env`: a .env with generated secrets. What is set already stays as it is."""

import secrets
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / ".env"
SECRETS = {
    "VIVIER_ADMIN_KEY": "administration of the service: switching, erasing",
    "STACK_TOMBSTONE_KEY": "what people who left are marked with; lost, they come back",
    "STACK_POSTGRES_PASSWORD": "PostgreSQL's superuser",
    "STACK_VIVIER_PASSWORD": "Vivier's own database",
    "STACK_MLFLOW_PASSWORD": "MLflow's database",
    "STACK_PREFECT_DB_PASSWORD": "Prefect's database",
    "STACK_PREFECT_PASSWORD": "Prefect's page: admin and this",
    "STACK_QDRANT_KEY": "the vector database",
    "STACK_S3_KEY": "the object store: access key",
    "STACK_S3_SECRET": "the object store: secret key, and its console (admin and this)",
    "STACK_GRAFANA_PASSWORD": "Grafana: admin and this (profile monitoring)",
}


def main() -> None:
    """Add what is missing."""
    written = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    known = {line.partition("=")[0].strip() for line in written.splitlines() if "=" in line and line[:1] != "#"}
    missing = {name: why for name, why in SECRETS.items() if name not in known}
    lines = [f"# {why}\n{name}={secrets.token_hex(24)}\n" for name, why in missing.items()]
    unfinished = FILE.with_name(".env.unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(written + ("\n" if written and not written.endswith("\n") else "") + "".join(lines), "utf-8")
    unfinished.chmod(0o600)
    unfinished.replace(FILE)
    print(f"{len(missing)} secrets generated in .env; {len(SECRETS) - len(missing)} were there.", file=sys.stderr)


main()
