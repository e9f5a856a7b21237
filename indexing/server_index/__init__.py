"""The index port on a Qdrant server or cluster, through qdrant-client."""

from indexing.server_index.store import ServerSettings, ServerStore

__all__ = ["ServerSettings", "ServerStore"]
