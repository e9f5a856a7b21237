"""Where the storage is: from the environment, else from what `vivier data init` wrote into .dvc/config.local.

DVC expands no variables in its configuration. So what the environment names is written into config.local, which git
ignores, before DVC runs; a plain `dvc push` finds it there as well. Keys are never written: DVC's S3 client reads AWS_*
and ~/.aws itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flows.data_versions.repository import Repository
from flows.data_versions.settings import DataSettings
from indexing.errors import InputError

NAME = "storage"
PREFIX = "dvc"
NOBODY = "VIVIER_S3_BUCKET"  # the bucket in .dvc/config; no bucket can have such a name
DEFAULT_REGION = "us-east-1"  # what S3 servers that have no regions expect in a signature
_HOW = "set VIVIER_S3_BUCKET (and VIVIER_S3_ENDPOINT unless it is AWS), or `vivier data init --url s3://bucket/prefix`"


@dataclass(frozen=True, slots=True)
class Remote:
    """One S3 storage; `environment` holds the keys and is for child processes only."""

    bucket: str
    prefix: str  # without slashes around it
    endpoint: str  # empty: AWS
    region: str
    environment: Mapping[str, str]

    def __repr__(self) -> str:
        """Show no key."""
        return f"Remote({self.url!r}, {self.endpoint!r})"

    @property
    def url(self) -> str:
        """As DVC writes it."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def place(self) -> str:
        """Where it is, for sentences."""
        return self.endpoint or "AWS"


def find_remote(
    settings: DataSettings, repository: Repository, *, url: str | None = None, endpoint: str | None = None
) -> Remote:
    """The storage in use, noted for DVC as well. InputError when nothing names one, or not as it should."""
    from dvc.config import Config  # .2 s

    config = Config(str(repository.dvc))
    known = config.get("remote", {}).get(NAME, {})
    place = url or settings.dvc_url or (settings.s3_bucket and f"s3://{settings.s3_bucket}/{PREFIX}")
    bucket, prefix = _parts(place or known.get("url", ""))
    if endpoint is None:
        endpoint = settings.s3_endpoint or ("" if place else known.get("endpointurl", ""))
    endpoint = _checked_endpoint(endpoint)
    region = settings.region or known.get("region", "") or (DEFAULT_REGION if endpoint else "")
    remote = Remote(bucket, prefix, endpoint, region, _environment(settings, endpoint, region))
    _note(remote, config)
    return remote


def cache_folder(repository: Repository) -> Path:
    """Where DVC keeps one copy of every version it knows here."""
    from dvc.config import Config

    return Path(Config(str(repository.dvc)).get("cache", {}).get("dir") or repository.dvc / "cache")


def _note(remote: Remote, config: Any) -> None:
    """Write what differs into config.local; other settings in it stay as they are."""
    with config.edit("local") as local:
        mine = local.setdefault("remote", {}).setdefault(NAME, {})
        wanted = {"url": remote.url, "endpointurl": remote.endpoint, "region": remote.region}
        mine.update({name: value for name, value in wanted.items() if value})
        for name in (name for name, value in wanted.items() if not value):
            mine.pop(name, None)


def _parts(url: str) -> tuple[str, str]:
    found = urlsplit(url)
    if found.netloc == NOBODY or not url:
        raise InputError(f"No storage for the data is named: {_HOW}.", field="VIVIER_S3_BUCKET")
    if found.scheme != "s3" or not found.netloc:
        raise InputError(f"{url!r} is not s3://bucket/prefix; {_HOW}.", field="VIVIER_DVC_URL")
    if "@" in found.netloc or found.query or found.fragment:
        raise InputError("The storage's url holds more than s3://bucket/prefix; keys belong into AWS_*.", field="url")
    return found.netloc, found.path.strip("/")


def _checked_endpoint(endpoint: str) -> str:
    found = urlsplit(endpoint)
    if endpoint and (found.scheme not in ("http", "https") or not found.hostname):
        raise InputError(
            f"{endpoint!r} is no endpoint: it starts with http:// or https:// and names a host.",
            field="VIVIER_S3_ENDPOINT",
        )
    if found.username or found.password:
        raise InputError("The endpoint holds a user or password; keys belong into AWS_*.", field="VIVIER_S3_ENDPOINT")
    return endpoint.rstrip("/")


def _environment(settings: DataSettings, endpoint: str, region: str) -> dict[str, str]:
    given = {
        "AWS_ACCESS_KEY_ID": settings.access_key_id.get_secret_value(),
        "AWS_SECRET_ACCESS_KEY": settings.secret_access_key.get_secret_value(),
        "AWS_SESSION_TOKEN": settings.session_token.get_secret_value(),
        "AWS_DEFAULT_REGION": region,
    }
    if endpoint:
        # Older S3 servers know no trailing checksums; and no cloud's metadata service will have a key for one.
        given["AWS_REQUEST_CHECKSUM_CALCULATION"] = given["AWS_RESPONSE_CHECKSUM_VALIDATION"] = "when_required"
        given["AWS_EC2_METADATA_DISABLED"] = "true"
    return {name: value for name, value in given.items() if value}
