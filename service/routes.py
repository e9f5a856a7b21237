"""The routes of texts and models: parse, call one function of the library, render."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from indexing.champions import Cause
from indexing.errors import VivierError
from indexing.prediction import detect_language, predict, similarities
from service import answers, rendering, schemas
from service.deadlines import TimedRoute
from service.dependencies import Served, admit_admin, admit_key, admit_search, charge
from service.responses import ADMIN_PROBLEMS, KEY_PROBLEMS, PROBLEMS, UNAVAILABLE, Json

router = APIRouter()
texts = APIRouter(route_class=TimedRoute, dependencies=[Depends(admit_search)], tags=["models"])


@texts.post(
    "/predict",
    response_model=schemas.PredictOut,
    responses=PROBLEMS,
    summary="Skills and roles that texts show",
)
async def predict_skills(body: schemas.PredictIn, request: Request, service: Served) -> Response:
    """For each text its most likely skills and roles, its language, and its vector if asked."""
    charge(request, len(body.texts) - 1)
    async with service.lane.borrow() as live:
        vectors = await service.run(live.opened.encoder.encode_passages, body.texts)

        def predictions() -> list[dict[str, Any]]:
            found = []
            for text, vector in zip(body.texts, vectors, strict=True):
                guess = predict(text, vector, service.catalogue, live.opened.catalogue_vectors, top_k=body.top_k)
                entry: dict[str, Any] = {
                    "skills": [{"name": name, "score": score} for name, score in guess.skills],
                    "roles": [{"name": name, "score": score} for name, score in guess.roles],
                    "language": detect_language(text),
                }
                found.append(entry | ({"embedding": vector} if body.embeddings else {}))
            return found

        return Json({"predictions": await service.run(predictions), "release": rendering.release(live)})


@texts.post(
    "/predict/similarity",
    response_model=schemas.SimilarityOut,
    responses=PROBLEMS,
    summary="How alike texts are",
)
async def similarity(body: schemas.SimilarityIn, request: Request, service: Served) -> Response:
    """Cosines between a source and sentences, or within pairs, in the order given."""
    pairs = body.pairs if body.pairs is not None else [[body.source or "", other] for other in body.sentences or []]
    charge(request, len(pairs) - 1)
    async with service.lane.borrow() as live:
        scores = await service.run(similarities, pairs, live.opened.encoder.encode_queries)
        return Json({"scores": scores.tolist(), "release": rendering.release(live)})


@router.get(
    "/models/info",
    response_model=answers.ModelsOut,
    responses=UNAVAILABLE,
    tags=["models"],
    summary="Every registered version",
)
async def models_info(service: Served) -> Response:
    """The serving release, and every version with its releases and whether it could be loaded."""
    live = service.lane.live
    registry, store = service.lane.workspace.registry, service.lane.workspace.store

    def lines() -> list[dict[str, Any]]:
        collections = set(store.names())
        found = []
        for known in registry.versions():
            reason, people = None, None
            if known.release_id is None:
                reason = f"It has no release yet; run `vivier index --version {known.version}`."
            else:
                try:
                    release = registry.release(known.release_id)
                    people = release.people
                    if release.collection not in collections:
                        reason = f"The collection {release.collection} is missing."
                except VivierError as error:
                    reason = str(error)
            found.append(rendering.model_version(known, loadable=reason is None, reason=reason, people=people))
        return found

    return Json({"serving": rendering.release(live) if live else None, "versions": await asyncio.to_thread(lines)})


@router.get(
    "/models/loading",
    response_model=answers.LoadingOut,
    responses=KEY_PROBLEMS,
    dependencies=[Depends(admit_key)],
    tags=["models"],
    summary="How far a change of release is",
)
async def models_loading(service: Served) -> Response:
    """The release on its way to serve in this process, loaded by a request or followed; null when there is none.

    Not counted as a search: a page asks several times a second while it waits.
    """
    live, loading = service.lane.live, service.lane.loading
    return Json(
        {
            "loading": None if loading is None else rendering.loading(loading),
            "serving": rendering.release(live) if live else None,
        }
    )


@router.post(
    "/models/load/{version}",
    response_model=answers.SwitchedOut,
    responses=ADMIN_PROBLEMS,
    dependencies=[Depends(admit_admin)],
    tags=["models"],
    summary="Serve another release, without a restart",
)
async def load_model(
    version: Annotated[schemas.Word, Path(max_length=100, description="A version, an alias or a release id.")],
    service: Served,
    policy: Annotated[str, Query(pattern="^(keep|drop-first)$")] = "keep",
    cause: Annotated[Cause, Query(description="What the history of champions says of it.")] = "load",
) -> Response:
    """Load, check and serve a release; whatever fails leaves the old one serving."""
    switched = await service.load(version, drop_first=policy == "drop-first", cause=cause)
    return Json(
        {
            "previous": switched.previous,
            "serving": switched.serving,
            "generation": switched.generation,
            "took_ms": round(switched.took_ms, 1),
        }
    )


@router.get("/metrics", tags=["operations"], summary="Prometheus metrics", response_class=Response)
async def metrics(request: Request, service: Served) -> Response:
    """Counters and histograms in Prometheus' text format."""
    return Response(generate_latest(service.metrics.registry), media_type=CONTENT_TYPE_LATEST)
