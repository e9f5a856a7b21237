"""The registry port on MLflow: versions, releases, tags, and the alias that says what is served."""

from indexing.model_registry.mlflow_registry import MlflowRegistry

__all__ = ["MlflowRegistry"]
