"""Every claim stands on the person's own words, and is worth what the score would lose without them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from indexing import pipeline
from indexing.candidates import Answer, Candidate, Conditions, Evidence, Need
from indexing.evidence import MAX_QUOTE
from indexing.legs import Asked, Legs, search_legs
from indexing.open_release import OpenRelease
from indexing.passages import passages_of, point_id
from indexing.pipeline import Sources
from indexing.profiles import Profile
from indexing.ranking import LegRanking, decaying_sums
from indexing.search import search_people
from indexing.skills import load_catalogue
from indexing.terms import term_ids
from indexing.wanted import resolve_plan
from tests.worlds import World, make_deed, make_person

pytestmark = pytest.mark.quality

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "samples"
EXPERTS = ROOT.parent / "shared" / "data" / "experts"
PEOPLE = 300
QUERIES = 60
TOLERANCE = 1e-9

# Words of both languages, sentences with conditions, wishes and refusals, names of skills, and a place alone.
ASKED = (
    "embedded firmware in Rust",
    "logiciel embarqué en Rust",
    "motor control for robots",
    "commande de moteurs pour robots",
    "Kubernetes operators, container orchestration",
    "orchestration de conteneurs avec Kubernetes",
    "a compiler for a small language",
    "un compilateur pour un petit langage",
    "screen readers and accessible web sites",
    "sites web accessibles aux lecteurs d'écran",
    "maps, tiles and geocoding",
    "cartes, tuiles et géocodage",
    "telescope images of faint galaxies",
    "images de télescope de galaxies lointaines",
    "fuzzing network protocols",
    "tests à données aléatoires de protocoles réseau",
    "deep learning for medical images",
    "apprentissage profond pour l'imagerie médicale",
    "PostgreSQL replication and backups",
    "réplication et sauvegardes PostgreSQL",
    "numerical weather models in Julia",
    "modèles météo numériques en Julia",
    "payments in Kotlin or Java",
    "paiements en Kotlin ou en Java",
    "game engine with a physics simulation",
    "moteur de jeu avec simulation physique",
    "audio synthesis plugin",
    "greffon de synthèse audio",
    "speech recognition of Breton",
    "reconnaissance vocale du breton",
    "public transport timetables",
    "horaires de transports en commun",
    "genomics pipelines in Python",
    "chaînes de traitement génomique en Python",
    "React components, design system",
    "composants React, système de conception",
    "Senior Rust developer in France, no Java",
    "Développeuse Rust confirmée en France, pas de Java",
    "Data engineer in Toulouse or Lyon, Spark a plus",
    "Ingénieur données à Toulouse ou Lyon, Spark serait un plus",
    "Python mandatory; who has written parsers for log files?",
    "Python exigé ; qui a écrit des analyseurs de journaux ?",
    "someone with 50+ followers who builds static site generators",
    "quelqu'un avec plus de 50 abonnés qui fait des générateurs de sites",
    "Developer open to work, Go and gRPC",
    "Go developer, ideally near Nantes, not a consultant",
    "développeur Go, idéalement près de Nantes, pas de consultant",
    "Machine learning people active this year in Germany",
    "spécialistes de l'apprentissage automatique actifs cette année en Allemagne",
    "C++ numerical library without dependencies",
    "bibliothèque numérique C++ sans dépendances",
    "command-line tools for files and text",
    "outils en ligne de commande pour fichiers et textes",
    "France",
    "no JavaScript",
    "soil sensors with batteries that last for years",
    "capteurs de sol sur pile qui durent des années",
    "electrical transformers: windings and oil",
    "corrosion of steel bridges",
    "dotfiles",
)


# One sentence longer than any quote, in every field that has sentences.
LONG = "Notes on electrical transformers, their windings and their oil, and on whatever else hums at night, " * 6
LONG_WINDED = make_person("~long-winded", make_deed("hum", LONG.strip()), bio=LONG.strip())


@dataclass(frozen=True, slots=True)
class Corpus:
    """An open release, the people it was made from, and what to ask of it."""

    opened: OpenRelease
    people: Sequence[Profile]
    queries: Sequence[str]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    yield from _made(SAMPLE, ASKED, tmp_path_factory.mktemp("sample"), people=PEOPLE, also=(LONG_WINDED,))


@pytest.fixture(scope="module")
def experts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    if not EXPERTS.exists():
        pytest.skip(f"{EXPERTS} is not on this machine.")
    lines = (EXPERTS / "judgements.dev.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [str(json.loads(line)["query"]) for line in lines]
    yield from _made(EXPERTS, asked[:: len(asked) // QUERIES][:QUERIES], tmp_path_factory.mktemp("experts"))


def _made(
    folder: Path, queries: Sequence[str], home: Path, *, people: int | None = None, also: Sequence[Profile] = ()
) -> Iterator[Corpus]:
    world = World(home)
    files = Sources(*(folder / f"github_{name}.csv" for name in ("users", "repos", "contributions")))
    raw, revision = pipeline.load(files, world.workspace)
    profiles = pipeline.enrich_people(raw, revision, world.workspace, pipeline.silent).profiles[:people]
    everybody = (*profiles, *also)
    opened = world.open(world.add_release(world.add_version("north"), everybody))
    yield Corpus(opened, everybody, queries)
    opened.close()


def test_the_queries_are_sixty_and_each_is_asked_once() -> None:
    assert len(ASKED) == len(set(ASKED)) == QUERIES


@pytest.mark.slow
def test_every_claim_on_the_sample_is_a_quote_of_that_person_and_worth_its_score(sample: Corpus) -> None:
    claims = check(sample)
    assert claims[LONG_WINDED.login] >= 4  # the bio and the description, for each question on transformers
    assert claims["description"] > 500
    assert {"bio", "topics", "name"} < claims.keys()
    assert claims["of worth"] > 600


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_claim_on_real_people_is_a_quote_of_theirs_and_worth_its_score(experts: Corpus) -> None:
    claims = check(experts)
    assert claims["description"] > 500
    assert claims["of worth"] > 600


def check(corpus: Corpus) -> dict[str, int]:
    """Hold every claim of every query to its promise; how many claims quote which field, whom, and are of worth."""
    by_login = {profile.login: (person, profile) for person, profile in enumerate(corpus.people)}
    claims: dict[str, int] = {}
    for query in corpus.queries:
        # Whoever is let in by relaxation is quoted by the same law.
        beyond = search(corpus, query, relax=True, offset=95)  # some judged in person, some on the scale after them
        for answer in (beyond, search(corpus, query, relax=True), search(corpus, query, relax=False)):
            for candidate in answer.candidates:
                person, profile = by_login[candidate.profile.login]
                adds_up(candidate)
                for claim in candidate.evidence:
                    is_quoted(claim, profile)
                    for counted in (claim.field, profile.login):
                        claims[counted] = claims.get(counted, 0) + 1
        legs = legs_of(corpus, answer)
        for candidate in answer.candidates:
            person, profile = by_login[candidate.profile.login]
            for claim in candidate.evidence:
                if legs is None:
                    assert (claim.score, candidate.parts.dense, candidate.parts.sparse) == (0.0, 0.0, 0.0)
                else:
                    is_worth_its_score(claim, candidate, person, profile, legs, corpus.opened)
                claims["of worth"] = claims.get("of worth", 0) + (claim.score > 0)
    return claims


def search(corpus: Corpus, query: str, *, relax: bool, offset: int = 0) -> Answer:
    return search_people(Need(query, relax=relax, offset=offset), corpus.opened, load_catalogue())


def adds_up(candidate: Candidate) -> None:
    parts = candidate.parts
    assert abs(candidate.score - (parts.dense + parts.sparse + parts.prior + parts.rerank)) <= TOLERANCE
    losses = [claim.score for claim in candidate.evidence]
    assert losses == sorted(losses, reverse=True)
    assert all(loss >= 0 for loss in losses)


def is_quoted(claim: Evidence, profile: Profile) -> None:
    """The quote is in the named field of the named repository, which is the person's, and the url is its."""
    assert 0 < len(claim.quote.strip()) <= MAX_QUOTE
    if claim.repo is None:
        assert claim.field == "bio"
        assert claim.quote in profile.bio
        assert claim.url == f"https://github.com/{profile.login}"
        return
    (work,) = (work for work in profile.works if work.full_name == claim.repo)
    fields = {"description": (work.description,), "topics": work.topics, "name": (work.name,)}
    assert any(claim.quote in text for text in fields[claim.field])
    assert claim.url == f"https://github.com/{work.full_name}"
    assert work.name in claim.claim


