"""What the map answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from indexing.people_map import MOST_POINTS
from service.schemas import ReleaseOut


class MapQuery(BaseModel):
    """How much of the map; a parameter that is not known is refused, as a field of a body is."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=MOST_POINTS)] = MOST_POINTS


class MapPointOut(BaseModel):
    """One person: where by what they built (0 to 1, near means alike), and where on the world map."""

    login: str
    x: float
    y: float
    country: str | None
    latitude: float | None
    longitude: float | None
    language: str | None = Field(description="The language of most of the person's work.")


class MapOut(BaseModel):
    """People spread evenly over the release."""

    release: ReleaseOut
    people: int = Field(description="In the release, less those who asked to be left out.")
    points: list[MapPointOut]
    reason: str | None = Field(description="Why there are no points; null when there are.")
