"""What Prometheus scrapes and what the dashboard and the alerts ask it for: services and metrics that there are."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from tests.processes import ROOT
from tests.service.test_metrics import OURS

MONITORING = ROOT / "deploy" / "monitoring"
OF_A_KIND = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
OF_PROCESSES = {"process_resident_memory_bytes", "process_cpu_seconds_total"}


def questions() -> list[str]:
    """What the panels and the alerts ask, in Prometheus' language."""
    alerts = yaml.safe_load((MONITORING / "alerts.yml").read_text("utf-8"))
    dashboard = json.loads((MONITORING / "grafana" / "dashboards" / "vivier.json").read_text("utf-8"))
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    return [*panels, *(rule["expr"] for group in alerts["groups"] for rule in group["rules"])]


def test_panels_and_alerts_ask_for_metrics_that_the_service_has() -> None:
    there = {name + ending for name, kind in OURS.items() for ending in OF_A_KIND[kind]} | OF_PROCESSES
    asked = {name for question in questions() for name in re.findall(r"\b(?:vivier|process)_[a-z_]+", question)}
    assert asked <= there
    assert len(asked) > 10


def scraped(job: str) -> dict[str, Any]:
    read = yaml.safe_load((MONITORING / "prometheus.yml").read_text("utf-8"))
    one: dict[str, Any]
    (one,) = [one for one in read["scrape_configs"] if one["job_name"] == job]
    return one


def test_every_api_and_every_node_of_qdrant_is_scraped() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    for job in ("api", "qdrant"):
        (found,) = scraped("vivier" if job == "api" else job)["dns_sd_configs"]
        assert set(found["names"]) == {name for name in services if re.fullmatch(rf"{job}(-\d)?", name)}


def test_qdrant_shows_its_metrics_to_its_key_alone_and_prometheus_has_it() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    (secret,) = compose["services"]["prometheus"]["secrets"]
    assert scraped("qdrant")["authorization"] == {"credentials_file": f"/run/secrets/{secret}"}
    asked = compose["services"]["qdrant"]["environment"]["QDRANT__SERVICE__API_KEY"]
    assert f"${{{compose['secrets'][secret]['environment']}:" in asked
