"""A real PostgreSQL server on a loopback port, that tests start, stop, freeze, kill and start again."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.processes import free_port

START_SECONDS = 60
USER = "vivier"
_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/pgsql/bin")
# A test's data need not survive a power cut, and what is deleted goes by what is tested, not by the janitor's luck.
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "dynamic_shared_memory_type": "mmap",  # in the folder, and removed with it
    "shared_buffers": "32MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_NEW = ("-U", USER, "-A", "scram-sha-256", "--locale=C", "--encoding=UTF8", "--no-sync", "--no-instructions")


@cache
def postgres_binaries() -> Path | None:
    """The folder with `postgres` and `initdb`; None on a machine without them."""
    on_path = shutil.which("postgres")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    for pattern in _PLACES:
        candidates += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


class PostgresServer:
    """A server with a folder, a port and a password of its own; use it as a context manager."""

    def __init__(self) -> None:
        found = postgres_binaries()
        assert found is not None
        self._binaries = found
        memory = Path("/dev/shm")  # noqa: S108 - the folder made in it has a name of its own
        has_room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
        self.folder = Path(tempfile.mkdtemp(prefix="vivier-postgres-", dir=memory if has_room else None))
        self.data = self.folder / "data"
        self.port = free_port()
        self.password = secrets.token_hex(8)
        self._account = _account()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PostgresServer:
        try:
            self._make()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def url(self, database: str = "postgres", *, password: str | None = None, port: int | None = None) -> str:
        """An address as a user writes it."""
        return f"postgresql://{USER}:{password or self.password}@127.0.0.1:{port or self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a new, empty database, dropped afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        self.ask(f"CREATE DATABASE {name}")
        yield self.url(name)
        self.ask(f"DROP DATABASE {name} WITH (FORCE)")

    def ask(self, statement: str, url: str | None = None) -> list[Any]:
        """The rows of a statement, behind the program's back."""
        import psycopg

        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        options = [f"-c{name}={value}" for name, value in {**_OPTIONS, "port": str(self.port)}.items()]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self.data, *options],
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._account,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "server.log").read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as an operator does: connections are cut, what was committed is kept."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it and its workers as `kill -9` does."""
        self.thaw()  # children of a frozen server cannot notice that it is gone
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let the system accept what clients send, and nobody answer."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def close(self) -> None:
        """Stop it, the hard way if need be, and remove its folder."""
        self.thaw()
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def contents(self) -> bytes:
        """Every byte of the tables' files, once all is written."""
        self.ask("CHECKPOINT")
        return b"".join(file.read_bytes() for file in (self.data / "base").rglob("*") if file.is_file())

    def _make(self) -> None:
        if self._account:
            shutil.chown(self.folder, self._account["user"], self._account["group"])
        with tempfile.NamedTemporaryFile("w", dir=self.folder) as password:
            password.write(self.password)
            password.flush()
            Path(password.name).chmod(0o644)  # the folder is closed to others
            subprocess.run(
                [self._binaries / "initdb", "-D", self.data, f"--pwfile={password.name}", *_NEW],
                check=True,
                capture_output=True,
                env=os.environ | {"LC_ALL": "C", "TZ": "UTC"},
                **self._account,
            )

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if number is signal.SIGKILL:
            self._signal_all(number)
        else:
            self._process.send_signal(number)
        self._process.wait(timeout=30)
        self._process = None

    def _signal_all(self, number: signal.Signals) -> None:
        """To every process of the server; each backend leads a session of its own."""
        import psutil

        if self._process is None or self._process.poll() is not None:
            return
        main = psutil.Process(self._process.pid)
        for process in [main, *main.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: whom to run it as then."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
