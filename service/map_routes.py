"""The route of the map, which is the same for everybody until the release or somebody's leave changes it."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from indexing.people_map import MapPoint, spread
from service import map_schemas, rendering
from service.deadlines import TimedRoute
from service.dependencies import Served, admit_search
from service.live_release import LiveRelease
from service.responses import PROBLEMS, Json

router = APIRouter(route_class=TimedRoute, dependencies=[Depends(admit_search)], tags=["people"])
GZIP_LEVEL = 5
NO_MAP = "This release was built before people were placed on a map; `vivier index` builds one that has it."


@router.get(
    "/map",
    response_model=map_schemas.MapOut,
    responses=PROBLEMS | {304: {"description": "As it was when the caller got this ETag"}},
    summary="Everybody on a map of what people build",
)
async def get_map(
    request: Request,
    service: Served,
    asked: Annotated[map_schemas.MapQuery, Query()],
) -> Response:
    """People spread evenly over the release, each near to whoever built similar things.

    `ETag` and `If-None-Match` spare those who hold the answer from getting it again.
    """
    async with service.lane.borrow() as live:
        opened = live.opened
        points = await service.map.points(opened)
        hidden = await service.run(service.hidden.of, opened)
        shown = spread(points, limit=asked.limit, hidden=hidden)
        people = opened.people - len(hidden)
        tag = _tag(live, people, shown)
        headers = {"ETag": tag, "Vary": "Accept-Encoding"}
        if _names(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        answer = Json(
            {
                "release": rendering.release(live),
                "people": people,
                "points": [_point(one) for one in shown],
                "reason": None if points else NO_MAP,
            },
            headers=headers,
        )
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return answer
        packed = await service.run(gzip.compress, bytes(answer.body), GZIP_LEVEL)  # of 5,000 people: .6 MB
        return Response(packed, media_type=Json.media_type, headers=headers | {"Content-Encoding": "gzip"})


def _tag(live: LiveRelease, people: int, shown: Sequence[MapPoint]) -> str:
    """Another one whenever the answer is: for another release or switch, and once somebody has left."""
    who = hashlib.blake2b(repr([people, *(point.person for point in shown)]).encode(), digest_size=8).hexdigest()
    return f'W/"{live.opened.release.id}-{live.generation}-{who}"'  # weak: packed or not, it is one answer


def _names(header: str, tag: str) -> bool:
    """Whether `If-None-Match` names the tag (RFC 9110, 13.1.2: weak comparison)."""
    named = [one.strip().removeprefix("W/") for one in header.split(",")]
    return "*" in named or tag.removeprefix("W/") in named


def _point(point: MapPoint) -> dict[str, Any]:
    return {name: value for name, value in rendering.flat(point).items() if name != "person"}
