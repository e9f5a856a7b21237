"""Profiles kept in parquet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexing.errors import InputError
from indexing.profile_store import GROUP, SCHEMA, iterate_profiles, read_profiles, write_profiles
from indexing.profiles import Profile, Work
from tests import strategies
from tests.builders import make_profile, make_work


@given(st.lists(strategies.profiles, max_size=4))
def test_what_is_written_comes_back_equal_and_in_order(profiles: list[Profile]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "profiles.parquet"
        assert write_profiles(profiles, path) == len(profiles)
        again = read_profiles(path)
    assert again == profiles
    assert [list(one.languages) for one in again] == [list(one.languages) for one in profiles]


@given(st.lists(strategies.profiles, max_size=3))
def test_equal_profiles_give_equal_bytes(profiles: list[Profile]) -> None:
    with TemporaryDirectory() as folder:
        first, second = Path(folder) / "first.parquet", Path(folder) / "second.parquet"
        write_profiles(profiles, first)
        write_profiles(iter(profiles), second)
        assert first.read_bytes() == second.read_bytes()


def test_the_file_has_every_field_of_a_profile_in_its_order() -> None:
    assert SCHEMA.names == [field.name for field in fields(Profile)]
    struct = SCHEMA.field("works").type.value_type
    assert [struct.field(place).name for place in range(struct.num_fields)] == [one.name for one in fields(Work)]


def test_profiles_beyond_one_row_group_keep_their_own_works(tmp_path: Path) -> None:
    profiles = [
        make_profile(f"person-{number}", works=[make_work(f"work-{place}") for place in range(number % 3)])
        for number in range(GROUP + 5)
    ]
    write_profiles(profiles, tmp_path / "profiles.parquet")
    assert list(iterate_profiles(tmp_path / "profiles.parquet")) == profiles


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "profiles.parquet"
    write_profiles([make_profile("ada-lumen")], path)

    def broken() -> Iterator[Profile]:
        yield make_profile("bo-tide")
        raise RuntimeError("the source of profiles broke")

    with pytest.raises(RuntimeError):
        write_profiles(broken(), path)
    assert [one.login for one in read_profiles(path)] == ["ada-lumen"]
    assert [one.name for one in tmp_path.iterdir()] == ["profiles.parquet"]


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"profiles\.parquet does not exist; enrich the raw files first"):
        read_profiles(tmp_path / "profiles.parquet")


def test_a_file_that_is_not_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "profiles.parquet").write_text("login\nada-lumen\n", encoding="utf-8")
    with pytest.raises(InputError, match="is not a file of profiles"):
        read_profiles(tmp_path / "profiles.parquet")


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"login": ["ada-lumen"]}), tmp_path / "profiles.parquet")
    with pytest.raises(InputError, match="other columns than this version writes"):
        read_profiles(tmp_path / "profiles.parquet")
