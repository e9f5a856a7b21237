"""Who is calling: the key that was accepted, or the address that the request really came from."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from starlette.requests import Request

from indexing.errors import InputError

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
_SALT = secrets.token_bytes(16)  # of this process: what is counted under a key cannot be traced back to it
_ONE_CALLER = 64  # bits of an IPv6 address: whoever has one has all addresses of its /64


def key_name(key: str) -> str:
    """What a key is called where requests are counted."""
    return "key:" + hashlib.blake2b(key.encode("utf-8", "surrogateescape"), key=_SALT, digest_size=16).hexdigest()


class TrustedProxies:
    """The proxies whose word on who is calling is believed; nobody's, unless they are named."""

    def __init__(self, networks: str = "") -> None:
        """Addresses and networks, comma-separated. InputError when one cannot be read."""
        self._networks = tuple(_network(one.strip()) for one in networks.split(",") if one.strip())

    def address_name(self, request: Request) -> str:
        """What the caller's address is called where requests are counted."""
        peer = _address(request.client.host) if request.client is not None else None
        if peer is None:
            return "address:unknown"
        found = peer
        if self._are_ours(peer):
            # Every proxy appends who called it, so that from the right the first stranger is the caller; further left
            # stands whatever that stranger wrote.
            named = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
            for one in reversed(named):
                address = _address(one.strip())
                if address is None:
                    break
                found = address
                if not self._are_ours(address):
                    break
        if isinstance(found, IPv6Address):
            return f"address:{IPv6Network((int(found), _ONE_CALLER), strict=False)}"
        return f"address:{found}"

    def _are_ours(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InputError(
            f"VIVIER_TRUSTED_PROXIES: {text!r} is neither an address nor a network such as 10.0.0.0/8.",
            field="VIVIER_TRUSTED_PROXIES",
        ) from error
