"""Who is there and how well: `/`, `/health`, `/health/live`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from indexing.run_environment import package_version
from service import answers, rendering
from service.dependencies import Served, Service
from service.responses import Json

router = APIRouter(tags=["operations"])


@router.get("/", response_model=answers.RootOut, summary="What this is")
async def root(service: Served) -> Response:
    """Name, version, the serving release, and where to go."""
    live = service.lane.live
    return Json(
        {
            "name": "vivier",
            "version": package_version(),
            "status": _status(service),
            "release": rendering.release(live) if live else None,
            "links": {
                "page": "/ui",
                "docs": "/docs",
                "health": "/health",
                "search": "/agent_search",
                "models": "/models/info",
            },
        }
    )


@router.get(
    "/health",
    response_model=answers.HealthOut,
    responses={503: {"model": answers.HealthOut, "description": "No release is loaded; the body says why"}},
    summary="Whether it serves, and on what",
)
async def health(service: Served) -> Response:
    """200 with `ok` or `degraded` while it serves; 503 with no release loaded."""
    lane = service.lane
    answers_now = await service.reachability.look()
    live = lane.live
    degraded = not all(answers_now.values()) or lane.follower.state != "following"
    state: dict[str, Any] = {
        "status": "degraded" if degraded else "ok",
        "release": rendering.release(live) if live else None,
        "people": live.opened.release.people if live else 0,
        "mlflow": _said(answers_now["registry"]),
        "qdrant": _said(answers_now["index"]),
        "database": _said(answers_now["database"]),
        "follower": {
            "state": lane.follower.state,
            "problem": lane.follower.problem,
            "refused": lane.follower.refused,
            "failures": lane.follower.failures,
        },
    }
    if live is None:
        return _unavailable({**state, "status": "no release"})
    return Json(state)


@router.get("/health/live", response_model=answers.LiveOut, summary="Whether the process answers")
async def alive() -> Response:
    """Always 200: the process is there."""
    return Json({"status": "ok"})


def _unavailable(state: dict[str, Any]) -> Response:
    response = Json({**state, "detail": "No release is loaded; run `vivier index`, or load one."}, status_code=503)
    response.headers["Retry-After"] = "10"
    return response


def _said(answers_now: bool) -> str:
    return "ok" if answers_now else "unreachable"


def _status(service: Service) -> str:
    if service.lane.live is None:
        return "no release"
    return "ok" if service.lane.follower.state == "following" else "degraded"
