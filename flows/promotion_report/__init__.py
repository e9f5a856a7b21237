"""What a promotion found, as a page for readers and as a run in MLflow."""
