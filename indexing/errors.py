"""Everything that can go wrong, in words a caller can act on.

VivierError
├── InputError                 what the caller gave is wrong; the sentence names the field, row or file
│   ├── RawDataError           a raw CSV file cannot be used at all (single bad rows are only set aside)
│   ├── InvalidNeed            a query, filter or plan that cannot be understood
│   └── InvalidModelFolder     a model folder or hub name that cannot become an encoder
├── NotFound
│   ├── ProfileNotFound
│   ├── ReleaseNotFound        no such version, alias or release id
│   ├── SearchNotFound         no stored search has this id, or searches are not stored
│   └── CollectionNotFound     a release names a collection that is not there
├── ReleaseRefused             the release exists and must not serve; the old one goes on
│   ├── ModelFilesCorrupt      a file is missing or does not have its recorded hash
│   ├── FingerprintMismatch    model files and collection were not made by the same encoder
│   ├── CanaryDrift            the encoder no longer gives the vectors recorded with it
│   └── AliasNotMoved          the registry did not take, or did not keep, the new champion
├── NotEnoughMemory            two pairs do not fit at once
├── Unavailable                something that should answer does not; trying again may help
│   ├── RegistryUnavailable
│   ├── IndexUnavailable
│   ├── DatabaseUnavailable
│   ├── TookTooLong            the time for an answer is over
│   └── NoReleaseServed
├── InvalidVector              a vector of the wrong size, not finite, or not of unit length
├── ReadOnlyIndex              a write to an index that is opened for reading only
├── Busy                       another process holds what this one needs (a build, a home)
├── TooManyRequests            the caller has used what a minute allows
├── Unauthorised               a key is needed
└── Forbidden                  an administrator's act from somewhere else than this machine
"""

from __future__ import annotations


class VivierError(Exception):
    """The root of every error this project raises on purpose."""


class InputError(VivierError):
    """What the caller gave is wrong; `field` names where."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class RawDataError(InputError):
    """A raw file cannot be used at all."""


class InvalidNeed(InputError):
    """A query, filter or plan that cannot be understood."""


class InvalidModelFolder(InputError):
    """A model folder or hub name that cannot become an encoder."""


class NotFound(VivierError):
    """Something asked for by name does not exist."""


class ProfileNotFound(NotFound):
    """No such person in the release (or hidden)."""

    def __init__(self, login: str) -> None:
        super().__init__("No profile has this login in the release that serves.")
        self.login = login


class ReleaseNotFound(NotFound):
    """No such version, alias or release id."""

    def __init__(self, reference: str, *, known: str = "") -> None:
        hint = f" Known: {known}." if known else " `vivier releases` lists what there is."
        super().__init__(f"No release answers to {reference!r}.{hint}")
        self.reference = reference


class SearchNotFound(NotFound):
    """No stored search has this id, or searches are not stored."""


class CollectionNotFound(NotFound):
    """A release names a collection that is not there."""

    def __init__(self, collection: str) -> None:
        super().__init__(f"The collection {collection} does not exist; build it again with `vivier index`.")
        self.collection = collection


class ReleaseRefused(VivierError):
    """The release exists and must not serve; whatever served before goes on."""


class ModelFilesCorrupt(ReleaseRefused):
    """A model file is missing or does not have its recorded hash."""


class FingerprintMismatch(ReleaseRefused):
    """Model files and collection were not made by the same encoder."""


class CanaryDrift(ReleaseRefused):
    """The encoder no longer gives the vectors recorded with it."""


class AliasNotMoved(ReleaseRefused):
    """The registry did not take, or did not keep, the new champion."""


class NotEnoughMemory(VivierError):
    """Two pairs do not fit in memory at once."""


class Unavailable(VivierError):
    """Something that should answer does not; `retry_after_seconds` is when to try again."""

    def __init__(self, message: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class RegistryUnavailable(Unavailable):
    """MLflow does not answer."""


class IndexUnavailable(Unavailable):
    """The vector database does not answer."""


class DatabaseUnavailable(Unavailable):
    """The database of stored searches does not answer."""


class TookTooLong(Unavailable):
    """The time that a request may take is over."""


class NoReleaseServed(Unavailable):
    """No release is loaded yet."""


class InvalidVector(VivierError):
    """A vector of the wrong size, not finite, or not of unit length."""


class ReadOnlyIndex(VivierError):
    """A write to an index that is opened for reading only."""


class Busy(VivierError):
    """Another process holds what this one needs."""


class TooManyRequests(VivierError):
    """The caller has used what a minute allows; `limit` names which allowance."""

    def __init__(self, message: str, *, limit: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.limit = limit
        self.retry_after_seconds = retry_after_seconds


class Unauthorised(VivierError):
    """A key is needed and was not given, or is not one of ours."""


class Forbidden(VivierError):
    """The caller may not do this from where it is."""
