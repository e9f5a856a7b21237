"""How answers are written, and what every route documents about what may go wrong."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi.responses import Response

from service import answers

Documented = dict[int | str, dict[str, Any]]


class Json(Response):
    """A body written by orjson, which also takes numpy's numbers."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The body's bytes."""
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def problems(meanings: dict[int, str]) -> Documented:
    """What OpenAPI says about statuses that carry a problem document."""
    document = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    return {
        code: {"model": answers.ProblemOut, "content": document, "description": meaning}
        for code, meaning in meanings.items()
    }


UNAVAILABLE = problems({503: "What answers this is away; Retry-After says when to ask again"})
PROBLEMS = UNAVAILABLE | problems(
    {
        400: "Not JSON",
        401: "A key is needed",
        408: "The body took too long",
        413: "Too large",
        422: "Invalid input, with the field named",
        429: "Too many requests; Retry-After says when to ask again",
    }
)
KEY_PROBLEMS = problems({401: "A key is needed", 429: "Too many wrong keys; Retry-After says when to try again"})
RELEASE_PROBLEMS = PROBLEMS | problems(
    {404: "No such release", 409: "The release must not serve, with the reason", 507: "Too little memory"}
)
PERSON_PROBLEMS = PROBLEMS | problems({404: "No such person"})
REPLAY_PROBLEMS = RELEASE_PROBLEMS | problems({404: "No such search, or searches are not stored"})
ADMIN_PROBLEMS = RELEASE_PROBLEMS | problems({403: "Not from here"})
