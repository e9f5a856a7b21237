"""What Prometheus reads: the release, its size, how it follows, in names of Prometheus' own kind."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families

from indexing.promotion.running_service import read_traffic
from tests.service.conftest import Running
from tests.worlds import NAMED

OURS = {
    "vivier_requests": "counter",
    "vivier_request_seconds": "histogram",
    "vivier_stage_seconds": "histogram",
    "vivier_rate_limited_requests": "counter",
    "vivier_release_info": "gauge",
    "vivier_release_generation": "gauge",
    "vivier_release_switches": "counter",
    "vivier_people": "gauge",
    "vivier_passages": "gauge",
    "vivier_query_cache_hits": "counter",
    "vivier_follower_failures": "gauge",
    "vivier_follower_errors": "counter",
    "vivier_dependency_up": "gauge",
}


def samples(service: Running) -> dict[str, float]:
    families = text_string_to_metric_families(service.client.get("/metrics").text)
    return {
        one.name + str(sorted(one.labels.items())): one.value
        for family in families
        for one in family.samples
        if one.name.startswith(("vivier_", "process_"))
    }


def test_every_metric_is_there_with_its_kind_and_a_sentence(changing: Running) -> None:
    changing.client.post("/agent_search", json={"query": "motor"})
    families = {one.name: one for one in text_string_to_metric_families(changing.client.get("/metrics").text)}
    found = {name: one.type for name, one in families.items() if name.startswith("vivier_")}
    assert {name: kind for name, kind in found.items() if not name.endswith("_created")} == OURS
    assert all(families[name].documentation for name in OURS)
    assert {"process_resident_memory_bytes", "process_start_time_seconds"} <= set(families)
    for name, family in families.items():
        counts = [one.name for one in family.samples if family.type == "counter"]
        assert all(one.endswith("_total") for one in counts), name


def test_the_release_that_serves_is_told_with_its_size(changing: Running) -> None:
    first, second = changing.releases
    before = samples(changing)
    assert before[f"vivier_release_info[('release', '{first.id}')]"] == 1
    assert before["vivier_people[]"] == len(NAMED)
    assert before["vivier_passages[]"] == first.passages
    assert before["vivier_release_switches_total[]"] == 0
    assert changing.client.post("/models/load/2").status_code == 200
    after = samples(changing)
    assert [name for name in after if name.startswith("vivier_release_info")] == [
        f"vivier_release_info[('release', '{second.id}')]"
    ]
    assert after["vivier_release_switches_total[]"] == 1
    assert after["vivier_release_generation[]"] == before["vivier_release_generation[]"] + 1


def test_a_query_asked_again_is_a_hit_of_the_release_that_answered(changing: Running) -> None:
    name = f"vivier_query_cache_hits_total[('release', '{changing.releases[0].id}')]"
    before = samples(changing)[name]
    for _ in range(3):
        changing.client.post("/agent_search", json={"query": "brushless motor"})
    assert samples(changing)[name] == before + 2


def test_no_label_holds_what_a_caller_wrote(service: Running) -> None:
    service.client.get("/profiles/xylophone")
    service.client.get("/xylophone/xylophone")
    service.client.post("/models/load/xylophone")
    service.client.post("/agent_search", json={"query": "xylophone"}, headers={"x-request-id": "xylophone"})
    text = service.client.get("/metrics").text
    assert "xylophone" not in text
    routes = set(re.findall(r'route="([^"]+)"', text))
    assert {"unmatched", "/profiles/{login}"} <= routes


def test_a_promotion_reads_them_as_before(changing: Running) -> None:
    for _ in range(4):
        changing.client.post("/agent_search", json={"query": "motor"})
    traffic = read_traffic(changing.client.get("/metrics").text)
    assert (traffic.requests, traffic.failures, traffic.timed) == (4, 0, 4)
