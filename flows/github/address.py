"""Where a GitHub answers: github.com, Enterprise Cloud with residency, Enterprise Server, or a local one."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from indexing.errors import InputError

PUBLIC = "https://api.github.com"
_SUFFIXES = ("/api/graphql", "/graphql", "/api/v3")


@dataclass(frozen=True, slots=True)
class Address:
    """The two doors of one GitHub."""

    graphql: str
    rest: str


def addresses(url: str) -> tuple[Address, ...]:
    """The doors that `url` may mean, the likeliest first; more than one where only knocking tells."""
    parts = urlsplit(url.strip() or PUBLIC)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query or parts.fragment:
        raise InputError(
            "VIVIER_GITHUB_URL must be an address such as https://github.example.org, without a name or key in it.",
            field="VIVIER_GITHUB_URL",
        )
    if parts.scheme == "http" and not _is_near(host):
        raise InputError(
            "VIVIER_GITHUB_URL must start with https://: over http the token would travel in the open.",
            field="VIVIER_GITHUB_URL",
        )
    path = parts.path.rstrip("/")
    suffix = next((one for one in _SUFFIXES if path.endswith(one)), "")
    base = f"{parts.scheme}://{parts.netloc}{path.removesuffix(suffix)}"
    cloud, server = Address(f"{base}/graphql", base), Address(f"{base}/api/graphql", f"{base}/api/v3")
    if host in ("github.com", "www.github.com"):
        return addresses(PUBLIC)
    if host.startswith("api."):  # api.github.com, api.TENANT.ghe.com
        return (cloud,)
    if host.endswith(".ghe.com"):
        return addresses(f"https://api.{host}")
    if suffix == "/graphql":
        return (cloud,)
    if suffix:
        return (server,)
    return (cloud, server) if is_loopback(host) else (server, cloud)


def web_home(url: str) -> str | None:
    """Where people look at what this GitHub has, None for github.com: Enterprise, a tenant's cloud, a local one."""
    base = addresses(url)[0].rest.removesuffix("/api/v3")
    if base == PUBLIC:
        return None
    scheme, _, host = base.partition("://")
    return f"{scheme}://{host.removeprefix('api.')}"


def is_loopback(host: str) -> bool:
    """Whether what is sent there stays on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_near(host: str) -> bool:
    """Whether an address is of this machine or of a network of one's own, as containers have."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host
