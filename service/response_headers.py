"""What every answer tells a browser: run nothing, frame nothing, remember nobody."""

from __future__ import annotations

Headers = list[tuple[bytes, bytes]]

_EVERYWHERE: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_DATA = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
# Swagger UI and ReDoc come from this host. Each has one inline script and inline styles; ReDoc searches in a worker
# made of a blob. Nothing that anybody sent is on these pages.
_PAGES = (
    b"default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
# The search page shows what people wrote. Nothing inline runs, nothing is asked of another host, and no text can become
# markup or script by any route: the browser refuses what makes elements of strings.
_SEARCH_PAGE = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    b"require-trusted-types-for 'script'; trusted-types 'none'"
)
_DOCUMENTATION = ("/docs", "/redoc", "/openapi.json")


def with_guards(path: str, headers: Headers) -> Headers:
    """The headers of an answer with those that guard it; what a route set itself stays."""
    given = {name.lower() for name, _ in headers}
    is_documentation = path.startswith(_DOCUMENTATION)
    guards = [*_EVERYWHERE, (b"content-security-policy", _policy(path))]
    if not is_documentation:
        guards.append((b"cache-control", b"no-store"))  # nearly every answer holds people, or what is true just now
    return [*headers, *(guard for guard in guards if guard[0] not in given)]


def _policy(path: str) -> bytes:
    if path.startswith(_DOCUMENTATION):
        return _PAGES
    return _SEARCH_PAGE if path == "/ui" else _DATA
