"""A small installation whose champion knows what words mean, and candidates that were sabotaged."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from flows.promoting import Installation
from flows.promotion_settings import PromotionSettings
from indexing.encoder import Encoder, FloatArray
from indexing.model_folder import MODEL_FILE, Canary, fingerprint_of, read_manifest, write_manifest
from indexing.open_release import PROBES
from indexing.passages import point_id
from indexing.releases import Release, collection_name, new_release_id
from tests.worlds import CROWD, SaltedEncoder, World, make_encoder_folder

FIELDS = "astronomy botany chess music geology weaving cooking sailing".split()
ENGLISH = "stargazing plants checkmates melodies rocks looms recipes boats".split()
FRENCH = "étoiles fleurs échecs mélodies cailloux tissage cuisine voiliers".split()
THINGS = "parser editor router compiler renderer scheduler cache indexer".split()
ENGLISH_THINGS = "grammars typing packets translating pictures timetables remembering lookups".split()
FRENCH_THINGS = "grammaires saisie paquets traduction images horaires mémoire répertoires".split()
MEANINGS = {
    "fr": dict(zip([*FRENCH, *FRENCH_THINGS], [*FIELDS, *THINGS], strict=True)),
    "en": dict(zip([*ENGLISH, *ENGLISH_THINGS], [*FIELDS, *THINGS], strict=True)),
}
SLOW_SECONDS = 0.03


class KnowingEncoder(SaltedEncoder):
    """Hashes what words mean rather than how they are written, as far as it was taught."""

    def __init__(self, salt: str, fingerprint: str = "knowing") -> None:
        super().__init__("same", fingerprint)
        lacks = {"dull": ("en", "fr"), "english": ("fr",)}.get(salt.partition("-")[0], ())
        self._meanings = {
            word: meant
            for language, words in MEANINGS.items()
            if language not in lacks
            for word, meant in words.items()
        }
        self._pause = SLOW_SECONDS if salt.startswith("slow") else 0.0

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Slow or not."""
        time.sleep(self._pause)
        return super().encode_queries(texts)

    def _encode(self, texts: Sequence[str]) -> FloatArray:
        known = self._meanings
        meant = [re.sub(r"[^\W_]+", lambda word: known.get(word[0].casefold(), word[0]), text) for text in texts]
        return super()._encode(meant)


class ContestWorld(World):
    """A world of knowing encoders; a version's name says what is wrong with it: dull-, english-, slow-."""

    def add_version(self, name: str) -> int:
        """Register a knowing encoder, canaries and all."""
        model_folder = self._made / f"{name}-model"
        model_folder.mkdir(parents=True)
        (model_folder / "modules.json").write_text("[]", encoding="utf-8")
        folder = make_encoder_folder(self._made / name, name)
        manifest = read_manifest(folder)
        encoder = KnowingEncoder(name)
        canaries = tuple(
            Canary(one.text, one.role, tuple(map(float, encoder.encode_passages([one.text])[0])))
            for one in manifest.canaries
        )
        manifest = replace(manifest, canaries=canaries, fingerprint="")
        write_manifest(folder, replace(manifest, fingerprint=fingerprint_of(manifest)))
        return self.registry.register(model_folder, folder, name=name)

    def add_shuffled(self, release: Release, *, spares_probes: bool) -> Release:
        """The same release with its vectors dealt out anew: all, or all but those that opening looks at."""
        index = self.store.open(release.collection)
        points = list(index.points())
        index.close()
        looked_at = np.unique(np.linspace(0, release.people - 1, PROBES).astype(int)) if spares_probes else ()
        kept = {point_id(int(person), 1) for person in looked_at}
        moving = [place for place, one in enumerate(points) if one.dense is not None and one.point_id not in kept]
        vectors = [points[place].dense for place in moving]
        for place, other in zip(moving, np.random.default_rng(7).permutation(len(moving)), strict=True):
            points[place] = replace(points[place], dense=vectors[other])
        release_id = new_release_id(release.model_version)
        shuffled = replace(release, id=release_id, collection=collection_name(release_id))
        self.store.build(shuffled.collection, points, dimension=release.dimension, manifest=shuffled.to_dict())
        self.registry.record(shuffled)
        return shuffled

    def _load_encoder(self, folder: Path) -> Encoder:
        encoder = KnowingEncoder((folder / MODEL_FILE).read_text(encoding="utf-8"), read_manifest(folder).fingerprint)
        self.encoders.append(encoder)
        return encoder


def judged_file(folder: Path) -> Path:
    """Needs in words that no profile has, in both languages: only who knows what they mean finds anybody."""
    lines = []
    subjects = [*zip(FIELDS, ENGLISH, FRENCH, strict=True), *zip(THINGS, ENGLISH_THINGS, FRENCH_THINGS, strict=True)]
    for subject, english, french in subjects:
        relevant = {
            person.login: sum(subject in f"{work.name} {work.description}" for work in person.works) for person in CROWD
        }
        for language, words in (("en", english), ("fr", french)):
            lines.append(
                {
                    "id": f"{subject}:{language}",
                    "kind": "field" if subject in FIELDS else "thing",
                    "query": words,
                    "relevant": {login: gain for login, gain in relevant.items() if gain},
                }
            )
    path = folder / "judged.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def installation_of(world: World, **settings: Any) -> Installation:
    """Promotions in a world, on few queries, telling nobody; `told` of the settings is not one."""
    told: list[str] = settings.pop("told", [])
    values: Mapping[str, Any] = {"gate_min_queries": 30, "gate_min_language_queries": 10, "service_url": ""}
    home = world.workspace.home
    configured = PromotionSettings(
        _env_file=None, home=home, processed=world.workspace.processed, **{**values, **settings}
    )
    return Installation(configured, world.workspace, say=told.append, warn=told.append)
