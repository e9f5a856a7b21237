"""The routes of one person: the profile, who is similar, leaving for good, and whether somebody is here at all."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response

from indexing.candidates import Conditions
from indexing.errors import ProfileNotFound
from indexing.open_release import OpenRelease
from indexing.similar import find_person, read_profile, similar_people
from service import answers, rendering, schemas
from service.deadlines import TimedRoute
from service.dependencies import Served, Service, admit_admin, admit_anyone, admit_search
from service.responses import ADMIN_PROBLEMS, PERSON_PROBLEMS, PROBLEMS, Json

router = APIRouter(route_class=TimedRoute, tags=["people"])
leaving = APIRouter(tags=["people"])  # takes the time it takes: other processes are told before the answer
Login = Annotated[schemas.Word, Path(max_length=100)]


@router.get(
    "/profiles/{login}",
    response_model=answers.ProfileOut,
    responses=PERSON_PROBLEMS,
    dependencies=[Depends(admit_search)],
    summary="One person",
)
async def get_profile(login: Login, service: Served) -> Response:
    """The profile and every work it rests on."""
    async with service.lane.borrow() as live:
        person, works = await service.run(service.profile, login, live.opened)
        return Json(rendering.profile(person, works, live))


@router.get(
    "/profiles/{login}/similar",
    response_model=answers.SimilarOut,
    responses=PERSON_PROBLEMS,
    dependencies=[Depends(admit_search)],
    summary="People who built similar things",
)
async def get_similar(
    login: Login,
    service: Served,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    offset: Annotated[int, Query(ge=0, le=1_000)] = 0,
    exclude: Annotated[list[schemas.Word] | None, Query(max_length=1_000)] = None,
    countries: Annotated[list[schemas.Word] | None, Query(max_length=100)] = None,
    languages: Annotated[list[schemas.Word] | None, Query(max_length=100)] = None,
) -> Response:
    """People whose works are nearest to this person's, with the works that make them so."""
    conditions = Conditions(
        countries=tuple(countries or ()), languages=tuple(languages or ()), exclude=tuple(exclude or ())
    )

    def similar(opened: OpenRelease) -> dict[str, Any]:
        hidden = service.hidden.of(opened)
        found = similar_people(login, opened, service.catalogue, conditions, limit, offset, hidden=hidden)
        return {
            "login": found.login,
            "candidates": [rendering.candidate(one) for one in found.candidates],
            "pool": {"matched": found.matched, "total": opened.people - len(hidden)},
        }

    async with service.lane.borrow() as live:
        found = await service.run(similar, live.opened)
        return Json(found | {"release": rendering.release(live)})


@router.get(
    "/profiles/{login}/indexed",
    response_model=answers.IndexedOut,
    responses=PROBLEMS,
    dependencies=[Depends(admit_anyone)],
    summary="Whether a login is here, for anyone to ask",
)
async def get_indexed(login: Login, service: Served) -> Response:
    """Yes or no, without a key: people may know whether they can be found here."""
    async with service.lane.borrow() as live:
        return Json({"indexed": await service.run(_is_indexed, login, live.opened, service)})


@leaving.delete(
    "/profiles/{login}",
    status_code=202,
    response_model=answers.HiddenOut,
    responses=ADMIN_PROBLEMS,
    dependencies=[Depends(admit_admin)],
    summary="Let a person leave, for good",
)
async def delete_profile(
    login: Login,
    service: Served,
    now: Annotated[bool, Query(description="Erase at once, not with the next batch.")] = False,
) -> Response:
    """From `hidden_at` on, no answer of any process has the person; everything of theirs is removed within a week.

    A login that is not here is refused from then on as well: whoever asks to stay away stays away.
    """
    hidden_at = await service.run(_hide, login, service)
    erasing = service.erasing.start() if now else False
    return Json({"hidden_at": hidden_at.isoformat(), "erased_at": None, "erasing": erasing}, status_code=202)


def _hide(login: str, service: Service) -> Any:
    live = service.lane.live
    number = None
    if live is not None:
        try:
            number = read_profile(login, live.opened)[0].node_id
        except ProfileNotFound:
            number = None
    return service.erasing.people.hide(login, number)


def _is_indexed(login: str, opened: OpenRelease, service: Service) -> bool:
    try:
        find_person(login, opened, hidden=service.hidden.of(opened))
    except ProfileNotFound:
        return False
    return True
