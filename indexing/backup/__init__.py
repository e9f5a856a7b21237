"""Backups of what cannot be built again cheaply: served releases, the registry, who left, what was asked."""
