"""What each route answers when all is well."""

from __future__ import annotations

import logging
import re
from typing import Any

import numpy as np
import pytest

from service import answers, schemas
from tests.service.conftest import Running
from tests.worlds import DIMENSION, PEOPLE

RELEASE = {"id", "model_version", "collection", "generation", "data_rev", "fingerprint"}


def post(service: Running, path: str, body: Any) -> dict[str, Any]:
    response = service.client.post(path, json=body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    answer: dict[str, Any] = response.json()
    return answer


def get(service: Running, path: str, **parameters: Any) -> dict[str, Any]:
    response = service.client.get(path, params=parameters)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_a_search_answers_in_the_contract_s_shape(service: Running) -> None:
    answer = post(service, "/agent_search", {"query": "embedded motor control in Rust", "limit": 3})
    found = schemas.SearchOut.model_validate(answer, strict=True, extra="forbid")
    assert [one.login for one in found.candidates][:2] == ["cyr-volt", "bo-quill"]
    assert [one.rank for one in found.candidates] == [1, 2, 3]
    best = found.candidates[0]
    parts = best.score_parts
    assert best.score == pytest.approx(parts.dense + parts.sparse + parts.prior + parts.rerank)
    assert best.url == "https://github.com/cyr-volt"
    assert best.location.model_dump() == {
        "raw": "Lyon, France",
        "country": "FR",
        "region": "Auvergne-Rhône-Alpes",
        "city": "Lyon",
        "latitude": pytest.approx(45.75, abs=0.01),
        "longitude": pytest.approx(4.85, abs=0.01),
    }
    assert [one.model_dump() for one in best.languages] == [{"name": "Rust", "share": 1.0}]
    assert {"embedded", "motor", "control"} & {word.casefold() for word in best.evidence[0].words}
    assert all(word in proof.quote for one in found.candidates for proof in one.evidence for word in proof.words)
    assert best.evidence[0].url.startswith("https://github.com/cyr-volt/")
    assert found.pool.model_dump() == {
        "matched": 66,
        "total": 66,
        "oldest_fetch": "2026-09-01T00:00:00+00:00",
        "population": None,
    }
    assert found.release.id == service.releases[0].id
    assert found.took_ms.total > 0


def test_every_filter_of_a_search_reaches_the_index(service: Running) -> None:
    filters: dict[str, Any] = {
        "countries": ["Allemagne", "France"],
        "cities": ["Brest", "Berlin"],
        "languages": ["python"],
        "topics": ["maps"],
        "min_followers": 200,
        "active_since": "2026-01-01",
        "hireable": True,
        "exclude": ["bo-quill"],
    }
    body = {"query": "motor", "mode": "dense", "filters": filters, "relax": False}
    assert [one["login"] for one in post(service, "/agent_search", body)["candidates"]] == ["ada-lumen"]
    for name in ("countries", "cities", "languages", "topics", "exclude"):
        other = filters | {name: ["ada-lumen"] if name == "exclude" else ["Canada" if name == "countries" else "Paris"]}
        assert post(service, "/agent_search", body | {"filters": other})["candidates"] == []
    for name, value in (("min_followers", 251), ("active_since", "2026-08-21"), ("hireable", False)):
        assert post(service, "/agent_search", body | {"filters": filters | {name: value}})["candidates"] == []


def test_pages_over_http_fit_together_and_searches_have_ids_of_their_own(service: Running) -> None:
    body: dict[str, Any] = {"query": "a library for chess"}
    whole = post(service, "/agent_search", body | {"limit": 30})
    pages = [post(service, "/agent_search", body | {"offset": offset}) for offset in (0, 10, 20)]
    assert [one for page in pages for one in page["candidates"]] == whole["candidates"]
    assert len({page["search_id"] for page in (whole, *pages)}) == 4


def test_a_search_takes_a_plan_and_can_leave_out_the_explanation(service: Running) -> None:
    body = {"query": "motor", "plan": {"preferred": ["Go"], "seniority": None}, "explain": False, "rerank": False}
    answer = post(service, "/agent_search", body)
    assert answer["plan"]["preferred"] == ["Go"]
    assert all(one["evidence"] == [] and one["score_parts"]["rerank"] == 0 for one in answer["candidates"])


def test_texts_show_their_skills_and_roles_in_order(service: Running) -> None:
    texts = ["Je maintiens des pipelines Airflow et Spark pour des données", "x", "🦀"]
    answer = post(service, "/predict", {"texts": texts, "top_k": 3, "embeddings": True})
    found = schemas.PredictOut.model_validate(answer, strict=True, extra="forbid")
    assert len(found.predictions) == 3
    first = found.predictions[0]
    assert {skill.name for skill in first.skills} >= {"Apache Airflow", "Apache Spark"}
    assert first.language == "fr"
    assert len(first.skills) <= 3
    assert np.linalg.norm(first.embedding or []) == pytest.approx(1, abs=1e-5)
    assert len(first.embedding or []) == DIMENSION
    without = post(service, "/predict", {"texts": texts})["predictions"]
    assert all("embedding" not in one for one in without)


def test_likeness_is_given_in_the_order_asked(service: Running) -> None:
    body = {"source": "motor control", "sentences": ["motor control", "control motor", "pastry", "motor control"]}
    found = schemas.SimilarityOut.model_validate(post(service, "/predict/similarity", body), strict=True)
    assert found.scores == pytest.approx([1, 1, found.scores[2], 1])
    assert -1 <= found.scores[2] < 0.5
    pairs = post(service, "/predict/similarity", {"pairs": [["motor control", s] for s in body["sentences"]]})
    assert pairs["scores"] == pytest.approx(found.scores)


def test_a_profile_shows_the_person_and_every_work(service: Running) -> None:
    answer = get(service, "/profiles/ADA-lumen")
    answers.ProfileOut.model_validate(answer, strict=True, extra="forbid")
    assert (answer["login"], answer["headline"], answer["followers"]) == ("ada-lumen", "I map the sea.", 250)
    assert [work["full_name"] for work in answer["repositories"]] == ["ada-lumen/tide-tables", "ada-lumen/chart-room"]
    assert set(answer["release"]) == RELEASE


def test_what_is_unknown_of_a_person_is_null(service: Running) -> None:
    answer = get(service, "/profiles/eve-nobody")
    assert [answer[name] for name in ("name", "bio", "headline", "followers", "hireable", "last_active_at")] == [
        None
    ] * 6
    assert set(answer["location"].values()) == {None}


def test_similar_people_come_in_the_shape_of_candidates(service: Running) -> None:
    answer = get(service, "/profiles/cyr-volt/similar", limit=2, exclude=["eve-nobody"], countries=["Germany"])
    found = answers.SimilarOut.model_validate(answer, strict=True, extra="forbid")
    assert [one.login for one in found.candidates] == ["bo-quill"]
    assert answer["pool"] == {"matched": 1, "total": len(PEOPLE)}


def test_the_root_says_what_this_is_and_where_to_go(service: Running) -> None:
    answer = get(service, "/")
    answers.RootOut.model_validate(answer, strict=True, extra="forbid")
    assert (answer["name"], answer["status"], answer["release"]["id"]) == ("vivier", "ok", service.releases[0].id)
    for link in ("docs", "health", "models"):
        assert service.client.get(answer["links"][link]).status_code == 200


def test_health_tells_what_serves_and_who_answers(service: Running) -> None:
    answer = get(service, "/health")
    answers.HealthOut.model_validate(answer, strict=True, extra="forbid")
    assert (answer["status"], answer["mlflow"], answer["qdrant"]) == ("ok", "ok", "ok")
    assert answer["people"] == len(PEOPLE)
    assert answer["follower"] == {"state": "following", "problem": None, "refused": None, "failures": 0}
    assert get(service, "/health/live") == {"status": "ok"}


def test_every_model_answer_names_its_release(service: Running) -> None:
    given = [
        post(service, "/agent_search", {"query": "motor"}),
        post(service, "/agent_search/batch", {"searches": [{"query": "motor"}]}),
        post(service, "/predict", {"texts": ["motor"]}),
        post(service, "/predict/similarity", {"pairs": [["motor", "engine"]]}),
        get(service, "/profiles/ada-lumen"),
        get(service, "/profiles/ada-lumen/similar"),
    ]
    releases = [answer["release"] for answer in given]
    assert all(release == releases[0] for release in releases)
    schemas.ReleaseOut.model_validate(releases[0], strict=True, extra="forbid")
    assert get(service, "/models/info")["serving"] == releases[0]


def test_every_documented_example_is_answered(service: Running) -> None:
    described = get(service, "/openapi.json")
    tried = 0
    for path, methods in described["paths"].items():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"]["$ref"].rpartition("/")[2]
                for example in described["components"]["schemas"][name]["examples"]:
                    post(service, path, example)
                    tried += 1
    assert tried == 8


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_documentation_needs_no_other_host(service: Running, page: str) -> None:
    response = service.client.get(page)
    assert response.status_code == 200
    assert "openapi.json" in response.text
    assert "//" not in re.sub(r"<!--.*?-->", "", response.text, flags=re.DOTALL).replace(
        str(service.client.base_url), ""
    )
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", response.text)
    assert addresses
    for address in addresses:
        asset = service.client.get(address)
        assert asset.status_code == 200
        assert asset.content


def test_metrics_count_requests_by_route_and_status(service: Running) -> None:
    def count(line: str) -> float:
        found = [row for row in service.client.get("/metrics").text.splitlines() if row.startswith(line)]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    answered = 'vivier_requests_total{route="/agent_search",status="200"}'
    refused = 'vivier_requests_total{route="/agent_search",status="422"}'
    before = count(answered), count(refused)
    post(service, "/agent_search", {"query": "motor"})
    service.client.post("/agent_search", json={})
    service.client.get("/profiles/ada-lumen")
    assert (count(answered), count(refused)) == (before[0] + 1, before[1] + 1)
    assert count('vivier_requests_total{route="/profiles/{login}",status="200"}') >= 1
    assert count('vivier_stage_seconds_count{stage="encode"}') >= 1
    assert count(f'vivier_release_info{{release="{service.releases[0].id}"}}') == 1
    assert count("vivier_people") == len(PEOPLE)
    assert "ada-lumen" not in service.client.get("/metrics").text


def test_logs_carry_neither_queries_nor_logins_nor_bodies(service: Running, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        post(service, "/agent_search", {"query": "xylophone motor", "filters": {"exclude": ["dune-ferry"]}})
        post(service, "/predict", {"texts": ["xylophone"]})
        get(service, "/profiles/cyr-volt")
        service.client.post("/agent_search", content=b'{"query": "xylophone')
        service.client.get("/profiles/xylophone")
    ours = [record for record in caplog.records if record.name.startswith("vivier")]
    assert len(ours) == 5
    written = " ".join(record.getMessage() for record in ours)
    assert "/agent_search 200" in written
    for word in ("xylophone", "motor", "cyr-volt", "dune-ferry"):
        assert word not in written
