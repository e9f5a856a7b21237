"""What changed between two collections, and what of it can be told when only the last report is left."""

from __future__ import annotations

import json
from pathlib import Path

from flows.data_quality import deliver, facts_of, report, report_on
from flows.data_quality.changes import Changes, Emptier, Moved
from tests.builders import Row, repo_row, user_row
from tests.flows.data_quality.raw import NOW, write_raw


def people(count: int, **cells: str) -> list[Row]:
    return [user_row(f"person-{place}", id=str(place), **cells) for place in range(count)]


def changes_of(folder: Path, before: list[Row], after: list[Row]) -> Changes:
    was = facts_of(write_raw(folder, users=before))
    write_raw(folder, users=after)
    found = report(folder, was, now=NOW).changes
    assert found is not None
    return found


def test_people_come_go_change_and_stay(tmp_path: Path) -> None:
    before = [user_row("ada-lumen", bio="kelp"), user_row("bo-tide"), user_row("cy")]
    after = [user_row("ada-lumen", bio="reefs"), user_row("bo-tide"), user_row("dov"), user_row("eli")]
    assert changes_of(tmp_path, before, after).people == Moved(new=2, gone=1, changed=1, same=1)


def test_who_is_renamed_is_changed_and_neither_new_nor_gone(tmp_path: Path) -> None:
    found = changes_of(tmp_path, [user_row("ada-lumen", id="7")], [user_row("ada-l", id="7")])
    assert found.people == Moved(new=0, gone=0, changed=1, same=0)


def test_to_be_fetched_again_is_no_change_and_neither_is_the_order_of_rows(tmp_path: Path) -> None:
    before = people(3, fetched_at="2026-01-01")
    after = people(3, fetched_at="2026-02-02")[::-1]
    assert changes_of(tmp_path, before, after).people == Moved(0, 0, 0, 3)


def test_repositories_are_compared_likewise(tmp_path: Path) -> None:
    was = facts_of(write_raw(tmp_path, users=[user_row()], repos=[repo_row(), repo_row("ada-lumen/old")]))
    write_raw(tmp_path, users=[user_row()], repos=[repo_row(stargazers_count="5"), repo_row("ada-lumen/new")])
    found = report(tmp_path, was, now=NOW).changes
    assert found is not None
    assert found.repositories == Moved(new=1, gone=1, changed=1, same=0)


def test_a_field_that_empties_by_more_than_five_points_is_warned_of(tmp_path: Path) -> None:
    before = people(100, bio="kelp", company="Reef")
    after = [{**row, "bio": "" if place < 6 else "kelp"} for place, row in enumerate(before)]
    after = [{**row, "company": "" if place < 5 else "Reef"} for place, row in enumerate(after)]
    assert changes_of(tmp_path, before, after).emptier == (Emptier("users", "bio", 0.0, 0.06),)


def test_there_is_nothing_to_compare_with_before_the_first_collection(tmp_path: Path) -> None:
    assert facts_of(tmp_path) is None
    deliver(write_raw(tmp_path, users=people(2)), None)
    assert json.loads((tmp_path / "quality.json").read_text())["changes"] is None


def test_a_report_made_again_of_the_same_files_says_the_same_changes(tmp_path: Path) -> None:
    was = facts_of(write_raw(tmp_path, users=people(2)))
    deliver(write_raw(tmp_path, users=people(5)), was)
    again = report_on(tmp_path).changes
    assert again is not None
    assert again.people == Moved(3, 0, 0, 2)


def test_with_nothing_left_but_the_last_numbers_emptied_fields_are_still_told(tmp_path: Path) -> None:
    deliver(write_raw(tmp_path, users=people(10, bio="kelp")), None)
    write_raw(tmp_path, users=people(10))
    assert report_on(tmp_path).changes == Changes(None, None, (Emptier("users", "bio", 0.0, 1.0),))


def test_numbers_that_cannot_be_read_are_as_good_as_none(tmp_path: Path) -> None:
    write_raw(tmp_path, users=people(1))
    for text in ("", "[]", '{"data_rev": "x"}'):
        (tmp_path / "quality.json").write_text(text)
        assert report_on(tmp_path).changes is None
