"""A probe before anything large moves: an object is written, read and deleted, and what fails is explained.

DVC #2963: a wrong remote fails silently, or after an hour.
"""

from __future__ import annotations

import contextlib
import secrets

from flows.data_versions.explanations import no_bucket, not_s3
from flows.data_versions.storage import Storage
from indexing.errors import InputError, VivierError

PROBE = b"vivier was here to see whether it may write; this object can be deleted\n"


def preflight(storage: Storage, *, writes: bool = True, create_bucket: bool = False) -> str:
    """One sentence that the storage can be used as wanted; otherwise an error that says what to mend."""
    remote = storage.remote
    _find_bucket(storage, create_bucket=create_bucket)
    if not writes:
        return f"{remote.url} at {remote.place} can be read."
    key = storage.key(f"probe-{secrets.token_hex(8)}")
    storage.call("put_object", "write", Key=key, Body=PROBE)
    try:
        found = storage.read(key)
    finally:
        with contextlib.suppress(VivierError):  # told below, when nothing worse is to tell
            storage.call("delete_object", "delete", Key=key)
    if found != PROBE:
        raise InputError(f"{remote.place} gives back other bytes than were written; something between alters them.")
    _check_gone(storage, key)
    return f"{remote.url} at {remote.place} can be written, read and deleted from."


def _find_bucket(storage: Storage, *, create_bucket: bool) -> None:
    remote = storage.remote
    try:
        listing = storage.call("list_objects_v2", "list", MaxKeys=1, Prefix=storage.key("files/md5/"))
    except InputError as error:
        if not (create_bucket and str(error) == str(no_bucket(remote))):
            raise
        extra = {}
        if not remote.endpoint and remote.region not in ("", "us-east-1"):
            extra = {"CreateBucketConfiguration": {"LocationConstraint": remote.region}}
        storage.call("create_bucket", "create a bucket", **extra)
        return
    if "KeyCount" not in listing and "Name" not in listing:
        raise not_s3(remote)  # 200 and a web page: botocore finds nothing in it, and says nothing


def _check_gone(storage: Storage, key: str) -> None:
    """A key that may not delete is told apart here: the deletion above is not allowed to hide another failure."""
    listing = storage.call("list_objects_v2", "list", Prefix=key)
    if listing.get("KeyCount") or listing.get("Contents"):
        storage.call("delete_object", "delete (erasing people needs it)", Key=key)
        raise InputError(f"The bucket {storage.remote.bucket} keeps what is deleted; its policy must let it go.")
