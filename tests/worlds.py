"""Small worlds for tests: fictional people, encoders of one size, and a registry and collections in memory."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from indexing import pipeline
from indexing.assembly import tombstones_of
from indexing.build import build_collection, describe_release
from indexing.centring import tongues_of
from indexing.embedding_cache import EmbeddingCache
from indexing.encoder import Encoder, FloatArray
from indexing.errors import ReadOnlyIndex
from indexing.export.canary_texts import CANARY_TEXTS
from indexing.memory_index import MemoryIndex, MemoryStore
from indexing.model_folder import (
    MODEL_FILE,
    TOKENIZER_FILE,
    Canary,
    ModelManifest,
    Role,
    file_hash,
    fingerprint_of,
    read_manifest,
    write_manifest,
)
from indexing.open_release import OpenRelease
from indexing.passages import TEMPLATE, all_passages
from indexing.places import read_place
from indexing.profiles import Profile, Work
from indexing.releases import LanguageMeans, Release
from indexing.settings import HomeSettings
from indexing.skills import load_catalogue
from indexing.terms import PassageTerms
from indexing.workspace import Workspace
from tests.builders import make_profile, make_work
from tests.fake_registry import MemoryRegistry
from tests.fakes import HashEncoder

DIMENSION = 256
FETCHED = datetime(2026, 9, 1, tzinfo=UTC)
_NOTHING = {"fr": (0.0,) * DIMENSION, "en": (0.0,) * DIMENSION}
NO_MEANS = LanguageMeans(_NOTHING, _NOTHING)


class SaltedEncoder(HashEncoder):
    """A hashing encoder with a space of its own: two salts give unlike vectors of one size."""

    def __init__(self, salt: str, fingerprint: str = "salted") -> None:
        super().__init__(dimension=DIMENSION, fingerprint=fingerprint)
        self._salt = salt
        self.has_drifted = False
        self.may_close = Event()
        self.may_close.set()

    def close(self) -> None:
        """Be closed, once that is allowed."""
        assert self.may_close.wait(20), "closing was held and never let go"
        super().close()

    def _encode(self, texts: Sequence[str]) -> FloatArray:
        # The salt goes in front of every word, and stands alone for a text without any.
        salted = [re.sub(r"[^\W_]+", lambda word: self._salt + word[0], text) or self._salt for text in texts]
        vectors = super()._encode(salted)
        return np.roll(vectors, 1, axis=1) if self.has_drifted else vectors


def make_person(login: str, *works: Work, **changes: Any) -> Profile:
    """A person whose languages, topics, skills and place follow from the works and the location, as enriching does."""
    catalogue = load_catalogue()
    languages = Counter(work.language for work in works if work.language)
    text = " . ".join([changes.get("bio", ""), *(f"{work.name} {work.description}" for work in works)])
    written = [skill.name for skill in map(catalogue.normalise, languages) if skill is not None]
    skills = Counter([*written, *(mention.skill.name for mention in catalogue.find(text))])
    works = tuple(replace(work, full_name=f"{login}/{work.name}") for work in works)
    place = read_place(changes.get("location"))
    known: dict[str, Any] = {
        "country": place.country,
        "region": place.region,
        "city": place.city,
        "languages": {name: count / languages.total() for name, count in sorted(languages.items())},
        "topics": dict(sorted(Counter(topic for work in works for topic in work.topics).items())),
        "skills": tuple(name for name, _ in skills.most_common()),
        "fetched_at": FETCHED,
    }
    return make_profile(login, works=works, **(known | changes))


def make_deed(name: str, description: str, language: str | None = None, topics: str = "", **changes: Any) -> Work:
    """A repository with words in it; topics are given as in a sentence."""
    return make_work(
        name, description=description, language=language, topics=tuple(topics.split()), fetched_at=FETCHED, **changes
    )


def day(text: str) -> datetime:
    """Midnight UTC of an ISO date."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NAMED = (
    make_person(
        "ada-lumen",
        make_deed("tide-tables", "Predicts tides from harmonic constituents. Tested daily.", "Python", "ocean maps"),
        make_deed("chart-room", "Nautical maps in the browser.", "TypeScript", "maps"),
        name="Ada Lumen",
        location="Brest, France",
        bio="I map the sea.\nTides, mostly.",
        followers=250,
        last_active_at=day("2026-08-20"),
        hireable=True,
    ),
    make_person(
        "bo-quill",  # does a bit of everything, one motor among it
        make_deed("motor-notes", "Notes on motor control.", "Python"),
        *(
            make_deed(
                f"site-{colour}", f"A {colour} web site for a club, with a calendar and photographs.", "JavaScript"
            )
            for colour in ("red", "green", "blue", "white", "black", "amber", "violet")
        ),
        location="Berlin, Germany",
        followers=9_000,
        last_active_at=day("2026-10-01"),
        hireable=False,
    ),
    make_person(
        "cyr-volt",  # the specialist
        make_deed("motor-hal", "Embedded motor control firmware without an allocator.", "Rust", "embedded motor"),
        make_deed("spin", "Field-oriented control of a brushless motor.", "Rust", "motor"),
        make_deed("volt-bus", "An embedded bus driver for motor boards.", "Rust", "embedded"),
        location="Lyon, France",
        followers=40,
        last_active_at=day("2026-05-01"),
    ),
    make_person(
        "dune-ferry",
        make_deed("quiet-queue", "Delivers messages once, in order, over a lossy network.", "Go", "queue"),
        location="Québec, Canada",
        followers=12,
        last_active_at=day("2024-01-15"),
        hireable=True,
    ),
    make_person(
        "eve-nobody",  # of whom next to nothing is known
        make_deed("misc", "Messages and motor things.", None),
    ),
    make_person("fay-words", bio="Je dessine des cartes marines et j'aime les marées.", location="Nantes"),
)
_THINGS = "parser editor router compiler renderer scheduler cache indexer".split()
_FIELDS = "astronomy botany chess music geology weaving cooking sailing".split()
CROWD = tuple(
    make_person(
        f"person-{number:02}",
        make_deed(f"{_FIELDS[number % 8]}-{_THINGS[number // 8 % 8]}", f"A library for {_FIELDS[number % 8]}.", "C"),
        make_deed(f"tool-{number}", f"A {_THINGS[number % 8]} for {_FIELDS[number // 8 % 8]} people.", "C"),
        followers=number,
        last_active_at=day("2026-01-01"),
    )
    for number in range(60)
)
PEOPLE = (*NAMED, *CROWD)


