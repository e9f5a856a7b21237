"""What is wrong with a storage is one sentence that says what to mend."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from flows.data_versions.preflight import PROBE, preflight
from flows.data_versions.remote import Remote
from flows.data_versions.storage import Storage
from indexing.errors import InputError, Unavailable, VivierError
from tests.flows.data_versions.odd_servers import LISTING, REFUSAL, OddServer
from tests.processes import free_port
from tests.s3_server import BUCKET, READER, WRITER, S3Server

pytestmark = pytest.mark.slow

CONTENT = b"<Contents><Key>dvc/probe</Key><Size>1</Size></Contents>"


def storage(
    endpoint: str, *, bucket: str = BUCKET, keys: tuple[str, str] = WRITER, region: str = "us-east-1"
) -> Storage:
    environment = {"AWS_ACCESS_KEY_ID": keys[0], "AWS_SECRET_ACCESS_KEY": keys[1]}
    kept = {name: value for name, value in environment.items() if value}
    return Storage(Remote(bucket, "dvc", endpoint, region, kept))


@pytest.mark.e2e
def test_a_good_storage_is_written_read_and_deleted_from_and_left_as_it_was(s3: S3Server) -> None:
    assert "written, read and deleted" in preflight(storage(s3.url))
    assert s3.bodies() == {}


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"keys": ("nobody", "x")}, "knows no such key; AWS_ACCESS_KEY_ID"),
        ({"keys": (WRITER[0], "wrong")}, "AWS_SECRET_ACCESS_KEY does not belong to the key"),
        ({"keys": READER}, "may not write in the bucket vivier-test"),
        ({"bucket": "no-such-bucket"}, r"no bucket no-such-bucket .* --create-bucket"),
        ({"bucket": "no-such-bucket", "keys": READER}, "may not list in the bucket no-such-bucket"),
        ({"bucket": "Not a bucket!"}, "no name that a bucket can have"),
        ({"keys": ("", "")}, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    ],
)
def test_a_real_server_that_refuses_is_understood(s3: S3Server, changes: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        preflight(storage(s3.url, **changes))  # type: ignore[arg-type]
    assert "secret" not in str(caught.value).replace("AWS_SECRET_ACCESS_KEY", "")


@pytest.mark.e2e
def test_a_key_that_only_reads_is_enough_to_pull(s3: S3Server) -> None:
    assert "can be read" in preflight(storage(s3.url, keys=READER), writes=False)


@pytest.mark.e2e
def test_https_where_http_is_spoken_is_told(s3: S3Server) -> None:
    with pytest.raises(InputError, match="starts with http://"):
        preflight(storage(s3.url.replace("http://", "https://")))


@pytest.mark.e2e
def test_a_missing_bucket_is_made_when_asked_for(s3: S3Server) -> None:
    made = storage(s3.url, bucket="made-when-asked")
    assert "written" in preflight(made, create_bucket=True)
    assert "written" in preflight(made, create_bucket=True)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:{port}", "http://no-such-host.invalid"])
def test_an_endpoint_that_nobody_answers_is_named(endpoint: str) -> None:
    address = endpoint.format(port=free_port())
    with pytest.raises(Unavailable, match=f"Nothing answers at {address}"):
        preflight(storage(address))


@pytest.mark.parametrize(
    "answers",
    [
        {"LIST": (200, b"<html>hello</html>")},
        {"LIST": (200, b"not even a page")},
        {"LIST": (404, b'{"detail": "Not Found"}')},
        {"LIST": (400, b"")},
    ],
)
def test_what_is_no_s3_server_is_told(answers: dict[str, tuple[int, bytes]]) -> None:
    with OddServer(answers).serving() as address, pytest.raises(InputError, match="does not speak S3"):
        preflight(storage(address))


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"PUT": (403, REFUSAL % (b"AccessDenied", b"no"))}, "may not write"),
        ({"GET": (403, REFUSAL % (b"AccessDenied", b"no"))}, "may not read"),
        ({"LIST": (403, REFUSAL % (b"ExpiredToken", b"no"))}, "AWS_SESSION_TOKEN has expired"),
        ({"LIST": (400, REFUSAL % (b"AuthorizationHeaderMalformed", b"no"))}, "set AWS_REGION"),
        ({"LIST": (400, REFUSAL % (b"InvalidRequest", b"Use HTTPS here"))}, "starts with https://"),
        ({"GET": (200, b"other bytes")}, "gives back other bytes"),
        ({"GET": (200, PROBE), "LIST": (200, LISTING % (1, CONTENT))}, "keeps what is deleted"),
        (
            {
                "GET": (200, PROBE),
                "DELETE": (403, REFUSAL % (b"AccessDenied", b"no")),
                "LIST": (200, LISTING % (1, CONTENT)),
            },
            r"may not delete \(erasing people needs it\)",
        ),
        ({"LIST": (418, REFUSAL % (b"Teapot", b"no"))}, "refused to list: Teapot"),
    ],
)
def test_a_key_or_policy_that_lets_too_little_is_told(answers: dict[str, tuple[int, bytes]], says: str) -> None:
    with OddServer(answers).serving() as address, pytest.raises(InputError, match=says):
        preflight(storage(address))


def test_a_server_that_is_not_well_may_be_asked_again() -> None:
    odd = OddServer({"LIST": (503, REFUSAL % (b"SlowDown", b"no"))})
    with odd.serving() as address, pytest.raises(Unavailable, match="try again later"):
        preflight(storage(address))


@pytest.mark.parametrize(("minutes", "says"), [(-20, "20 minutes ahead of"), (31, "31 minutes behind")])
def test_a_clock_that_is_off_is_told_with_by_how_much(minutes: int, says: str) -> None:
    odd = OddServer({"LIST": (403, REFUSAL % (b"RequestTimeTooSkewed", b"no"))}, clock=timedelta(minutes=minutes))
    with odd.serving() as address, pytest.raises(InputError, match=says):
        preflight(storage(address))


def test_no_key_is_in_the_repr_of_a_remote() -> None:
    remote = storage("http://127.0.0.1:1").remote
    assert WRITER[1] not in repr(remote)
    assert replace(remote, prefix="").url == f"s3://{BUCKET}"


def test_every_failure_is_an_error_of_ours() -> None:
    with OddServer({"LIST": (500, b"")}).serving() as address, pytest.raises(VivierError):
        preflight(storage(address))
