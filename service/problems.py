"""Errors on HTTP: `application/problem+json` (RFC 9457), one row per domain error."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from indexing import errors

LOG = logging.getLogger("vivier.service")

# Each leaf of indexing.errors, its status and its title; a test fails when a leaf has no row.
STATUS: dict[type[errors.VivierError], tuple[int, str]] = {
    errors.RawDataError: (422, "Raw data cannot be used"),
    errors.InvalidNeed: (422, "The need is not understood"),
    errors.InvalidModelFolder: (422, "Not a model"),
    errors.ProfileNotFound: (404, "No such profile"),
    errors.ReleaseNotFound: (404, "No such release"),
    errors.SearchNotFound: (404, "No such search"),
    errors.CollectionNotFound: (409, "The release's collection is missing"),
    errors.ModelFilesCorrupt: (409, "The release's model files are corrupt"),
    errors.FingerprintMismatch: (409, "Model and collection do not belong together"),
    errors.CanaryDrift: (409, "The model no longer gives its recorded vectors"),
    errors.AliasNotMoved: (409, "The registry did not move the alias"),
    errors.ReleaseRefused: (409, "The release must not serve"),
    errors.NotEnoughMemory: (507, "Not enough memory for two releases"),
    errors.RegistryUnavailable: (503, "The model registry does not answer"),
    errors.IndexUnavailable: (503, "The vector database does not answer"),
    errors.DatabaseUnavailable: (503, "The database does not answer"),
    errors.TookTooLong: (503, "The answer took too long"),
    errors.NoReleaseServed: (503, "No release is loaded"),
    errors.InvalidVector: (500, "The encoder gave an unusable vector"),
    errors.ReadOnlyIndex: (409, "The index is read-only"),
    errors.Busy: (409, "Busy"),
    errors.TooManyRequests: (429, "Too many requests"),
    errors.Unauthorised: (401, "A key is needed"),
    errors.Forbidden: (403, "Not from here"),
}
TITLES = {
    400: "Bad request",
    403: "Not from there",
    404: "No such route",
    405: "Method not allowed",
    408: "The body took too long",
    413: "Body too large",
    421: "Not under this name",
    422: "Invalid input",
}


# What the draft of the RateLimit fields (draft-ietf-httpapi-ratelimit-headers-11) registers.
QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"


class ProblemResponse(Response):
    """A problem document."""

    media_type = "application/problem+json"


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    **members: Any,
) -> ProblemResponse:
    """One problem document with its extra members."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return ProblemResponse(orjson.dumps(body), status_code=status, headers=headers)


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error of this application with a problem document."""
    app.add_exception_handler(errors.VivierError, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)


def status_of(error: errors.VivierError) -> tuple[int, str]:
    """Status and title of a domain error, by its nearest class."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


async def _domain(_: Request, error: Exception) -> Response:
    assert isinstance(error, errors.VivierError)  # noqa: S101  # what this handler is installed for
    status, title = status_of(error)
    headers = {}
    members: dict[str, Any] = {}
    if isinstance(error, errors.Unavailable | errors.TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, errors.TooManyRequests):
        members = {"type": QUOTA_EXCEEDED, "violated-policies": [error.limit]}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if field := getattr(error, "field", None):
        members["field"] = _clean(field)
    return problem(status, title, _clean(str(error)), headers=headers, **members)


async def _validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    # The input itself is never sent back: it may hold a lone surrogate that no JSON can carry, or personal text.
    found = [{"field": _field(entry), "message": _clean(str(entry["msg"]))} for entry in error.errors()[:20]]
    detail = f"{found[0]['field']}: {found[0]['message']}." if found else "The request is not understood."
    return problem(422, TITLES[422], detail, field=found[0]["field"] if found else "body", errors=found)


def _clean(text: str) -> str:
    return text.encode(errors="replace").decode()


def _field(entry: Mapping[str, Any]) -> str:
    # The location of broken JSON is a position in the text, which names no field.
    return "body" if entry["type"] == "json_invalid" else _name(entry["loc"])


def _name(location: Sequence[Any]) -> str:
    name = ""
    for part in location[1:]:  # the first says where it was: body, query, path or header
        name += f"[{part}]" if isinstance(part, int) else f".{part}"
    return _clean(name.lstrip(".")) or "body"


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    members = {"field": "body"} if error.status_code in (400, 413) else {}
    title = TITLES.get(error.status_code, "Error")
    return problem(error.status_code, title, str(error.detail), headers=dict(error.headers or {}), **members)


def unexpected(error: Exception, route: str) -> Response:
    """The answer to what nobody foresaw; the log has where it was raised."""
    LOG.error("unexpected %s on %s", type(error).__name__, route, exc_info=error)
    return problem(500, "Unexpected error", "Something went wrong here; the log has it under this X-Request-ID.")
