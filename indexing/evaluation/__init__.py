"""Offline evaluation: how well the code that serves finds the people that somebody judged to be right."""

from indexing.evaluation.delivery import check_writable, deliver
from indexing.evaluation.evaluate import Installation, Task, evaluate

__all__ = ["Installation", "Task", "check_writable", "deliver", "evaluate"]
