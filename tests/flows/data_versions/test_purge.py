"""After an erasure and a purge, no version that still had the person is left anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.data_versions.remote import cache_folder
from indexing.errors import InputError
from tests.e2e.homes import rewrite
from tests.flows.data_versions.checkouts import Checkout, files_in, sweep_of
from tests.s3_server import S3Server

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.long]


def holders(login: str, checkout: Checkout, s3: S3Server) -> list[str]:
    """Where any byte of a login is still found: the bucket, the cache, the data."""
    places = {f"bucket:{key}": body for key, body in s3.bodies().items() if key.startswith(checkout.prefix)}
    for folder in (cache_folder(checkout.repository), checkout.root / "data", checkout.root / ".dvc" / "tmp"):
        places |= {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [name for name, content in places.items() if login.encode() in content]


def test_nothing_of_who_left_is_in_the_bucket_or_the_cache_afterwards(with_sample: Checkout, s3: S3Server) -> None:
    login = with_sample.first_login
    with_sample.push(s3)
    rewrite(with_sample.raw / "github_users.csv", lambda rows: rows[:-10])
    with_sample.push(s3)
    assert len(holders(login, with_sample, s3)) > 4  # it would be found
    done = with_sample.purge(s3, sweep=sweep_of(login))
    assert done.done
    assert holders(login, with_sample, s3) == []
    assert done.pushed.to_commit == ("dvc.lock",)
    present = files_in(with_sample.raw)
    with_sample.git("commit", "--quiet", "--all", "--message", "less one")
    with_sample.pull(s3, force=True)
    assert files_in(with_sample.raw) == present
    assert with_sample.purge(s3).plan.is_empty


@pytest.mark.slow
def test_versions_that_the_bucket_keeps_and_broken_off_uploads_go_too(with_sample: Checkout, s3: S3Server) -> None:
    bucket = "keeps-versions"
    client = s3.client()
    client.create_bucket(Bucket=bucket)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    login = with_sample.first_login
    with_sample.push(s3, bucket=bucket)
    stray = {"Bucket": bucket, "Key": f"{with_sample.prefix}/files/md5/ab/cdef"}
    upload = client.create_multipart_upload(**stray)["UploadId"]
    client.upload_part(**stray, UploadId=upload, PartNumber=1, Body=login.encode() * 1000)
    done = with_sample.purge(s3, sweep=sweep_of(login), bucket=bucket)
    assert done.done
    assert done.plan.unfinished_uploads
    assert client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    listed = client.list_object_versions(Bucket=bucket, Prefix=f"{with_sample.prefix}/files")
    assert not listed.get("DeleteMarkers")
    for version in listed["Versions"]:
        assert version["IsLatest"]
        content = client.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
        assert login.encode() not in content


@pytest.mark.slow
def test_who_is_asked_and_says_no_loses_nothing(with_sample: Checkout, s3: S3Server) -> None:
    with_sample.push(s3)
    before = files_in(with_sample.raw)
    rewrite(with_sample.raw / "github_users.csv", lambda rows: rows[:-10])
    with_sample.push(s3)
    done = with_sample.purge(s3, agrees=False)
    assert not done.done
    assert len(done.plan.remote_objects) == 2  # a table and the list that named it
    with_sample.checkout("HEAD~1", s3)
    assert files_in(with_sample.raw) == before


def test_a_clone_that_has_not_pulled_cannot_purge(with_sample: Checkout, s3: S3Server, tmp_path: Path) -> None:
    """It cannot tell what the present version needs, and everything would go."""
    with_sample.push(s3)
    before = s3.bodies()
    other = Checkout.clone(with_sample.root, tmp_path / "other", prefix=with_sample.prefix)
    with pytest.raises(InputError, match="`vivier data pull` first"):
        other.purge(s3)
    other.git("rm", "--quiet", "dvc.lock")
    with pytest.raises(InputError, match="`vivier data pull` first"):
        other.purge(s3)
    assert s3.bodies() == before


@pytest.mark.slow
def test_the_command_asks_and_counts(with_sample: Checkout, s3: S3Server) -> None:
    with_sample.data("push", "--commit", s3=s3)
    rewrite(with_sample.raw / "github_users.csv", lambda rows: rows[:-10])
    refused = with_sample.data("purge", s3=s3, check=False)
    assert refused.returncode == 1
    assert "This removes every version of the data but the present one" in refused.stderr
    done = with_sample.data("purge", "--yes", s3=s3)
    assert "Only the present version is left" in done.stdout
    assert "dvc.lock" in done.stdout
