"""Prometheus metrics: what is counted as it happens, and what the service is when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from indexing.candidates import Timings

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
STAGES = ("plan", "encode", "search", "rank")


class Metrics:
    """The service's own metrics, in a registry of their own so that an application can be made twice.

    No label holds anything that a caller chose: routes are templates, releases are ids.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "vivier_requests", "Requests by route and status", ("route", "status"), registry=self.registry
        )
        self.latency = Histogram(
            "vivier_request_seconds", "Seconds a request took", ("route",), buckets=_BUCKETS, registry=self.registry
        )
        self.stages = Histogram(
            "vivier_stage_seconds", "Seconds a search stage took", ("stage",), buckets=_BUCKETS, registry=self.registry
        )
        self._stages = {stage: self.stages.labels(stage) for stage in STAGES}
        self._refused = Counter(
            "vivier_rate_limited_requests", "Requests answered 429, by limit", ("limit",), registry=self.registry
        )
        ProcessCollector(registry=self.registry)
        self.state = StateNow()
        self.registry.register(self.state)

    def observe_search(self, timings: Timings) -> None:
        """Count one search's stages."""
        for stage, histogram in self._stages.items():
            histogram.observe(getattr(timings, stage) / 1000)

    def note_refusal(self, limit: str) -> None:
        """Count a request that a rate limit turned away."""
        self._refused.labels(limit).inc()


class StateNow(Collector):
    """Metrics that are read off the running service when they are asked for; none before it runs."""

    def __init__(self) -> None:
        self.read: Callable[[], Iterable[Metric]] = tuple

    def collect(self) -> Iterable[Metric]:
        """What the service is now."""
        return self.read()
