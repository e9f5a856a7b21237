"""Who may call what: keys compared in constant time, administration from this machine only unless a key is set."""

from __future__ import annotations

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request

from indexing.errors import Forbidden, Unauthorised
from service.callers import TrustedProxies, key_name
from service.rate_limits import RateLimits

FORWARDING = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


class Guard:
    """Checks keys, counts the wrong ones, and knows who is calling."""

    def __init__(
        self,
        *,
        admin_key: str,
        search_keys: str,
        limits: RateLimits | None = None,
        proxies: TrustedProxies | None = None,
    ) -> None:
        self._admin_key = admin_key
        self._search_keys = tuple(key.strip() for key in search_keys.split(",") if key.strip())
        self._limits = limits or RateLimits()
        self._proxies = proxies or TrustedProxies()

    def admit_search(self, request: Request) -> None:
        """Let a search through. Unauthorised when keys are set and none of them is given."""
        if self._search_keys and not self._has_one_of(request, (*self._search_keys, self._admin_key)):
            raise Unauthorised("Searching here needs a key: Authorization: Bearer <one of VIVIER_SEARCH_KEYS>.")

    def admit_admin(self, request: Request) -> None:
        """Let an administrator's act through: by key, or without a key set, from this machine and nowhere else."""
        if self._admin_key:
            if not self._has_one_of(request, (self._admin_key,)):
                raise Unauthorised("This needs the administration key: Authorization: Bearer <VIVIER_ADMIN_KEY>.")
            return
        if not _is_local(request):
            raise Forbidden("Without VIVIER_ADMIN_KEY set, administration answers direct callers on loopback only.")

    def has_admin_key(self, request: Request) -> bool:
        """Whether a caller who may search gave the administration key. TooManyRequests, as for any other attempt."""
        if self._search_keys:  # what was given is one of the keys
            return _is_one_of(_token(request), (self._admin_key,))
        return bool(self._admin_key) and self._has_one_of(request, (self._admin_key,))

    def caller(self, request: Request) -> str:
        """Who is calling, as requests are counted: by key where one opens the search, else by address."""
        token = _token(request)
        if self._search_keys and _is_one_of(token, (*self._search_keys, self._admin_key)):
            return key_name(token)
        return self._proxies.address_name(request)

    def _has_one_of(self, request: Request, keys: tuple[str, ...]) -> bool:
        """Whether the request has one of the keys. TooManyRequests from where too many wrong ones came."""
        token = _token(request)
        if not token:
            return False  # nobody guesses by giving none
        address = self._proxies.address_name(request)
        self._limits.admit_attempt(address)
        if _is_one_of(token, keys):
            return True
        self._limits.note_failure(address)
        return False


def _is_one_of(token: str, keys: tuple[str, ...]) -> bool:
    # Every key is compared, so that the time taken tells nothing. Header bytes arrive decoded as Latin-1.
    matches = [hmac.compare_digest(token.encode("latin-1"), key.encode()) for key in keys if key]
    return bool(token) and any(matches)


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _is_local(request: Request) -> bool:
    """A direct connection from loopback, to a loopback name, from no foreign page, through no proxy."""
    if request.client is None or not _is_loopback(request.client.host):
        return False
    if not _is_loopback(_host(f"//{request.headers.get('host', '')}")):
        return False
    if any(name in request.headers for name in FORWARDING):
        return False
    origin = request.headers.get("origin")
    return origin is None or _is_loopback(_host(origin))


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
