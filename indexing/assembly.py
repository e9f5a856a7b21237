"""Puts the adapters behind the ports: the one place where settings become a workspace."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from indexing.backup.swapping import refuse_half_restored
from indexing.edge_index import EdgeStore
from indexing.index import CollectionStore
from indexing.model_registry import MlflowRegistry
from indexing.onnx_encoder import OnnxEncoder
from indexing.settings import HomeSettings
from indexing.tombstones import LateTombstones, Tombstones
from indexing.workspace import Workspace

if TYPE_CHECKING:
    from indexing.people_store import PeopleStore


def assemble(settings: HomeSettings, *, to_restore: bool = False) -> Workspace:
    """A workspace over the engine and the registry that the settings name; the home is made when missing.

    Busy when a restore of the home was interrupted, but for who comes to finish it.
    """
    home = settings.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    if not to_restore:
        refuse_half_restored(home)
    # Read by MLflow when it is imported; nothing here may report to anybody.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    store: CollectionStore = _server_store(settings) if settings.qdrant_url else EdgeStore(home)
    return Workspace(
        home=home,
        processed=settings.processed.resolve(),
        registry=MlflowRegistry(settings.tracking_uri, artifacts=home / "artifacts"),
        store=store,
        load_encoder=OnnxEncoder,
        tombstones=tombstones_of(settings),
    )


def _server_store(settings: HomeSettings) -> CollectionStore:
    from indexing.server_index import ServerSettings, ServerStore  # qdrant-client takes over a second to import

    return ServerStore(
        settings.qdrant_url,
        settings.qdrant_api_key.get_secret_value() or None,
        timeout_seconds=settings.qdrant_timeout_seconds,
        grpc_port=settings.qdrant_grpc_port if settings.qdrant_grpc else None,
        settings=ServerSettings(
            shard_number=settings.qdrant_shards,
            replication_factor=settings.qdrant_replicas,
            write_consistency_factor=settings.qdrant_write_consistency,
            is_strict=settings.qdrant_strict,
            quantisation=settings.qdrant_quantisation,
            on_disk=settings.qdrant_on_disk,
        ),
    )


def tombstones_of(settings: HomeSettings) -> Tombstones:
    """Who asked to be left out, as the database that the settings name says."""
    is_elsewhere = bool(settings.database_url.get_secret_value())
    file = settings.home.resolve() / "vivier.db"
    return LateTombstones(lambda: is_elsewhere or file.exists(), lambda: people_store(settings))


def people_store(settings: HomeSettings) -> PeopleStore:
    """The tombstones of that database, to be written too; made when there is none."""
    from indexing.people_store import PeopleStore, tombstone_key  # SQLAlchemy takes .2 s to import

    home = settings.home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    return PeopleStore(settings.database, tombstone_key(home, settings.tombstone_key.get_secret_value()))