def legs_of(corpus: Corpus, answer: Answer) -> Legs | None:
    """Both legs of a strict answer, searched again from its plan; None when there are only conditions."""
    opened, plan = corpus.opened, answer.plan
    if not plan.words.strip():
        return None
    assert not plan.like
    wanted = resolve_plan(plan, Conditions(), opened.index, load_catalogue())
    wrote = {person for words in wanted.refused_words for person in who_wrote(words, corpus.people)}
    filters = replace(wanted.filters, exclude_people=tuple(sorted({*wanted.filters.exclude_people, *wrote})))
    asked = Asked("hybrid", plan.words.strip(), wanted.skills, (), opened.release.ranking.depth)
    return search_legs(asked, opened.encode_query(asked.words), opened, filters, frozenset())


def who_wrote(words: str, people: Sequence[Profile]) -> Iterator[int]:
    terms = set(term_ids(words))
    for person, profile in enumerate(people):
        if terms and any(terms.issubset(term_ids(passage.text)) for passage in passages_of(profile, person)):
            yield person


def is_worth_its_score(
    claim: Evidence, candidate: Candidate, person: int, profile: Profile, legs: Legs, opened: OpenRelease
) -> None:
    """With the query's normalisation held, the legs without the quoted passage give exactly that much less."""
    names = [work.full_name for work in profile.works]
    point = point_id(person, 0 if claim.repo is None else 1 + names.index(claim.repo))
    constants = opened.release.ranking
    weights = (constants.dense_weight, constants.sparse_weight) if legs.both else (1.0, 1.0)
    now = before = 0.0
    for leg, weight in zip((legs.dense, legs.sparse), weights, strict=True):
        if leg is not None:
            before += weight * part(leg, person, without=None)
            now += weight * part(leg, person, without=point)
    assert abs(candidate.parts.dense + candidate.parts.sparse - before) <= TOLERANCE
    assert abs((before - now) - claim.score) <= TOLERANCE


def part(leg: LegRanking, person: int, *, without: int | None) -> float:
    """What a person has of a leg on its scale, with or without one passage; 0 for who is not among the leg's people."""
    if person not in leg.people:
        return 0.0
    kept = (leg.hit_people == person) & (leg.hit_points != np.uint64(without if without is not None else 2**63))
    _, sums = decaying_sums(leg.hit_people[kept], leg.hit_scores[kept], leg.decay)
    return float(leg.normalise(sums)[0]) if len(sums) else float(leg.normalise(np.zeros(1))[0])
