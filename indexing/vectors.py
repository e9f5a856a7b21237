"""What every index asks of a vector before it stores or searches it: right size, finite, of unit length."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from indexing.encoder import FloatArray
from indexing.errors import InputError, InvalidVector
from indexing.index import IndexPoint, SparseVector
from indexing.passages import person_of

UNIT_TOLERANCE = 1e-3  # fp32 rounding and the int8 encoder's drift stay far below; an unnormalised vector does not
_LARGEST_TERM = 2**32 - 1


def checked_dense(vector: FloatArray, dimension: int, *, of: str = "the query") -> FloatArray:
    """The vector as contiguous float32, or InvalidVector naming what it belongs to.

    Engines store NaN without a word and then answer nonsense, so nothing passes unlooked at.
    """
    array = np.ascontiguousarray(vector, dtype=np.float32)
    if array.shape != (dimension,):
        raise InvalidVector(
            f"The vector of {of} has shape {array.shape}; the collection holds {dimension} numbers each."
        )
    with np.errstate(all="ignore"):  # an overflow is an answer here: not finite
        length = float(np.sqrt(np.dot(array, array)))
    if not math.isfinite(length):
        raise InvalidVector(f"The vector of {of} holds NaN or infinity; encode its text again.")
    if abs(length - 1.0) > UNIT_TOLERANCE:
        raise InvalidVector(f"The vector of {of} has length {length:.4g}, not 1; normalise it.")
    return array


def checked_sparse(vector: SparseVector, *, of: str = "the query") -> SparseVector:
    """The vector itself, or InvalidVector: ids ascending, unique and 32-bit, weights finite, one for each."""
    indices, values = vector.indices, vector.values
    if len(indices) != len(values):
        raise InvalidVector(f"The sparse vector of {of} has {len(indices)} terms and {len(values)} weights.")
    if not all(math.isfinite(value) for value in values):
        raise InvalidVector(f"The sparse vector of {of} holds NaN or infinity.")
    if any(after <= before for before, after in pairwise(indices)):
        raise InvalidVector(f"The sparse vector of {of} needs ascending, unique term ids.")
    if indices and not (indices[0] >= 0 and indices[-1] <= _LARGEST_TERM):
        raise InvalidVector(f"The sparse vector of {of} has a term id outside 32 bits.")
    return vector


def checked_point(point: IndexPoint, dimension: int) -> IndexPoint:
    """The point itself when its id names its person and its vectors are sound; else InputError or InvalidVector."""
    if person_of(point.point_id) != point.fields.person:
        raise InputError(
            f"Point {point.point_id} says person {point.fields.person} and its id says {person_of(point.point_id)}.",
            field="point_id",
        )
    of = f"point {point.point_id}"
    if point.dense is not None:
        checked_dense(point.dense, dimension, of=of)
    if point.sparse is not None:
        checked_sparse(point.sparse, of=of)
    return point
