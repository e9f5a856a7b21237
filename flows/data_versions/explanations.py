"""What an S3 server's refusal means, and what mends it: one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError

from flows.data_versions.remote import Remote
from indexing.errors import InputError, Unavailable, VivierError

_KEY = "AWS_ACCESS_KEY_ID"
_SECRET = "AWS_SECRET_ACCESS_KEY"  # noqa: S105  # the variable's name
_ENDPOINT = "VIVIER_S3_ENDPOINT"
_BUCKET = "VIVIER_S3_BUCKET"
_ELSEWHERE = ("AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException")
# Everything that a request to a storage may raise.
FAILURES = (BotoCoreError, ClientError, ResponseParserError)
_SKEWED = ("RequestTimeTooSkewed", "RequestExpired")


def explained(error: Exception, remote: Remote, doing: str) -> VivierError:
    """The error of ours that says what is wrong with the storage; `doing` completes "may not ..."."""
    if isinstance(error, ClientError):
        return _refused(error, remote, doing)
    return _failed(error, remote)


def not_s3(remote: Remote) -> VivierError:
    """Something answers there, and it is no S3 server."""
    return InputError(
        f"What answers at {remote.place} does not speak S3; VIVIER_S3_ENDPOINT names another service or port.",
        field=_ENDPOINT,
    )


def no_bucket(remote: Remote) -> VivierError:
    """The bucket does not exist."""
    return InputError(
        f"There is no bucket {remote.bucket} at {remote.place}; `vivier data init --create-bucket` makes it.",
        field=_BUCKET,
    )


def _failed(error: Exception, remote: Remote) -> VivierError:
    place = remote.place
    if isinstance(error, NoCredentialsError | PartialCredentialsError | CredentialRetrievalError):
        return InputError(
            f"No key for the storage at {place}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.", field=_KEY
        )
    if isinstance(error, ProfileNotFound):
        return InputError(f"{error}; AWS_PROFILE names a profile that ~/.aws has not.", field="AWS_PROFILE")
    if isinstance(error, ParamValidationError):
        return InputError(f"{remote.bucket!r} is no name that a bucket can have.", field=_BUCKET)
    if isinstance(error, SSLError):
        if "WRONG_VERSION_NUMBER" in str(error) or "record layer" in str(error):
            return InputError(f"{place} answers without encryption: its address starts with http://.", field=_ENDPOINT)
        return InputError(f"The certificate of {place} is not trusted here; AWS_CA_BUNDLE names your own authority's.")
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return Unavailable(f"Nothing answers at {place}; is the storage running, and is VIVIER_S3_ENDPOINT right?")
    if isinstance(error, ConnectionClosedError | ReadTimeoutError):
        return Unavailable(
            f"{place} broke off in the middle of an answer; it may be starting, or want https:// instead of http://."
        )
    if isinstance(error, ResponseParserError):
        return not_s3(remote)
    return Unavailable(f"The storage at {place} could not be asked ({type(error).__name__}).")


def _refused(error: ClientError, remote: Remote, doing: str) -> VivierError:
    answer: Mapping[str, Any] = error.response
    code = str(answer.get("Error", {}).get("Code", ""))
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    where = f"bucket {remote.bucket} at {remote.place}"
    if code in _SKEWED:
        return InputError(f"This machine's clock is {_skew(answer)} the storage's; set it (timedatectl set-ntp true).")
    if code == "InvalidAccessKeyId":
        return InputError(f"{remote.place} knows no such key; AWS_ACCESS_KEY_ID is another server's.", field=_KEY)
    if code == "SignatureDoesNotMatch":
        return InputError(f"AWS_SECRET_ACCESS_KEY does not belong to the key that {remote.place} knows.", field=_SECRET)
    if code in ("ExpiredToken", "InvalidToken", "TokenRefreshRequired"):
        return InputError("AWS_SESSION_TOKEN has expired or is not valid; ask for new keys.", field="AWS_SESSION_TOKEN")
    if code in _ELSEWHERE or status in (301, 307):
        return InputError(f"The {where} lies in another region; set AWS_REGION to it.", field="AWS_REGION")
    if code == "NoSuchBucket":
        return no_bucket(remote)
    if code in ("AccessDenied", "AllAccessDisabled", "AccountProblem") or status == 403:
        return InputError(f"The key in AWS_ACCESS_KEY_ID may not {doing} in the {where}.", field=_KEY)
    if "https" in str(answer.get("Error", {}).get("Message", "")).lower():
        return InputError(f"{remote.place} wants encryption: its address starts with https://.", field=_ENDPOINT)
    if code == "500":  # what botocore makes of a 200 with something else than XML; S3 names its own failures
        return not_s3(remote)
    if status >= 500 or code in ("SlowDown", "ServiceUnavailable", "InternalError"):
        return Unavailable(f"The storage at {remote.place} is not well (HTTP {status}); try again later.")
    if code.isdigit():  # an HTTP status and no S3 error code: no S3 server wrote it
        return not_s3(remote)
    return InputError(f"The {where} refused to {doing}: {code or status}.")


def _skew(answer: Mapping[str, Any]) -> str:
    """How far and in which direction this clock is off, told from the answer's own date."""
    stated = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        minutes = (datetime.now(UTC) - parsedate_to_datetime(stated)).total_seconds() / 60
    except (TypeError, ValueError):
        return "too far from"
    return f"{abs(minutes):.0f} minutes {'ahead of' if minutes > 0 else 'behind'}"
