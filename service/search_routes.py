"""The routes that search: one need, many, two releases side by side, and a search of earlier again."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from indexing.candidates import Answer, Need
from indexing.comparison import compare, lacking, look
from indexing.errors import InvalidNeed, SearchNotFound
from service import csv_answers, rendering, replay, schemas, search_schemas
from service.batch import search_all
from service.deadlines import TimedRoute
from service.dependencies import Served, Service, admit_search, charge
from service.live_release import LiveRelease
from service.responses import RELEASE_PROBLEMS, REPLAY_PROBLEMS, Json

router = APIRouter(route_class=TimedRoute, dependencies=[Depends(admit_search)], tags=["search"])
CSV = {csv_answers.MEDIA_TYPE: {"schema": {"type": "string"}}}


@router.post(
    "/agent_search",
    response_model=schemas.SearchOut,
    responses=RELEASE_PROBLEMS | {200: {"content": CSV, "description": "People, best first"}},
    summary="Find people by what they have built",
)
async def agent_search(body: schemas.SearchIn, request: Request, service: Served) -> Response:
    """People who fit a need in French or English, best first, each with the evidence for it.

    `Accept: text/csv` gives a table for a spreadsheet.
    """
    need = body.to_need()
    async with service.borrow(body.version) as live:
        found = await service.run(service.search, need, live.opened)
        search_id = _keep(service, need, found, live)
        if not csv_answers.prefers_csv(request.headers.getlist("accept")):
            return Json(rendering.answer(found, live, search_id))
        return Response(
            csv_answers.table([rendering.candidate(one) for one in found.candidates]),
            media_type="text/csv; charset=utf-8; header=present",
            headers={
                "Content-Disposition": f'attachment; filename="vivier-{live.opened.release.id}.csv"',
                "X-Search-ID": search_id,
            },
        )


@router.post(
    "/agent_search/facets",
    response_model=search_schemas.FacetsOut,
    responses=RELEASE_PROBLEMS,
    summary="What a need can be narrowed by",
)
async def agent_search_facets(body: schemas.SearchIn, service: Served) -> Response:
    """For each filter its values and how many people would be left with each, counted exactly.

    Takes what a search takes; the page, `mode`, `rerank`, `relax` and `explain` change nothing.
    """
    async with service.borrow(body.version) as live:
        found = await service.run(service.facets, body.to_need(), live.opened)
        return Json(rendering.facets(found, live))


@router.post(
    "/agent_search/batch",
    response_model=search_schemas.BatchOut,
    responses=RELEASE_PROBLEMS,
    summary="Many needs at once",
)
async def agent_search_batch(body: search_schemas.BatchIn, request: Request, service: Served) -> Response:
    """One answer for each search, in order, all from one release, each as it would be alone."""
    started = time.perf_counter()
    charge(request, len(body.searches) - 1)
    for place, search in enumerate(body.searches):
        if search.version is not None:
            field = f"searches[{place}].version"
            raise InvalidNeed(f"{field}: one release answers a batch; name it once, beside `searches`.", field=field)
    needs = [search.to_need() for search in body.searches]
    async with service.borrow(body.version) as live:
        found = await search_all(needs, live.opened, service)
        answers = []
        for need, answer in zip(needs, found, strict=True):
            answers.append(rendering.answer(answer, live, _keep(service, need, answer, live)))
            await asyncio.sleep(0)  # other requests need not wait until a hundred answers are rendered
        took_ms = round((time.perf_counter() - started) * 1000, 3)
        return Json({"answers": answers, "release": rendering.release(live), "took_ms": took_ms})


@router.post(
    "/agent_search/compare",
    response_model=search_schemas.CompareOut,
    responses=RELEASE_PROBLEMS,
    summary="Two releases side by side",
)
async def agent_search_compare(body: search_schemas.CompareIn, request: Request, service: Served) -> Response:
    """The answers of two releases to one need: who entered, who left, who moved, and why."""
    charge(request)
    need = body.to_need()
    async with service.borrow(body.versions[0]) as before, service.borrow(body.versions[1]) as after:
        names = _labels(before, after)
        sides = await asyncio.gather(
            *(
                service.run(look, need, live.opened, service.search, label=name)
                for live, name in zip((before, after), names, strict=True)
            )
        )
        first = await service.run(lacking, sides[0], sides[1], before.opened)
        second = await service.run(lacking, sides[1], sides[0], after.opened)
        answers = [
            rendering.answer(side.answer, live, _keep(service, need, side.answer, live))
            for side, live in ((first, before), (second, after))
        ]
        return Json({"answers": answers} | rendering.comparison(compare(first, second)))


@router.get(
    "/searches/{search_id}",
    response_model=search_schemas.ReplayOut,
    responses=REPLAY_PROBLEMS,
    summary="A search of earlier, again",
)
async def replay_search(search_id: Annotated[schemas.Word, Path(max_length=64)], service: Served) -> Response:
    """The stored need on the release that answered it, and whether anything changed since."""
    if service.searches is None:
        raise SearchNotFound(
            "Searches are not stored here; VIVIER_STORE_SEARCHES=true keeps those that are made from then on."
        )
    kept = await asyncio.to_thread(service.searches.find, search_id)
    if replay.names_anybody(kept, service.lane.workspace.tombstones.covers):
        raise SearchNotFound("No search has this id any more: it named a person who has left.")
    async with service.borrow(kept.release_id) as live:
        found = await service.run(service.search, replay.need_again(kept), live.opened)
        changed = await service.run(replay.changes, kept, found, live.opened, service.hidden.of(live.opened))
        return Json(replay.body(kept, found, changed, live))


def _keep(service: Service, need: Need, found: Answer, live: LiveRelease) -> str:
    """An id for the search, which is stored under it when searches are."""
    search_id = uuid.uuid4().hex
    if service.searches is not None:
        service.searches.keep(replay.to_keep(search_id, need, found, live))
    return search_id


def _labels(before: LiveRelease, after: LiveRelease) -> tuple[str, str]:
    """How sentences call the releases: by version, or by id where the version is the same."""
    first, second = before.opened.release, after.opened.release
    if first.model_version == second.model_version:
        return first.id, second.id
    return f"v{first.model_version}", f"v{second.model_version}"
