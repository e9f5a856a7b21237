"""The S3 storage itself, asked directly: what DVC cannot tell (why it refuses) or does not clean (older versions)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import botocore.session
from botocore.config import Config

from flows.data_versions.explanations import FAILURES, explained
from flows.data_versions.remote import Remote

T = TypeVar("T")
_DELETED_AT_ONCE = 500


class Storage:
    """One bucket and prefix. Every failure is a sentence that says what to mend."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        keys = remote.environment
        self._client: Any = botocore.session.get_session().create_client(
            "s3",
            endpoint_url=remote.endpoint or None,
            region_name=remote.region or None,
            aws_access_key_id=keys.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=keys.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=keys.get("AWS_SESSION_TOKEN"),
            config=Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"max_attempts": 2, "mode": "standard"},
                **({"request_checksum_calculation": "when_required"} if remote.endpoint else {}),
            ),
        )

    def call(self, name: str, doing: str, **arguments: Any) -> dict[str, Any]:
        """One request on the bucket, its failure explained; `doing` completes "may not ..."."""
        return self._explained(lambda: getattr(self._client, name)(Bucket=self.remote.bucket, **arguments), doing)

    def read(self, key: str) -> bytes:
        """The bytes of one object."""
        stream = self.call("get_object", "read", Key=key)["Body"]
        return self._explained(lambda: bytes(stream.read()), "read")

    def key(self, name: str) -> str:
        """A name under the prefix."""
        return f"{self.remote.prefix}/{name}" if self.remote.prefix else name

    def object_key(self, md5: str) -> str:
        """Where DVC keeps the object with this hash."""
        return self.key(f"files/md5/{md5[:2]}/{md5[2:]}")

    def objects(self) -> dict[str, int]:
        """The hash of every object that DVC keeps there, and its size in bytes."""
        found: dict[str, int] = {}
        for page in self._pages("list_objects_v2"):
            for entry in page.get("Contents", []):
                if md5 := self._md5(entry["Key"]):
                    found[md5] = int(entry["Size"])
        return found

    def old_versions(self, needed: set[str]) -> list[dict[str, str]]:
        """Versions of objects that a bucket with versioning goes on keeping, but for the latest of those needed."""
        state = self.call("get_bucket_versioning", "ask whether the bucket keeps old versions")
        if not state.get("Status"):
            return []
        old: list[dict[str, str]] = []
        for page in self._pages("list_object_versions"):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                md5 = self._md5(entry["Key"])
                if md5 and not (md5 in needed and entry.get("IsLatest")):
                    old.append({"Key": entry["Key"], "VersionId": entry["VersionId"]})
        return old

    def unfinished_uploads(self) -> list[dict[str, str]]:
        """Parts of uploads that were broken off: bytes of people that no listing of objects shows."""
        return [
            {"Key": entry["Key"], "UploadId": entry["UploadId"]}
            for page in self._pages("list_multipart_uploads")
            for entry in page.get("Uploads", [])
        ]

    def delete(self, entries: list[dict[str, str]]) -> None:
        """Delete objects or versions of objects."""
        for start in range(0, len(entries), _DELETED_AT_ONCE):
            for entry in entries[start : start + _DELETED_AT_ONCE]:  # one by one: some servers know no bulk deletion
                self.call("delete_object", "delete", **entry)

    def abort(self, uploads: list[dict[str, str]]) -> None:
        """Drop the parts of broken-off uploads."""
        for upload in uploads:
            self.call("abort_multipart_upload", "delete", **upload)

    def _pages(self, name: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator(name).paginate(Bucket=self.remote.bucket, Prefix=self.key("files/md5/"))
        yield from self._explained(lambda: list(pages), "list")

    def _md5(self, key: str) -> str | None:
        """The hash in an object's key, None when the key is no object of DVC's."""
        start = self.key("files/md5/")
        return key[len(start) :].replace("/", "", 1) if key.startswith(start) and key != start else None

    def _explained(self, work: Callable[[], T], doing: str) -> T:
        try:
            return work()
        except FAILURES as error:
            raise explained(error, self.remote, doing) from error
