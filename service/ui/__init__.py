"""The search page: one document and the modules, styles and outlines that it asks this host for."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

router = APIRouter(include_in_schema=False)
ASSETS = Path(__file__).parent / "assets"
DOCUMENT = "page.html"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
# The first paint needs none of these: they are asked for when somebody opens a panel or a map.
LATER = ("panels/", "maps/")
FOR_EVER = "public, max-age=31536000, immutable"  # their address changes with them
ASK_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    packed: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Page:
    """Every file of the page, and the name of exactly these files."""

    revision: str
    document: Asset
    assets: dict[str, Asset]


@cache
def read_page(folder: Path = ASSETS) -> Page:
    """The page as it is shipped, read once: 200 KB."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in MEDIA_TYPES)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    digest = hashlib.sha256()
    for name, body in files.items():
        digest.update(f"{name} {len(body)}\n".encode() + body)
    revision = digest.hexdigest()[:16]
    first = [name for name in files if name.endswith(".js") and not name.startswith(LATER)]
    # Modules name one another; named here, they come all at once instead of in as many rounds as they are deep.
    preloads = "\n".join(f'<link rel="modulepreload" href="ui/assets/{revision}/{name}">' for name in first)
    text = files.pop(DOCUMENT).decode().replace("{{revision}}", revision).replace("{{preloads}}", preloads)
    assets = {name: _asset(name, body) for name, body in files.items()}
    return Page(revision, _asset(DOCUMENT, text.encode()), assets)


def _asset(name: str, body: bytes) -> Asset:
    packed = gzip.compress(body, 9, mtime=0)
    return Asset(body, packed, MEDIA_TYPES[Path(name).suffix], f'"{hashlib.sha256(body).hexdigest()[:16]}"')


@router.get("/ui", summary="The search page")
async def page(request: Request) -> Response:
    """The document; what it shows comes from the routes that everybody may call."""
    return _sent(read_page().document, request, ASK_AGAIN)


@router.get("/ui/")
async def page_with_slash() -> Response:
    """The same page at its one address; a relative one, which repeats no Host."""
    return Response(status_code=308, headers={"Location": "../ui"})


@router.get("/ui/assets/{revision}/{name:path}")
async def asset(revision: str, name: str, request: Request) -> Response:
    """One file of the page. 404 for those of another revision: modules of two would not fit together."""
    shipped = read_page()
    found = shipped.assets.get(name) if revision == shipped.revision else None
    if found is None:
        raise HTTPException(404, "The page has no such file now; reload it.")
    return _sent(found, request, FOR_EVER)


def _sent(found: Asset, request: Request, caching: str) -> Response:
    headers = {"ETag": found.etag, "Cache-Control": caching, "Vary": "Accept-Encoding"}
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", "") and len(found.packed) < len(found.body):
        return Response(found.packed, media_type=found.media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(found.body, media_type=found.media_type, headers=headers)
