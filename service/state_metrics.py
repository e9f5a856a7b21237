"""What the service is now, as Prometheus metrics: its release, how it follows, who answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from service.live_release import LiveRelease, ReleaseLane


def state_metrics(lane: ReleaseLane, answering: Mapping[str, bool]) -> Iterator[Metric]:
    """The metrics of a lane, and of the dependencies that were looked at."""
    yield CounterMetricFamily(
        "vivier_release_switches", "Times another release took the place of the one that served", lane.switches
    )
    yield GaugeMetricFamily(
        "vivier_follower_failures", "Failed attempts to follow the champion in a row", lane.follower.failures
    )
    yield CounterMetricFamily(
        "vivier_follower_errors", "Looks at the champion that failed, the registry away included", lane.follower.errors
    )
    up = GaugeMetricFamily(
        "vivier_dependency_up", "Whether a dependency answered when it was last looked at", labels=("dependency",)
    )
    for dependency, answers in answering.items():
        up.add_metric((dependency,), answers)
    yield up
    if lane.live is not None:
        yield from _release_metrics(lane.live)


def _release_metrics(live: LiveRelease) -> Iterator[Metric]:
    opened, release = live.opened, live.opened.release
    served = GaugeMetricFamily("vivier_release_info", "The release that serves", labels=("release",))
    served.add_metric((release.id,), 1)
    yield served
    yield GaugeMetricFamily("vivier_release_generation", "Releases this process has served, by number", live.generation)
    yield GaugeMetricFamily("vivier_people", "People in the release that serves", opened.people)
    yield GaugeMetricFamily("vivier_passages", "Passages with a vector in the release that serves", release.passages)
    # By release: each counts from its opening on, and one that is opened again begins anew, as counters may.
    hits = CounterMetricFamily("vivier_query_cache_hits", "Queries not encoded again", labels=("release",))
    hits.add_metric((release.id,), opened.query_cache_hits)
    yield hits
