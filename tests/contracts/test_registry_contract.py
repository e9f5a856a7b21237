"""What every registry promises, run on memory and on MLflow over SQLite; tests/e2e runs it on a real server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from indexing.errors import (
    AliasNotMoved,
    Busy,
    FingerprintMismatch,
    InvalidModelFolder,
    RegistryUnavailable,
    ReleaseNotFound,
    ReleaseRefused,
)
from indexing.model_registry import MlflowRegistry
from indexing.registry import Champion, ModelRegistry
from indexing.releases import FieldWeights, RankingConstants
from indexing.tuning import UNTUNED, Tuning
from tests.fake_registry import MemoryRegistry
from tests.registries import FIRST, SECOND, make_release, open_home, publish, register_two, shared_home
from tests.tiny_model import make_onnx_folder, shared_tiny_model


class RegistryContract:
    """Subclasses give the fixture `registry`, with versions 1 and 2 registered."""

    @pytest.fixture
    def tiny_model(self) -> Path:
        return shared_tiny_model()

    def test_before_the_first_publication_nobody_is_champion(self, registry: ModelRegistry) -> None:
        assert registry.champion() is None
        assert registry.is_healthy()

    def test_versions_come_newest_first_with_what_they_were_made_from(self, registry: ModelRegistry) -> None:
        versions = registry.versions()
        assert [(v.version, v.name, v.fingerprint) for v in versions] == [(2, "tiny-tuned", SECOND), (1, "tiny", FIRST)]
        assert all(v.release_id is None and v.releases == () and v.aliases == () for v in versions)
        assert all(v.metrics["onnx_bytes"] > 4096 for v in versions)
        assert all(v.created.endswith("+00:00") for v in versions)

    def test_a_version_is_found_by_its_fingerprint(self, registry: ModelRegistry) -> None:
        assert registry.find(FIRST) == 1
        assert registry.find(SECOND) == 2
        assert registry.find("cccc3333") is None

    def test_a_manifest_comes_back_as_it_was_recorded(self, registry: ModelRegistry) -> None:
        release = make_release()
        registry.record(release)
        assert registry.release(release.id) == release

    def test_a_removed_release_is_known_no_more(self, registry: ModelRegistry) -> None:
        first, second = make_release(), make_release()
        for release in (first, second):
            registry.record(release)
        registry.make_current(1, second.id)
        with pytest.raises(Busy):
            registry.remove(second.id)
        registry.remove(first.id)
        registry.remove(first.id)
        with pytest.raises(ReleaseNotFound):
            registry.release(first.id)
        version = next(known for known in registry.versions() if known.version == 1)
        assert (version.releases, version.release_id) == ((second.id,), second.id)

    def test_its_revision_is_another_whenever_what_is_served_may_be(self, registry: ModelRegistry) -> None:
        first, second = make_release(), make_release(2, SECOND)
        for release in (first, second):
            registry.record(release)
        seen = [registry.revision()]
        for change in (
            lambda: registry.make_current(1, first.id),
            lambda: registry.make_champion(1),
            lambda: registry.make_current(2, second.id),
            lambda: registry.make_champion(2),
            lambda: registry.make_champion(1),
        ):
            change()
            registry.champion()  # asking changes nothing
            seen.append(registry.revision())
        if seen[0] is None:  # a server has to be asked
            assert seen == [None] * 6
        else:
            assert all(earlier != later for earlier, later in pairwise(seen))

    def test_measures_are_kept_with_their_version_and_measured_again(self, registry: ModelRegistry) -> None:
        registry.measured(2, {"samples/ndcg_10": 0.5, "samples/mrr": 0.75})
        registry.measured(2, {"samples/ndcg_10": 0.25})
        second, first = registry.versions()
        assert second.metrics.items() >= {"samples/ndcg_10": 0.25, "samples/mrr": 0.75}.items()
        assert second.metrics["onnx_bytes"] > 4096
        assert "samples/mrr" not in first.metrics
        with pytest.raises(ReleaseNotFound):
            registry.measured(9, {"samples/mrr": 0.5})

    def test_notes_are_kept_changed_and_taken_away_and_decide_nothing(self, registry: ModelRegistry) -> None:
        assert registry.notes() == {}
        release = publish(registry, make_release())
        registry.note("pin/v1-20261123t114512-3fa2", "2026-11-29T01:22:19.123+00:00")
        registry.note("reign/20261129T012219.123-0a1b", json.dumps({"release": release.id, "cause": "été"}))
        registry.note("pin/v1-20261123t114512-3fa2", "later")
        assert registry.notes() == {
            "pin/v1-20261123t114512-3fa2": "later",
            "reign/20261129T012219.123-0a1b": json.dumps({"release": release.id, "cause": "été"}),
        }
        registry.note("pin/v1-20261123t114512-3fa2", None)
        registry.note("pin/v1-20261123t114512-3fa2", None)
        assert list(registry.notes()) == ["reign/20261129T012219.123-0a1b"]
        assert registry.champion() == Champion(1, release.id)

    def test_recording_does_not_publish(self, registry: ModelRegistry) -> None:
        release = make_release()
        registry.record(release)
        assert registry.champion() is None
        assert registry.versions()[1].release_id is None
        assert registry.versions()[1].releases == (release.id,)

    def test_recording_twice_changes_nothing_and_another_manifest_is_refused(self, registry: ModelRegistry) -> None:
        release = make_release()
        registry.record(release)
        registry.record(release)
        with pytest.raises(ReleaseRefused, match="another manifest"):
            registry.record(replace(release, people=4))
        assert registry.release(release.id) == release

    def test_a_release_made_by_another_encoder_is_refused(self, registry: ModelRegistry) -> None:
        release = make_release(1, SECOND)
        with pytest.raises(FingerprintMismatch):
            registry.record(release)
        assert registry.versions()[1].releases == ()

    def test_a_release_of_another_version_or_of_none_is_refused(self, registry: ModelRegistry) -> None:
        with pytest.raises(ReleaseRefused, match="cannot belong"):
            registry.record(make_release(1, SECOND, model_version=2))
        with pytest.raises(ReleaseNotFound):
            registry.record(make_release(9))

    def test_publishing_names_the_champion_in_every_way_it_can_be_asked_for(self, registry: ModelRegistry) -> None:
        release = publish(registry, make_release())
        expected = Champion(1, release.id)
        assert registry.champion() == expected
        assert [registry.resolve(name) for name in ("1", "v1", "champion", release.id)] == [expected] * 4
        assert registry.versions()[1].aliases == ("champion",)
        assert registry.versions()[1].release_id == release.id

    def test_a_refresh_moves_the_one_tag_and_the_older_release_stays(self, registry: ModelRegistry) -> None:
        old = make_release(1, id="v1-20261123t114512-3fa2", collection="profiles-v1-20261123t114512-3fa2")
        new = make_release(1, id="v1-20261124t081500-0b1c", collection="profiles-v1-20261124t081500-0b1c")
        publish(registry, old)
        registry.record(new)
        registry.make_current(1, new.id)
        assert registry.champion() == Champion(1, new.id)
        assert registry.resolve(old.id) == Champion(1, old.id)
        assert registry.release(old.id) == old
        assert registry.versions()[1].releases == (new.id, old.id)

    def test_the_alias_moves_between_versions_and_back(self, registry: ModelRegistry) -> None:
        first, second = publish(registry, make_release()), publish(registry, make_release(2, SECOND))
        assert registry.champion() == Champion(2, second.id)
        registry.make_champion(1)
        assert registry.champion() == Champion(1, first.id)
        assert [v.aliases for v in registry.versions()] == [(), ("champion",)]

    def test_a_version_without_a_release_says_how_to_get_one(self, registry: ModelRegistry) -> None:
        for ask in (lambda: registry.resolve("2"), lambda: registry.make_champion(2)):
            with pytest.raises(ReleaseNotFound, match="`vivier index --version 2`"):
                ask()
        assert registry.champion() is None

    @pytest.mark.parametrize(
        "reference",
        [
            "3",
            "v3",
            "0",
            "99999999999999",
            "",
            "²",
            "stable",
            "no/such alias",
            "v1-20261123t114512-3fa2",
            "v9-x",
            "../1",
        ],
    )
    def test_what_does_not_exist_is_said_not_to(self, registry: ModelRegistry, reference: str) -> None:
        with pytest.raises(ReleaseNotFound) as caught:
            registry.resolve(reference)
        assert repr(reference) in str(caught.value)
        with pytest.raises(ReleaseNotFound):
            registry.release(reference)

    def test_only_a_recorded_release_of_that_version_can_be_current(self, registry: ModelRegistry) -> None:
        release = make_release()
        with pytest.raises(ReleaseNotFound):
            registry.make_current(1, release.id)
        registry.record(release)
        with pytest.raises(ReleaseNotFound):
            registry.make_current(2, release.id)
        assert [v.release_id for v in registry.versions()] == [None, None]

    def test_a_model_is_fetched_whole_and_nothing_else_is_left(self, registry: ModelRegistry, tmp_path: Path) -> None:
        folder = tmp_path / "models" / SECOND
        assert registry.fetch_model(2, folder) == folder
        assert sorted(file.name for file in folder.iterdir()) == ["encoder.json", "model.onnx", "tokenizer.json"]
        assert json.loads((folder / "encoder.json").read_text())["fingerprint"] == SECOND
        assert (folder / "model.onnx").read_bytes() == bytes(range(256)) * 16
        assert [child.name for child in folder.parent.iterdir() if child.is_dir()] == [SECOND]

    def test_a_fetched_model_is_not_fetched_again(self, registry: ModelRegistry, tmp_path: Path) -> None:
        folder = registry.fetch_model(1, tmp_path / FIRST)
        (folder / "mark").touch()
        registry.fetch_model(1, folder)
        assert (folder / "mark").exists()

    def test_a_version_that_is_not_there_cannot_be_fetched(self, registry: ModelRegistry, tmp_path: Path) -> None:
        with pytest.raises(ReleaseNotFound):
            registry.fetch_model(7, tmp_path / "models" / "x")
        assert not list(tmp_path.rglob("*fetch*"))

    def test_a_folder_that_is_no_encoder_is_refused_and_makes_no_version(
        self, registry: ModelRegistry, tiny_model: Path, tmp_path: Path
    ) -> None:
        with pytest.raises(InvalidModelFolder, match=r"encoder\.json"):
            registry.register(tiny_model, tmp_path, name="nothing")
        with pytest.raises(InvalidModelFolder, match=r"modules\.json"):
            registry.register(tmp_path, make_onnx_folder(tmp_path / "onnx"), name="nothing")
        assert [v.version for v in registry.versions()] == [2, 1]

    def test_a_new_version_gets_the_next_number(
        self, registry: ModelRegistry, tiny_model: Path, tmp_path: Path
    ) -> None:
        assert registry.register(tiny_model, make_onnx_folder(tmp_path / "o", fingerprint="cccc"), name="third") == 3
        assert registry.find("cccc") == 3
        # The same model again is a version of its own; the newest one is found.
        assert registry.register(tiny_model, tmp_path / "o", name="third") == 4
        assert registry.find("cccc") == 4

    def test_a_version_without_a_tuning_is_as_the_code_has_it(self, registry: ModelRegistry) -> None:
        assert registry.tuning(1) == registry.tuning(2) == UNTUNED
        assert registry.find(FIRST, tuning=UNTUNED) == 1
        with pytest.raises(ReleaseNotFound):
            registry.tuning(9)

    def test_one_encoder_may_be_two_versions_with_two_tunings(
        self, registry: ModelRegistry, tiny_model: Path, tmp_path: Path
    ) -> None:
        tuning = Tuning(RankingConstants(rarity=1.25, depth=120), FieldWeights(name=0.5), hnsw_m=24)
        onnx = registry.fetch_model(1, tmp_path / FIRST)
        assert registry.register(tiny_model, onnx, name="tuned", tuning=tuning) == 3
        assert registry.tuning(3) == tuning
        assert registry.tuning(1) == UNTUNED
        assert [registry.find(FIRST, tuning=one) for one in (None, UNTUNED, tuning)] == [3, 1, 3]
        assert registry.find(FIRST, tuning=Tuning(hnsw_m=8)) is None
        assert registry.find(SECOND, tuning=tuning) is None

    def test_a_version_gives_its_source_back(self, registry: ModelRegistry, tmp_path: Path) -> None:
        folder = registry.fetch_source(2, tmp_path / "source")
        assert folder == tmp_path / "source"
        assert (folder / "modules.json").exists()
        with pytest.raises(ReleaseNotFound):
            registry.fetch_source(9, tmp_path / "none")
        assert not (tmp_path / "none").exists()


class TestInMemory(RegistryContract):
    @pytest.fixture
    def tiny_model(self, tmp_path: Path) -> Path:
        """As much of a model as the fake looks at, so that these tests need no torch."""
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "modules.json").write_text("[]", encoding="utf-8")
        return tmp_path / "model"

    @pytest.fixture
    def registry(self, tiny_model: Path, tmp_path: Path) -> MemoryRegistry:
        registry = MemoryRegistry()
        register_two(registry, tiny_model, tmp_path / "made")
        registry.events.clear()
        return registry

    def test_failures_come_when_asked_for_and_once(self, registry: MemoryRegistry) -> None:
        release = publish(registry, make_release())
        registry.fail_next("make_champion")
        with pytest.raises(AliasNotMoved):
            registry.make_champion(1)
        registry.make_champion(1)
        assert registry.happened("make_champion") == [("1",), ("1",), ("1",)]
        registry.is_down = True
        assert not registry.is_healthy()
        with pytest.raises(RegistryUnavailable):
            registry.release(release.id)


class TestMlflowOverSqlite(RegistryContract):
    @pytest.fixture
    def registry(self, tmp_path: Path) -> Iterator[MlflowRegistry]:
        home = shutil.copytree(shared_home(), tmp_path / "home")
        with closing(open_home(home)) as registry:
            yield registry
