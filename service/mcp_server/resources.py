"""Resources: one person's profile, the list of releases, and one release."""

from __future__ import annotations

from urllib.parse import unquote

from mcp_types import Resource, ResourceTemplate
from pydantic import BaseModel

from service.mcp_server import inputs, outputs, rendering
from service.mcp_server.contract import Contract, Refused
from service.mcp_server.tools import list_releases

PROFILES, RELEASES = "vivier://profiles/", "vivier://releases"
JSON = "application/json"
TEMPLATES = [
    ResourceTemplate(
        uri_template=PROFILES + "{login}",
        name="profile",
        title="One person",
        description="What is known of one person, and the repositories it rests on. Its texts were written by people.",
        mime_type=JSON,
    ),
    ResourceTemplate(
        uri_template=RELEASES + "/{reference}",
        name="release",
        title="One release",
        description="A release by its id, version or alias: its metrics, and whether it serves or could.",
        mime_type=JSON,
    ),
]


async def listed(contract: Contract) -> list[Resource]:
    """The list of releases, and each of them. People are not listed: they are found."""
    found = await _releases(contract)
    named = [
        Resource(uri=f"{RELEASES}/{version.release}", name=version.release, title=version.name, mime_type=JSON)
        for version in found.versions
        if version.release is not None
    ]
    return [Resource(uri=RELEASES, name="releases", title="Every release", mime_type=JSON), *named]


async def read(uri: str, contract: Contract) -> BaseModel:
    """What a resource holds. Refused, with status 404 when there is no such thing."""
    if uri == RELEASES:
        return await _releases(contract)
    for start, reading in ((PROFILES, _profile), (RELEASES + "/", _release)):
        name = unquote(uri.removeprefix(start))
        if uri.startswith(start) and name.strip(".") and "/" not in name and len(name) <= 200:
            return await reading(name, contract)
    raise Refused(f"No resource has this address; {PROFILES}<login>, {RELEASES} and {RELEASES}/<id> do.", 404)


async def _profile(login: str, contract: Contract) -> outputs.ProfileOut:
    return rendering.fitting(rendering.profile(await contract.profile(login)), "repositories")


async def _releases(contract: Contract) -> outputs.ListReleasesOut:
    return await list_releases(contract, inputs.ListReleasesIn())


async def _release(reference: str, contract: Contract) -> outputs.ReleaseOut:
    found = await contract.models()
    serving = found["serving"]["id"] if found["serving"] else None
    for known in found["versions"]:
        if reference in known["releases"]:
            release = reference
        elif reference in (str(known["version"]), *known["aliases"]) and known["release"] is not None:
            release = known["release"]
        else:
            continue
        return outputs.ReleaseOut(release=release, is_serving=release == serving, version=rendering.version(known))
    raise Refused(f"No release has this name; {RELEASES} lists them.", 404)
