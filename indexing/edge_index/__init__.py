"""The index port on Qdrant Edge, the embedded default: collections are shards under this machine's home."""

from indexing.edge_index.models import EdgeSettings
from indexing.edge_index.store import EdgeStore

__all__ = ["EdgeSettings", "EdgeStore"]
