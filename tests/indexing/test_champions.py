"""Who was champion when, the way back, pins: notes that every process sees and that decide nothing."""

from __future__ import annotations

import pytest

from indexing.champions import crown, pin, pins, reigns, rename_release, served_before, unpin
from indexing.errors import AliasNotMoved, InputError, RegistryUnavailable
from indexing.registry import Champion
from indexing.releases import Release
from tests.fake_registry import MemoryRegistry
from tests.registries import make_release
from tests.worlds import World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def registry(world: World) -> MemoryRegistry:
    """Two versions, nothing served."""
    world.add_version("north")
    world.add_version("south")
    return world.registry


def recorded(registry: MemoryRegistry, version: int) -> Champion:
    """A release of a version, recorded and not served."""
    fingerprint = next(known.fingerprint for known in registry.versions() if known.version == version)
    release: Release = make_release(version, fingerprint)
    registry.record(release)
    return Champion(version, release.id)


def everything(registry: MemoryRegistry) -> frozenset[str]:
    return frozenset(one for version in registry.versions() for one in version.releases)


def test_every_move_is_remembered_with_its_cause_and_who_served_before(registry: MemoryRegistry) -> None:
    first, second = recorded(registry, 1), recorded(registry, 2)
    crown(registry, first, cause="index")
    crown(registry, second, cause="promotion")
    crown(registry, second, cause="load")  # nothing moved
    newest, oldest = reigns(registry)
    assert (newest.release_id, newest.cause, newest.before) == (second.release_id, "promotion", first.release_id)
    assert (oldest.release_id, oldest.cause, oldest.before) == (first.release_id, "index", None)


def test_a_move_that_fails_leaves_alias_and_history_as_they_were(registry: MemoryRegistry) -> None:
    first, second = recorded(registry, 1), recorded(registry, 2)
    crown(registry, first, cause="index")
    registry.fail_next("make_champion")
    with pytest.raises(AliasNotMoved):
        crown(registry, second, cause="load")
    assert registry.champion() == first
    assert [reign.release_id for reign in reigns(registry)] == [first.release_id]


def test_nothing_moves_when_it_cannot_be_written_down(registry: MemoryRegistry) -> None:
    first, second = recorded(registry, 1), recorded(registry, 2)
    crown(registry, first, cause="index")
    registry.fail_next("note")
    with pytest.raises(RegistryUnavailable):
        crown(registry, second, cause="load")
    assert registry.champion() == first


@pytest.mark.parametrize(("dies_in", "has_moved"), [("make_champion", False), ("after", True)])
def test_a_kill_around_the_move_leaves_a_history_that_agrees_with_the_alias(
    registry: MemoryRegistry, dies_in: str, has_moved: bool
) -> None:
    first, second, third = recorded(registry, 1), recorded(registry, 2), recorded(registry, 1)
    crown(registry, first, cause="index")

    class Dying(type(registry)):  # type: ignore[misc]
        """Dies before the alias moves, or right after."""

        def make_champion(self, version: int) -> None:
            if dies_in == "after":
                super().make_champion(version)
            raise KeyboardInterrupt

    registry.__class__ = Dying
    with pytest.raises(KeyboardInterrupt):
        crown(registry, second, cause="promotion")
    registry.__class__ = MemoryRegistry
    expected = [second.release_id, first.release_id] if has_moved else [first.release_id]
    assert [reign.release_id for reign in reigns(registry)] == expected
    crown(registry, third, cause="load")  # settles what the kill left
    assert [reign.release_id for reign in reigns(registry)] == [third.release_id, *expected]
    assert all(reign.is_done for reign in reigns(registry))


def test_the_way_back_takes_a_step_each_time_and_never_returns_to_what_was_rolled_back(
    registry: MemoryRegistry,
) -> None:
    one, two, three = recorded(registry, 1), recorded(registry, 2), recorded(registry, 1)
    for target in (one, two, three):
        crown(registry, target, cause="promotion")
    assert served_before(registry, loadable=everything(registry)) == two.release_id
    crown(registry, two, cause="rollback")
    assert served_before(registry, loadable=everything(registry)) == one.release_id
    crown(registry, one, cause="probation")
    assert served_before(registry, loadable=everything(registry)) is None


def test_the_way_back_passes_over_what_is_gone(registry: MemoryRegistry) -> None:
    one, two, three = recorded(registry, 1), recorded(registry, 2), recorded(registry, 1)
    for target in (one, two, three):
        crown(registry, target, cause="load")
    assert served_before(registry, loadable={one.release_id, three.release_id}) == one.release_id


def test_only_so_many_reigns_are_remembered(registry: MemoryRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexing.champions.KEPT", 3)
    targets = [recorded(registry, 1 + number % 2) for number in range(5)]
    for target in targets:
        crown(registry, target, cause="load")
    assert [reign.release_id for reign in reigns(registry)] == [one.release_id for one in targets[:1:-1]]


def test_a_release_is_pinned_by_any_of_its_names_and_unpinned(registry: MemoryRegistry) -> None:
    one = recorded(registry, 1)
    crown(registry, one, cause="index")
    assert pin(registry, "champion") == one.release_id
    assert set(pins(registry)) == {one.release_id}
    assert unpin(registry, "1") == one.release_id
    with pytest.raises(InputError, match="not pinned"):
        unpin(registry, one.release_id)


def test_a_copy_without_erased_people_takes_over_pin_and_history(registry: MemoryRegistry) -> None:
    old, new = recorded(registry, 1), recorded(registry, 1)
    crown(registry, old, cause="index")
    pin(registry, old.release_id)
    rename_release(registry, old.release_id, new.release_id)
    assert set(pins(registry)) == {new.release_id}
    assert [reign.release_id for reign in reigns(registry)] == [new.release_id]
