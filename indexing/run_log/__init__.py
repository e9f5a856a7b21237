"""Runs of work kept in MLflow: parameters, measures by step, tags, files, and how the run ended.

    with tracker.run("vivier-training", "MiniLM on samples", kind="training", parameters=settings) as run:
        run.metrics({"loss": 0.31}, step=40)
        run.files(folder_of_plots, "plots")
        with run.child("epoch 2", kind="training") as nested: ...

MLflow never costs the work anything: what cannot be logged now is tried again later, a sentence says once that it was
not, and no method raises for it. A run is FINISHED only when the block ended well and all of it was logged; FAILED when
the block raised or a part is missing; KILLED after Ctrl-C. One whose process died (kill -9) is marked FAILED by the
next run that this home starts.

`indexing.model_registry.run_logs.open_tracker` makes a tracker; `UNTRACKED` logs nothing.
"""

from indexing.run_log.experiments import experiment_tags
from indexing.run_log.mlflow_runs import OpenMlflow
from indexing.run_log.run import Run, metric_name
from indexing.run_log.tracker import UNTRACKED, Tracker

__all__ = ["UNTRACKED", "OpenMlflow", "Run", "Tracker", "experiment_tags", "metric_name"]
