"""The index port on a Qdrant server or cluster, through qdrant-client."""

from indexing.server_index.layout import ServerSettings
from indexing.server_index.store import ServerStore

__all__ = ["ServerSettings", "ServerStore"]
