"""What the service says is said in French too: every sentence that these searches bring has its form there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.page.conftest import Visitor
from tests.page.test_modules import call
from tests.processes import ServiceProcess

pytestmark = [pytest.mark.slow, pytest.mark.e2e]

NOBODY = {"topics": ["no such topic"], "min_followers": 9_000_000, "active_since": "2099-01-01", "hireable": True}
SEARCHES: list[dict[str, Any]] = [
    {"query": "Senior Rust in Lyon or remote, embedded systems, no crypto, at least 20 followers, open to work"},
    {"query": "junior Go, Kubernetes, Terraform, AWS, PostgreSQL and Docker, active since 2026-01-31"},
    {"query": "someone like @trivax78 and @nobody-here but with Kubernetes"},
    {"query": "like @trivax78"},
    {"query": "PHP wanted, no PHP"},
    {"query": "tech lead, Python"},
    {"query": "We are hiring. " * 40 + "You write Rust. You know Kubernetes."},
    {"query": "maps", "filters": {"countries": ["FR"]}},
    {"query": "Rust", "plan": {"words": "", "required": ["Rust"], "places": ["Lyon"], "seniority": "lead"}},
    {"query": "Rust and Kotlin and Haskell in Grenoble", "limit": 50},
    {"query": "Haskell in Brest or Lyon, at least 500 followers, active since 2026-06-01, open to work", "limit": 50},
    {"query": "maps", "filters": {"topics": ["geospatial"], "min_followers": 100}, "limit": 50},
    *({"query": "maps", "filters": {name: value}} for name, value in NOBODY.items()),
    *({"query": "maps", "filters": {name: value}, "relax": False} for name, value in NOBODY.items()),
    {"query": "maps", "filters": NOBODY, "relax": False},
    {"query": "maps", "filters": {"hireable": False, "min_followers": 9_000_000}, "relax": False},
    {"query": "Rust", "filters": {"countries": ["MC"], "languages": ["COBOL"]}, "relax": False},
    {"query": "COBOL and Rust and Haskell and Perl, no JavaScript", "relax": False},
]


def sentences(answer: dict[str, Any]) -> Iterator[str]:
    yield from answer["plan"]["steps"]
    yield from (one["why"] for one in answer["relaxed"])
    if answer["nearest"]:
        yield answer["nearest"]["why"]


def said_by(service: ServiceProcess) -> list[str]:
    found: set[str] = set()
    with httpx.Client(base_url=service.url, timeout=30) as client:
        for body in SEARCHES:
            found.update(sentences(client.post("/agent_search", json=body).raise_for_status().json()))
        for body in SEARCHES[:8]:
            done = client.post("/agent_search/compare", json=body | {"versions": ["1", "2"]}).json()
            found.update(one["why"] for kind in ("entered", "left", "moved") for one in done.get(kind, ()))
            found.update([done["detail"]] if "detail" in done else ())  # version 2 has no @trivax78
        for body in ({"query": "like @nobody-here"}, {"query": "maps", "filters": {"countries": ["Atlantis"]}}):
            refused = client.post("/agent_search", json=body)
            assert refused.status_code == 422
            found.add(refused.json()["detail"])
    return sorted(found)


def test_every_sentence_has_its_french(visit: Visitor, service: ServiceProcess) -> None:
    english = said_by(service)
    assert len(english) > 50
    french = call(visit().open(), "sentences.js", "given.map((one) => it.translated(one, 'fr'))", english)
    assert [one for one, own in zip(english, french, strict=True) if own is None] == []
    left = [own for own in french if any(word in own.split() for word in ("the", "people", "who", "with", "would"))]
    assert left == []


def test_words_that_people_wrote_stay_as_they_are(visit: Visitor) -> None:
    for english, french in (
        ('left out "the words of <b>somebody</b>"', "écarté : « the words of <b>somebody</b> »"),
        (
            'read "Command and Control", "Go" and 2 more as a wish',
            'lu comme souhait : "Command and Control", "Go" et 2 de plus',
        ),
        ("a sentence of a later version", None),
    ):
        assert call(visit().open(), "sentences.js", "it.translated(given, 'fr')", english) == french


def test_a_french_reader_reads_how_it_was_read_in_french(visit: Visitor) -> None:
    here = visit(language="fr-FR")
    page = here.open("Rust à Lyon, au moins 5000 abonnés")
    expect(page.locator(".relaxed li").first).to_contain_text("toutes les conditions")
    page.locator(".reading summary").click()
    expect(page.locator(".reading li").first).to_have_text('lu comme souhait : "Rust"')
    expect(page.locator(".reading li bdi").first).to_have_attribute("lang", "fr")
    expect(page.locator(".lacks").first).to_have_text("manque au moins 5000 abonnés")


def test_places_have_their_french_names(visit: Visitor) -> None:
    here = visit(language="fr-FR")
    page = here.open("développeuse Rust en Belgique, près de Genève ou en télétravail")
    assert page.locator(".group.places .chip-text").all_inner_texts() == ["Belgique", "près de Genève", "télétravail"]
    page.locator(".reading summary").click()
    expect(page.locator(".reading ol")).to_contain_text('chercher à : "Belgique", "près de Genève", "télétravail"')
    page.get_by_role("button", name="English", exact=True).click()
    expect(page.locator(".group.places .chip-text").first).to_have_text("Belgium")
