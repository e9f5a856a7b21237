"""Where the storage is: the environment first, then what was noted, and never a placeholder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.data_versions.remote import find_remote
from flows.data_versions.settings import DataSettings
from indexing.errors import InputError
from tests.flows.data_versions.checkouts import Checkout


def settings(**values: Any) -> DataSettings:
    return DataSettings(_env_file=None, **values)


def test_a_fresh_clone_names_no_storage_and_says_how_to(checkout: Checkout) -> None:
    with pytest.raises(InputError, match="set VIVIER_S3_BUCKET"):
        find_remote(settings(), checkout.repository)


def test_the_environment_names_it_and_dvc_finds_it_noted(checkout: Checkout) -> None:
    named = settings(s3_bucket="people", s3_endpoint="http://127.0.0.1:9000/", access_key_id="k", secret_access_key="s")
    remote = find_remote(named, checkout.repository)
    assert (remote.url, remote.endpoint, remote.region) == ("s3://people/dvc", "http://127.0.0.1:9000", "us-east-1")
    noted = (checkout.root / ".dvc" / "config.local").read_text()
    assert "endpointurl = http://127.0.0.1:9000" in noted
    assert "secret" not in noted
    again = find_remote(settings(), checkout.repository)  # somebody without the variables
    assert (again.url, again.endpoint) == (remote.url, remote.endpoint)
    assert checkout.git("status", "--porcelain") == ""


def test_another_bucket_on_aws_forgets_the_endpoint_of_the_last(checkout: Checkout) -> None:
    find_remote(settings(s3_bucket="people", s3_endpoint="http://127.0.0.1:9000"), checkout.repository)
    moved = find_remote(settings(dvc_url="s3://elsewhere/deep/prefix/", region="eu-west-3"), checkout.repository)
    assert (moved.url, moved.endpoint, moved.region) == ("s3://elsewhere/deep/prefix", "", "eu-west-3")
    assert moved.place == "AWS"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"dvc_url": "/mnt/data"}, "is not s3://bucket/prefix"),
        ({"dvc_url": "https://bucket/prefix"}, "is not s3://bucket/prefix"),
        ({"dvc_url": "s3://key:secret@bucket/prefix"}, "keys belong into AWS_"),
        ({"s3_bucket": "b", "s3_endpoint": "127.0.0.1:9000"}, "starts with http"),
        ({"s3_bucket": "b", "s3_endpoint": "http://me:pass@host"}, "keys belong into AWS_"),
    ],
)
def test_an_address_that_cannot_be_is_refused_before_anything_is_noted(
    checkout: Checkout, values: dict[str, str], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        find_remote(settings(**values), checkout.repository)
    assert not (checkout.root / ".dvc" / "config.local").exists()


def test_settings_are_read_from_the_environment_and_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVIER_S3_ENDPOINT", "http://host:1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    (tmp_path / ".env").write_text("VIVIER_S3_BUCKET=people\nAWS_ACCESS_KEY_ID=key\nAWS_SECRET_ACCESS_KEY=hidden\n")
    found = DataSettings(_env_file=tmp_path / ".env")
    assert (found.s3_endpoint, found.s3_bucket, found.region) == ("http://host:1", "people", "eu-west-3")
    assert found.access_key_id.get_secret_value() == "key"
    assert "hidden" not in repr(found)
