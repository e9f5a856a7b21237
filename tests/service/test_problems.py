"""Every error is a problem document that says what is wrong, where, and with which request id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from inspect import getmembers, isclass
from typing import Any

import httpx2
import pytest

from indexing import errors
from service import answers
from service.problems import STATUS, status_of
from tests.service.conftest import Running

ABSTRACT = {errors.VivierError, errors.InputError, errors.NotFound, errors.Unavailable}


def problem(response: httpx2.Response, status: int, field: str | None = None) -> answers.ProblemOut:
    """The problem document of a response, with its promises checked."""
    assert response.status_code == status, response.text[:300]
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"]
    found = answers.ProblemOut.model_validate_json(response.content)
    assert found.status == status
    assert found.title
    assert found.detail
    if field is not None:
        assert found.field == field
        assert field.partition("[")[0] in found.detail
    return found


def send(service: Running, body: bytes | str, path: str = "/agent_search", **headers: str) -> httpx2.Response:
    response: httpx2.Response = service.client.post(
        path, content=body, headers={"content-type": "application/json", **headers}
    )
    return response


SEARCHES: list[tuple[dict[str, Any], str]] = [
    ({}, "query"),
    ({"query": ""}, "query"),
    ({"query": "  \n"}, "query"),
    ({"query": "x" * 8_001}, "query"),
    ({"query": "a\0b"}, "query"),
    ({"query": 7}, "query"),
    ({"query": None}, "query"),
    ({"query": ["motor"]}, "query"),
    ({"query": "motor", "limit": 0}, "limit"),
    ({"query": "motor", "limit": 101}, "limit"),
    ({"query": "motor", "limit": "10"}, "limit"),
    ({"query": "motor", "limit": 1.5}, "limit"),
    ({"query": "motor", "limit": True}, "limit"),
    ({"query": "motor", "limit": 10**40}, "limit"),
    ({"query": "motor", "offset": -1}, "offset"),
    ({"query": "motor", "offset": 1_001}, "offset"),
    ({"query": "motor", "mode": "telepathy"}, "mode"),
    ({"query": "motor", "version": ""}, "version"),
    ({"query": "motor", "version": 1}, "version"),
    ({"query": "motor", "relax": "no"}, "relax"),
    ({"query": "motor", "rerank": "yes"}, "rerank"),
    ({"query": "motor", "colour": "red"}, "colour"),
    ({"query": "motor", "filters": []}, "filters"),
    ({"query": "motor", "filters": {"countrys": ["France"]}}, "filters.countrys"),
    ({"query": "motor", "filters": {"countries": "France"}}, "filters.countries"),
    ({"query": "motor", "filters": {"countries": ["France", ""]}}, "filters.countries[1]"),
    ({"query": "motor", "filters": {"countries": ["France", "Atlantis"]}}, "filters.countries[1]"),
    ({"query": "motor", "filters": {"cities": ["a\0b"]}}, "filters.cities[0]"),
    ({"query": "motor", "filters": {"topics": ["t"] * 10_000}}, "filters.topics"),
    ({"query": "motor", "filters": {"exclude": ["t"] * 10_000}}, "filters.exclude"),
    ({"query": "motor", "filters": {"languages": ["x" * 201]}}, "filters.languages[0]"),
    ({"query": "motor", "filters": {"min_followers": -1}}, "filters.min_followers"),
    ({"query": "motor", "filters": {"min_followers": 10**30}}, "filters.min_followers"),
    ({"query": "motor", "filters": {"active_since": "2026-02-30"}}, "filters.active_since"),
    ({"query": "motor", "filters": {"active_since": "yesterday"}}, "filters.active_since"),
    ({"query": "motor", "filters": {"hireable": 1}}, "filters.hireable"),
    ({"query": "motor", "plan": {"colour": ["red"]}}, "plan.colour"),
    ({"query": "motor", "plan": {"min_followers": "many"}}, "plan.min_followers"),
    ({"query": "motor", "plan": {"active_since": "soon"}}, "plan.active_since"),
    ({"query": "motor", "plan": {"seniority": 3}}, "plan.seniority"),
]


@pytest.mark.parametrize(("body", "field"), SEARCHES, ids=lambda value: str(value)[:60])
def test_a_search_that_is_not_understood_names_the_field(service: Running, body: dict[str, Any], field: str) -> None:
    problem(service.client.post("/agent_search", json=body), 422, field)


@pytest.mark.parametrize(
    "value", [10**30, -1, 1.5, {"deep": []}, [["a"]], "a\0b", ["a"] * 10_000], ids=lambda v: str(v)[:20]
)
def test_a_plan_of_wrong_types_is_named(service: Running, value: Any) -> None:
    response = service.client.post("/agent_search", json={"query": "motor", "plan": {"preferred": value}})
    found = problem(response, 422)
    assert (found.field or "").startswith("plan.preferred")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/agent_search/batch", {}, "searches"),
        ("/agent_search/batch", {"searches": []}, "searches"),
        ("/agent_search/batch", {"searches": [{"query": "motor"}] * 101}, "searches"),
        ("/agent_search/batch", {"searches": [{"query": "motor"}, {"query": ""}]}, "searches[1].query"),
        ("/agent_search/batch", {"searches": [{"query": "motor"}, {"query": "  "}]}, "searches[1].query"),
        ("/agent_search/batch", {"searches": [{"query": "motor", "version": "1"}]}, "searches[0].version"),
        (
            "/agent_search/batch",
            {"searches": [{"query": "a"}] * 3 + [{"query": "a", "filters": {"countries": ["France", "Atlantis"]}}]},
            "searches[3].filters.countries[1]",
        ),
        ("/agent_search/compare", {"query": "motor"}, "versions"),
        ("/agent_search/compare", {"query": "motor", "versions": ["1"]}, "versions"),
        ("/agent_search/compare", {"query": "motor", "versions": ["1", "1", "1"]}, "versions"),
        ("/agent_search/compare", {"query": "motor", "versions": ["1", "a\0"]}, "versions[1]"),
        ("/agent_search/compare", {"query": " ", "versions": ["1", "1"]}, "query"),
        ("/agent_search/compare", {"query": "motor", "versions": ["1", "1"], "offset": 100}, "offset"),
        ("/agent_search/compare", {"query": "motor", "versions": ["1", "1"], "offset": 91}, "body"),
        ("/agent_search/compare", {"query": "motor", "versions": ["1", "1"], "version": "1"}, "version"),
        ("/predict", {"texts": []}, "texts"),
        ("/predict", {"texts": ["x"] * 65}, "texts"),
        ("/predict", {"texts": ["ok", "x" * 8_001]}, "texts[1]"),
        ("/predict", {"texts": ["ok", ""]}, "texts[1]"),
        ("/predict", {"texts": "motor"}, "texts"),
        ("/predict", {"texts": ["ok"], "top_k": 0}, "top_k"),
        ("/predict/similarity", {"source": "a"}, "body"),
        ("/predict/similarity", {"sentences": ["a"]}, "body"),
        ("/predict/similarity", {"source": "a", "sentences": ["b"], "pairs": [["a", "b"]]}, "body"),
        ("/predict/similarity", {}, "body"),
        ("/predict/similarity", {"pairs": [["a", "b"], ["a"]]}, "pairs[1]"),
        ("/predict/similarity", {"source": "a", "sentences": ["b", "a\0"]}, "sentences[1]"),
    ],
)
def test_texts_that_cannot_be_read_are_named(service: Running, path: str, body: dict[str, Any], field: str) -> None:
    problem(service.client.post(path, json=body), 422, field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (r'{"query": "\ud800"}', "query"),
        (r'{"query": "motor \udfff control"}', "query"),
        (r'{"query": "motor", "filters": {"topics": ["\ud800"]}}', "filters.topics[0]"),
        (r'{"query": "motor", "filters": {"exclude": ["ok", "\udc00"]}}', "filters.exclude[1]"),
        (r'{"query": "motor", "mode": "\ud800"}', "mode"),
    ],
)
def test_a_lone_surrogate_is_refused_by_field(service: Running, body: str, field: str) -> None:
    problem(send(service, body), 422, field)


@pytest.mark.parametrize("body", [r'{"query": "motor", "\ud800": 1}', r'{"query": "motor", "plan": {"\ud800": ["a"]}}'])
def test_a_lone_surrogate_in_a_name_is_refused(service: Running, body: str) -> None:
    problem(send(service, body), 422)


def test_a_whole_pair_of_surrogates_is_an_ordinary_character(service: Running) -> None:
    assert send(service, r'{"query": "motor \ud83e\udd80"}').status_code == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"query": "motor"', b"null", b"[]", b'"motor"', b"7", b'{"query": NaN}', b'{"query": "motor",}'],
)
def test_a_body_that_is_no_search_is_refused(service: Running, body: bytes) -> None:
    assert problem(send(service, body), 422).field in ("body", "query")


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "\xff\xfe"}',
        b'{"query": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"plan": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}",
        b'{"limit": ' + b"9" * 5_000 + b"}",
    ],
    ids=["not UTF-8", "deep lists", "deep objects", "a long number"],
)
def test_a_body_that_cannot_be_read_is_refused(service: Running, body: bytes) -> None:
    found = problem(send(service, body), 400)
    assert found.field == "body"


def test_a_megabyte_is_too_large_however_it_comes(service: Running) -> None:
    large = json.dumps({"query": "x" * 1_000_000})
    assert problem(send(service, large), 413).field == "body"

    def in_pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    response = service.client.post("/agent_search", content=in_pieces())
    assert "content-length" not in response.request.headers
    assert problem(response, 413).field == "body"


@pytest.mark.parametrize("length", ["9" * 5_000, "262145"])
def test_a_declared_length_is_believed(service: Running, length: str) -> None:
    problem(send(service, b"{}", **{"content-length": length}), 413)


@pytest.mark.parametrize("length", ["-1", "many", "²"])
def test_a_nonsensical_length_does_no_harm(service: Running, length: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", length.encode("latin-1"))]
    response = service.client.post("/agent_search", content=b'{"query": "motor"}', headers=headers)
    assert response.status_code == 200


def test_another_media_type_is_refused_or_read_but_never_fails(service: Running) -> None:
    for kind in ("text/plain", "application/xml", "multipart/form-data", "nonsense", ""):
        response = service.client.post("/agent_search", content=b'{"query": "motor"}', headers={"content-type": kind})
        assert response.status_code in (200, 415, 422), kind


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/profiles/ada-lumen/similar?limit=0", "limit"),
        ("/profiles/ada-lumen/similar?limit=101", "limit"),
        ("/profiles/ada-lumen/similar?limit=ten", "limit"),
        ("/profiles/ada-lumen/similar?offset=1001", "offset"),
        ("/profiles/ada-lumen/similar?countries=Atlantis", "countries[0]"),
        ("/profiles/ada-lumen/similar?countries=", "countries[0]"),
        ("/profiles/ada-lumen/similar?exclude=a%00b", "exclude[0]"),
        ("/profiles/ada%00lumen", "login"),
        ("/profiles/" + "x" * 101, "login"),
    ],
)
def test_an_address_that_is_not_understood_names_the_parameter(service: Running, path: str, field: str) -> None:
    problem(service.client.get(path), 422, field)


@pytest.mark.parametrize("path", ["/profiles/nobody-here", "/profiles/nobody-here/similar", "/profiles/%F0%9F%A6%80"])
def test_an_unknown_person_is_not_found(service: Running, path: str) -> None:
    assert problem(service.client.get(path), 404).title == "No such profile"


@pytest.mark.parametrize("path", ["/nowhere", "/profiles", "/searches", "/agent_search/", "/%ff", "/models/load/"])
def test_an_unknown_route_is_not_found(service: Running, path: str) -> None:
    problem(service.client.get(path, follow_redirects=False), 404)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/agent_search"), ("POST", "/health"), ("PUT", "/predict"), ("DELETE", "/metrics")]
)
def test_another_method_is_not_allowed_and_told_which_is(service: Running, method: str, path: str) -> None:
    response = service.client.request(method, path)
    problem(response, 405)
    assert response.headers["allow"]


@pytest.mark.parametrize(
    "reference", ["7", "nobody", "v9-20260101t000000-abcd", "%F0%9F%A6%80", "v1", "0", "-1", "1e3"]
)
def test_an_unknown_release_is_not_found(service: Running, reference: str) -> None:
    if reference == "v1":
        assert service.client.post("/models/load/v1").status_code == 200
    else:
        assert problem(service.client.post(f"/models/load/{reference}"), 404).title == "No such release"


def test_a_policy_nobody_knows_is_named(service: Running) -> None:
    problem(service.client.post("/models/load/1?policy=hope"), 422, "policy")


def test_a_request_id_that_makes_sense_is_kept_and_any_other_replaced(service: Running) -> None:
    for path in ("/health", "/nowhere"):
        kept = service.client.get(path, headers={"x-request-id": "abc-123_X.9"})
        assert kept.headers.get_list("x-request-id") == ["abc-123_X.9"]
        for given in ("a b", "x" * 65, "<script>", ""):
            made = service.client.get(path, headers={"x-request-id": given}).headers["x-request-id"]
            assert made != given
            assert len(made) == 32
    assert (
        service.client.get("/health").headers["x-request-id"] != service.client.get("/health").headers["x-request-id"]
    )


def test_what_nobody_expected_is_a_problem_with_the_request_id_and_no_detail(changing: Running) -> None:
    changing.world.registry.fail_next("versions", ZeroDivisionError("a secret"))
    response = changing.client.get("/models/info", headers={"x-request-id": "find-me"})
    found = problem(response, 500)
    assert response.headers.get_list("x-request-id") == ["find-me"]
    assert "secret" not in found.detail
    assert changing.client.get("/models/info").status_code == 200


def leaves() -> list[type[errors.VivierError]]:
    kinds = [kind for _, kind in getmembers(errors, isclass) if issubclass(kind, errors.VivierError)]
    return [kind for kind in kinds if kind not in ABSTRACT]


@pytest.mark.parametrize("kind", leaves(), ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_of_its_own_row(kind: type[errors.VivierError]) -> None:
    assert kind in STATUS
    status, title = STATUS[kind]
    assert 400 <= status < 600
    assert title
    assert status_of(kind.__new__(kind)) == (status, title)


def test_only_our_own_faults_are_five_hundreds() -> None:
    assert {kind for kind, (status, _) in STATUS.items() if status == 500} == {errors.InvalidVector}
    unavailable = {kind for kind, (status, _) in STATUS.items() if status == 503}
    assert unavailable == {kind for kind in leaves() if issubclass(kind, errors.Unavailable)}
