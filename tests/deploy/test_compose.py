"""docker-compose.yml as Compose itself reads it: safe by default, whole, and the same with every profile."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT

COMPOSE = Path(sys.executable).with_name("docker-compose")
OURS = {"api", "api-1", "api-2", "worker", "first-up", "mlflow", "prefect", "fake-github"}
OPENED_BY_BIND = {"api", "proxy"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that Compose needs, with secrets generated as `make env` does."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "docker-compose.yml", folder)
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    make_env(folder)
    return folder


def make_env(folder: Path) -> str:
    done = subprocess.run([sys.executable, folder / "deploy" / "environment.py"], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def read(folder: Path, *more: str, **environment: str) -> dict[str, Any]:
    done = compose(folder, *more, "config", "--format", "json", **environment)
    assert done.returncode == 0, done.stderr
    services: dict[str, Any] = json.loads(done.stdout)["services"]
    return services


def compose(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMPOSE, "--project-directory", folder, "--file", folder / "docker-compose.yml", *arguments],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), **environment},
        text=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def services(project: Path) -> dict[str, Any]:
    """Every service of every profile."""
    return read(project, "--profile", "*")


def test_secrets_are_generated_once_and_only_their_owner_reads_them(project: Path, tmp_path: Path) -> None:
    before = (project / ".env").read_text(encoding="utf-8")
    assert "0 secrets generated" in make_env(project)
    assert (project / ".env").read_text(encoding="utf-8") == before
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    values = [line.partition("=")[2] for line in before.splitlines() if line[:1] != "#"]
    assert len(set(values)) == len(values) == 11
    assert min(map(len, values)) >= 32


def test_without_secrets_nothing_starts_and_it_says_what_to_do(project: Path, tmp_path: Path) -> None:
    shutil.copy(project / "docker-compose.yml", tmp_path)
    done = compose(tmp_path, "config")
    assert done.returncode != 0
    assert "make env" in done.stderr


def test_what_a_plain_up_starts(project: Path) -> None:
    assert set(read(project)) == {"api", "worker", "first-up", "mlflow", "prefect", "qdrant", "postgres", "s3"}


def test_everything_is_on_loopback(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}
    taken = [port["published"] for port in published]
    assert len(set(taken)) == len(taken)
    ours = {name: [port["published"] for port in service.get("ports", ())] for name, service in services.items()}
    assert ours["api"] == ["8000"]
    assert (ours["mlflow"], ours["prefect"], ours["postgres"]) == (["5000"], ["4200"], ["5432"])
    assert (ours["qdrant"], ours["s3"]) == (["6333", "6334"], ["9000", "9001"])


def test_opening_the_api_opens_nothing_else(project: Path) -> None:
    opened = read(project, "--profile", "*", BIND="0.0.0.0")  # noqa: S104  # read, not bound
    beyond = {
        name for name, service in opened.items() for port in service.get("ports", ()) if port["host_ip"] != "127.0.0.1"
    }
    assert beyond == OPENED_BY_BIND


def test_every_service_is_bounded_and_has_no_power_that_it_needs_not(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert int(service["mem_limit"]) > 0, name
        assert service["restart"] == ("no" if name == "first-up" else "unless-stopped"), name
        if name != "postgres":  # its first start changes the owner of its volume
            assert service["cap_drop"] == ["ALL"], name
            assert "no-new-privileges:true" in service["security_opt"], name
        if name in OURS:
            assert service["read_only"] is True, name


def test_whoever_needs_another_waits_until_that_is_healthy(services: dict[str, Any]) -> None:
    healthy = {name for name, service in services.items() if "healthcheck" in service} | {"mlflow", "prefect"}
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert other in healthy, f"{name} waits for {other}, which never says that it is well"


def test_no_password_is_written_down(services: dict[str, Any], project: Path) -> None:
    generated = {line.partition("=")[2] for line in (project / ".env").read_text("utf-8").splitlines()}
    for name, service in services.items():
        for variable, value in (service.get("environment") or {}).items():
            if variable.endswith(("KEY", "PASSWORD", "SECRET", "SECRET_ACCESS_KEY", "ACCESS_KEY_ID")):
                assert value in generated, f"{name}: {variable}"


def test_an_s3_storage_of_ones_own_is_a_matter_of_the_environment(project: Path) -> None:
    own = read(project, STACK_S3_ENDPOINT="https://minio.example.org", STACK_S3_KEY="mine", STACK_S3_SECRET="own")
    assert own["mlflow"]["environment"]["MLFLOW_S3_ENDPOINT_URL"] == "https://minio.example.org"
    assert own["worker"]["environment"]["AWS_ACCESS_KEY_ID"] == "mine"


def test_the_stand_ins_run_the_same_stack_on_the_embedded_engine(project: Path) -> None:
    overlaid = read(project, "--file", str(project / "deploy" / "stand-ins" / "compose.yml"), BASE="some-base")
    assert "qdrant" not in overlaid
    assert {overlaid[name]["environment"]["VIVIER_QDRANT_URL"] for name in ("api", "worker", "first-up")} == {""}
    assert overlaid["postgres"]["image"] == "vivier-stand-in-postgres"
    assert overlaid["s3"]["build"]["args"]["BASE"] == "some-base"


def test_the_proxy_knows_every_replica_and_looks_up_where_it_is_now(services: dict[str, Any]) -> None:
    replicas = {f"{name}:8000" for name in services if name.startswith("api-")}
    (mounted,) = services["proxy"]["volumes"]
    config = (ROOT / "deploy" / "compose" / Path(mounted["source"]).name).read_text("utf-8")
    _, *backends = re.split(r"^backend ", config, flags=re.MULTILINE)
    assert len(backends) == 2
    for backend in backends:
        assert set(re.findall(r"^ +server \S+ (\S+)", backend, flags=re.MULTILINE)) == replicas
    assert "default-server resolvers docker init-addr none" in config


def test_only_what_reads_is_asked_of_the_other_replica_when_no_answer_comes(project: Path) -> None:
    config = (project / "deploy" / "compose" / "haproxy.cfg").read_text("utf-8")
    _, reads, others = re.split(r"^backend ", config, flags=re.MULTILINE)
    assert "retry-on conn-failure empty-response response-timeout" in reads
    assert re.findall(r"retry-on (.*)", others) == ["conn-failure"]
