"""Settings that every shell shares, and the workspace they describe."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class HomeSettings(BaseSettings):
    """Where things are; read once at an entry point from the environment and `.env`."""

    model_config = SettingsConfigDict(
        env_prefix="VIVIER_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    home: Path = Field(default=Path("var"), description="Runtime state: collections, models, artifacts, databases.")
    processed: Path = Field(default=Path("data/processed"), description="Enriched profiles and embedding caches.")
    qdrant_url: str = Field(default="", description="Empty: Qdrant Edge under the home. A URL: that server or cluster.")
    qdrant_api_key: SecretStr = Field(default=SecretStr(""), description="The server's key.")
    qdrant_timeout_seconds: float = Field(default=5.0, gt=0)
    qdrant_grpc: bool = Field(default=False, description="Send points and searches by gRPC instead of HTTP.")
    qdrant_grpc_port: int = Field(default=6334, ge=1, le=65_535)
    qdrant_shards: int = Field(default=1, ge=1, description="Shards of each new collection.")
    qdrant_replicas: int = Field(default=1, ge=1, description="Copies of each shard, on as many nodes.")
    qdrant_write_consistency: int = Field(
        default=1, ge=1, description="Copies that must have a write before it counts; at most the replicas."
    )
    qdrant_strict: bool = Field(default=True, description="New collections refuse requests larger than ours.")
    qdrant_quantisation: Literal["none", "int8"] = Field(
        default="none", description="int8: copies a quarter the size are searched, the originals rescore."
    )
    qdrant_on_disk: bool = Field(default=False, description="Original vectors and payloads are read from disk.")
    mlflow_tracking_uri: str = Field(
        default="", validation_alias="MLFLOW_TRACKING_URI", description="Empty: SQLite under the home."
    )

    data: Path = Field(default=Path("data"), description="Raw files, samples and judgements.")
    database_url: SecretStr = Field(default=SecretStr(""), description="Empty: SQLite under the home.")
    tombstone_key: SecretStr = Field(default=SecretStr(""), description="Empty: a key of its own, kept in the home.")

    @property
    def database(self) -> str:
        """The database's address in use, as SQLAlchemy writes it."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.home.resolve()}/vivier.db"

    @property
    def tracking_uri(self) -> str:
        """The MLflow address in use."""
        return self.mlflow_tracking_uri or f"sqlite:///{self.home.resolve()}/mlflow.db"