class SharedFilesIndex(MemoryIndex):
    """An index whose files others share, as Qdrant Edge's are: nothing in it can be deleted."""

    def delete_people(self, people: Sequence[int]) -> int:
        """Refused."""
        raise ReadOnlyIndex("shared")

    def delete_points(self, points: Sequence[int]) -> None:
        """Refused."""
        raise ReadOnlyIndex("shared")


class SharedFilesStore(MemoryStore):
    """A store of such indexes."""

    def open(self, collection: str, *, hnsw_ef: int | None = None) -> SharedFilesIndex:
        """Open for searching only."""
        return SharedFilesIndex(self._known(collection), lambda: None)


class World:
    """One installation in memory: `workspace` is what a service gets, the rest is for tests to look at and to break."""

    def __init__(self, home: Path, registry: MemoryRegistry | None = None, *, deletes: bool = True) -> None:
        self.registry = registry or MemoryRegistry()
        self.store = MemoryStore() if deletes else SharedFilesStore()
        self.encoders: list[SaltedEncoder] = []  # every one that was loaded, oldest first
        self.drifting: set[str] = set()  # fingerprints whose vectors have changed since the export
        self.may_load = Event()  # cleared, loading an encoder waits
        self.may_load.set()
        self.workspace = Workspace(
            home=home / "var",
            processed=home / "processed",
            registry=self.registry,
            store=self.store,
            load_encoder=self._load_encoder,
            tombstones=tombstones_of(HomeSettings(_env_file=None, home=home / "var")),
        )
        self._made = home / "made"

    def add_version(self, name: str) -> int:
        """Register an encoder whose name is its salt."""
        model_folder = self._made / f"{name}-model"
        model_folder.mkdir(parents=True)
        (model_folder / "modules.json").write_text("[]", encoding="utf-8")
        return self.registry.register(model_folder, make_encoder_folder(self._made / name, name), name=name)

    def add_release(self, version: int, people: Sequence[Profile] = PEOPLE, *, served: bool = False) -> Release:
        """Build, check and record a release of a version by the pipeline's own stages."""
        corpus = pipeline.Corpus(people, "c0ffee")
        pipeline.embed(corpus, version, self.workspace)
        release = pipeline.build(corpus, pipeline.passages(corpus, version, self.workspace), version, self.workspace)
        pipeline.check(release, corpus, self.workspace)
        self.registry.record(release)
        self.registry.make_current(version, release.id)
        if served:
            self.registry.make_champion(version)
        return release

    def add_mixed_release(self, version: int, other: int, people: Sequence[Profile] = NAMED) -> Release:
        """A release that says it is of one version and whose vectors are another's."""
        corpus = pipeline.Corpus(people, "c0ffee")
        terms = pipeline.passages(corpus, version, self.workspace)
        release = self._describe(version, people, terms)
        pipeline.embed(corpus, other, self.workspace)
        _, model = pipeline.fetch_model(other, self.workspace)
        with EmbeddingCache(self.workspace.processed / model.fingerprint, dimension=DIMENSION) as cache:
            tongues = tongues_of([passage.text for passage in all_passages(people)])
            build_collection(people, terms, tongues, release, cache=cache, store=self.store)
        return self._publish(release)

    def add_mislabelled_release(self, version: int, fingerprint: str) -> Release:
        """A release whose collection says another fingerprint."""
        release = self.add_release(version, NAMED)
        manifest = release.to_dict() | {"fingerprint": fingerprint}
        self.store.drop(release.collection)
        self.store.build(release.collection, [], dimension=DIMENSION, manifest=manifest)
        return release

    def open(self, release: Release) -> OpenRelease:
        """Open a release as the service does."""
        return self.workspace.open(self.workspace.verify(release))

    def model_file(self, release: Release) -> Path:
        """The fetched model file of a release."""
        return self.workspace.models / release.fingerprint / MODEL_FILE

    def _describe(self, version: int, people: Sequence[Profile], terms: Sequence[PassageTerms]) -> Release:
        _, model = pipeline.fetch_model(version, self.workspace)
        return describe_release(
            people,
            terms,
            means=NO_MEANS,
            version=version,
            model=model,
            data_rev="c0ffee",
            git_revision=None,
        )

    def _publish(self, release: Release) -> Release:
        self.registry.record(release)
        self.registry.make_current(release.model_version, release.id)
        return release

    def _load_encoder(self, folder: Path) -> Encoder:
        assert self.may_load.wait(20), "loading was held and never let go"
        manifest = read_manifest(folder)
        encoder = SaltedEncoder((folder / MODEL_FILE).read_text(encoding="utf-8"), manifest.fingerprint)
        encoder.has_drifted = manifest.fingerprint in self.drifting
        self.encoders.append(encoder)
        return encoder


def make_encoder_folder(folder: Path, salt: str) -> Path:
    """An ONNX folder with true hashes, fingerprint and canaries, whose weights are a salt."""
    folder.mkdir(parents=True)
    (folder / MODEL_FILE).write_text(salt, encoding="utf-8")
    (folder / TOKENIZER_FILE).write_text("{}", encoding="utf-8")
    vectors = SaltedEncoder(salt).encode_passages(CANARY_TEXTS)
    roles: tuple[Role, ...] = ("query", "passage")
    manifest = ModelManifest(
        name=salt,
        dimension=DIMENSION,
        max_length=256,
        precision="fp32",
        query_prefix="",
        passage_prefix="",
        template=TEMPLATE,
        pooling="sum",
        normalised=True,
        files={name: file_hash(folder / name) for name in (MODEL_FILE, TOKENIZER_FILE)},
        fingerprint="",
        canaries=tuple(
            Canary(text, roles[number % 2], tuple(map(float, vector)))
            for number, (text, vector) in enumerate(zip(CANARY_TEXTS, vectors, strict=True))
        ),
    )
    write_manifest(folder, replace(manifest, fingerprint=fingerprint_of(manifest)))
    return folder
