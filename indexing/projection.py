"""A flat map of many vectors: near on the map means alike, as far as two dimensions can say it.

Some of the vectors, the landmarks, are laid out by t-SNE; everybody else goes between the nearest of them. So what it
takes hardly grows with the people, and no more than one chunk of them is held. Equal input gives equal maps on one
machine. Why so, and how well neighbours stay neighbours: docs/decisions/0025-map.md.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from indexing.encoder import FloatArray

LANDMARKS = 2_000
FEWEST = 100  # below, neighbourhoods of thirty are nearly everybody: the two directions of most variance say as much
_DIRECTIONS = 50  # what t-SNE is given: two thirds of the sample's variance, and distances in a third of the time
_PERPLEXITY = 30.0
_ITERATIONS = 400  # 1,000 brought .002 of trustworthiness for three times the time
_ANGLE = 0.8  # of Barnes and Hut: as good as 0.5 here, in half of the time
_NEAREST = 4  # landmarks that somebody goes between
_SHARPNESS = 4.0  # how much more the nearest counts: above, people lie on one another, below, between groups
_CHUNK = 1_024  # people placed at a time
_SMALLEST = 1e-9

Places = NDArray[np.float64]  # (people, 2), each from 0 to 1; not a number for whoever has no vector
Vectors = Callable[[NDArray[np.int64]], FloatArray]


def lay_out(people: int, vectors: Vectors) -> Places:
    """A place for each of so many people. `vectors` gives the unit vectors of some of them, zeros for who has none."""
    places = np.full((people, 2), np.nan)
    spread = np.unique(np.linspace(0, max(0, people - 1), min(people, LANDMARKS)).astype(np.int64))
    landmarks = vectors(spread) if people else np.empty((0, 1), np.float32)
    has_vector = landmarks.any(axis=1)
    spread, landmarks = spread[has_vector], landmarks[has_vector]
    if not len(spread):
        return places
    laid_out = _landmark_places(landmarks)
    if len(spread) < people:
        for start in range(0, people, _CHUNK):
            chunk = np.arange(start, min(start + _CHUNK, people))
            own = vectors(chunk)
            known = own.any(axis=1)
            places[chunk[known]] = _between(own[known], landmarks, laid_out)
    places[spread] = laid_out  # a landmark stands where it was put
    return np.round(_scaled(places), 4)


def _landmark_places(landmarks: FloatArray) -> Places:
    directions = _main_directions(landmarks)
    spread = float(directions[:, 0].std())
    if len(landmarks) < FEWEST or not spread:
        return directions[:, :2].astype(np.float64)
    # Here, since it takes a second to import.
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    # One thread: several add up in another order every time, and the map would be another one.
    with threadpool_limits(1):
        start = directions[:, :2] / spread * 1e-4
        plane = TSNE(2, perplexity=_PERPLEXITY, max_iter=_ITERATIONS, angle=_ANGLE, init=start, random_state=0)
        found: Places = plane.fit_transform(directions).astype(np.float64)
    return found


def _main_directions(vectors: FloatArray) -> NDArray[np.float32]:
    """The vectors in their directions of most variance, at least two and the largest first."""
    moved = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(moved.T @ moved)
    kept = directions[:, ::-1][:, :_DIRECTIONS]
    # Either sign is right, and which one comes out is chance.
    kept = kept * np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])])
    found: NDArray[np.float32] = (moved @ kept).astype(np.float32)
    return found


def _between(vectors: FloatArray, landmarks: FloatArray, laid_out: Places) -> Places:
    """Where people go: between their nearest landmarks, the nearest counting by far the most."""
    nearness = vectors @ landmarks.T
    count = min(_NEAREST, len(landmarks))
    nearest = np.argpartition(-nearness, count - 1, axis=1)[:, :count]
    near = np.take_along_axis(nearness, nearest, axis=1).astype(np.float64)
    best, last = near.max(axis=1, keepdims=True), near.min(axis=1, keepdims=True)
    weights = np.exp(-_SHARPNESS * (best - near) / np.maximum(best - last, _SMALLEST))
    weights /= weights.sum(axis=1, keepdims=True)
    placed: Places = np.einsum("pn,pnd->pd", weights, laid_out[nearest])
    return placed


def _scaled(places: Places) -> Places:
    """From 0 to 1, by the same measure in both directions, so that distances stay comparable."""
    lowest, highest = np.nanmin(places, axis=0), np.nanmax(places, axis=0)
    widest = float((highest - lowest).max()) or 1.0
    scaled: Places = (places - (lowest + highest) / 2) / widest + 0.5
    return np.clip(scaled, 0.0, 1.0)
