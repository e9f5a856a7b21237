"""Enriched profiles in one parquet file: equal profiles give equal bytes, and come back equal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexing.errors import InputError
from indexing.profiles import Profile, Work

_MOMENT = pa.timestamp("us", tz="UTC")
_WORK_FIELDS: dict[str, pa.DataType] = {
    "full_name": pa.string(),
    "name": pa.string(),
    "role": pa.string(),
    "description": pa.string(),
    "language": pa.string(),
    "topics": pa.list_(pa.string()),
    "stars": pa.int64(),
    "forks": pa.int64(),
    "is_fork": pa.bool_(),
    "is_archived": pa.bool_(),
    "license": pa.string(),
    "commits": pa.int64(),
    "created_at": _MOMENT,
    "last_active_at": _MOMENT,
    "fetched_at": _MOMENT,
    "html_url": pa.string(),
}
_PROFILE_FIELDS: dict[str, pa.DataType] = {
    "login": pa.string(),
    "node_id": pa.string(),
    "kind": pa.string(),
    "name": pa.string(),
    "company": pa.string(),
    "location": pa.string(),
    "country": pa.string(),
    "region": pa.string(),
    "city": pa.string(),
    "bio": pa.string(),
    "hireable": pa.bool_(),
    "followers": pa.int64(),
    "following": pa.int64(),
    "public_repos": pa.int64(),
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
    "fetched_at": _MOMENT,
    "last_active_at": _MOMENT,
    "stars": pa.int64(),
    "languages": pa.map_(pa.string(), pa.float64()),
    "topics": pa.map_(pa.string(), pa.int64()),
    "skills": pa.list_(pa.string()),
    "html_url": pa.string(),
    "works": pa.list_(pa.struct(list(_WORK_FIELDS.items()))),
}
SCHEMA = pa.schema(list(_PROFILE_FIELDS.items()))
_LATER = "html_url"  # files of before have it neither for people nor for works: unknown
_EARLIER_WORK = pa.struct([(name, kind) for name, kind in _WORK_FIELDS.items() if name != _LATER])
_EARLIER_SCHEMA = pa.schema(
    [(name, kind) for name, kind in _PROFILE_FIELDS.items() if name not in (_LATER, "works")]
    + [("works", pa.list_(_EARLIER_WORK))]
)
# People per row group: what a reader or a writer holds at once beside the profiles.
GROUP = 8_192
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def write_profiles(profiles: Iterable[Profile], path: Path) -> int:
    """Write the file whole or not at all, and return how many profiles it holds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    count = 0
    remaining = iter(profiles)
    try:
        with pq.ParquetWriter(unfinished, SCHEMA, compression="zstd") as writer:
            while group := list(islice(remaining, GROUP)):
                writer.write_table(_table(group), row_group_size=GROUP)
                count += len(group)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def read_profiles(path: Path) -> list[Profile]:
    """Every profile of the file, in its order. InputError when it is missing or not such a file."""
    return list(iterate_profiles(path))


def iterate_profiles(path: Path) -> Iterator[Profile]:
    """The profiles of the file one row group at a time."""
    try:
        file = pq.ParquetFile(path)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist; enrich the raw files first.", field=path.name) from error
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{path} is not a file of profiles; enrich the raw files again.", field=path.name) from error
    with file:
        if not any(map(file.schema_arrow.equals, (SCHEMA, _EARLIER_SCHEMA))):
            raise InputError(
                f"{path} has other columns than this version writes; enrich the raw files again.", field=path.name
            )
        for group in range(file.num_row_groups):
            yield from _profiles(file.read_row_group(group))


def _table(profiles: Sequence[Profile]) -> pa.Table:
    columns = {
        name: _column(name, [getattr(profile, name) for profile in profiles])
        for name in _PROFILE_FIELDS
        if name != "works"
    }
    works = [work for profile in profiles for work in profile.works]
    struct = pa.StructArray.from_arrays(
        [pa.array([getattr(work, name) for work in works], type=kind) for name, kind in _WORK_FIELDS.items()],
        fields=[pa.field(name, kind) for name, kind in _WORK_FIELDS.items()],
    )
    sizes = np.fromiter((len(profile.works) for profile in profiles), dtype=np.int32, count=len(profiles))
    offsets = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(sizes, dtype=np.int32)])
    columns["works"] = pa.ListArray.from_arrays(pa.array(offsets), struct)
    return pa.table(columns, schema=SCHEMA)


def _column(name: str, values: list[Any]) -> pa.Array:
    kind = _PROFILE_FIELDS[name]
    return pa.array([list(value.items()) for value in values] if pa.types.is_map(kind) else values, type=kind)


def _profiles(table: pa.Table) -> Iterator[Profile]:
    plain = [name for name in _PROFILE_FIELDS if name != "works"]
    columns = [
        _values(table.column(name), _PROFILE_FIELDS[name]) if name in table.column_names else [None] * len(table)
        for name in plain
    ]
    lists = table.column("works").combine_chunks()
    flat = lists.flatten()
    there = {field.name for field in flat.type}
    fields = [
        _values(pc.struct_field(flat, name), kind) if name in there else [None] * len(flat)
        for name, kind in _WORK_FIELDS.items()
    ]
    works = [Work(*values) for values in zip(*fields, strict=True)]
    ends = np.cumsum([0, *pc.list_value_length(lists).to_pylist()]).tolist()
    # Works are the last field, as in the schema.
    columns.append([tuple(works[start:end]) for start, end in pairwise(ends)])
    for values in zip(*columns, strict=True):
        yield Profile(*values)


def _values(column: pa.Array | pa.ChunkedArray, kind: pa.DataType) -> list[Any]:
    if pa.types.is_timestamp(kind):
        # Several times faster than pyarrow's own way, which looks the time zone up for every value.
        return [
            None if value is None else _EPOCH + value * _MICROSECOND for value in column.cast(pa.int64()).to_pylist()
        ]
    convert: Callable[[Any], Any] | None = None
    if pa.types.is_map(kind):
        convert = dict
    elif pa.types.is_list(kind):
        convert = tuple
    values: list[Any] = column.to_pylist()
    return values if convert is None else [convert(value) for value in values]
