"""A real PostgreSQL of this test run's own: a folder, a socket in it, no port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

#: A server does not run as root; then it runs as one of these.
_USERS = ("postgres", "nobody")
_PORT = "5432"


def binaries() -> Path | None:
    """The folder of the newest server's programs, None where there is none."""
    found = shutil.which("pg_ctl")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    return next((each for each in reversed(folders) if (each / "initdb").exists()), None)


class Server:
    """Started by `start`, ended by `stop`; `folder` holds its data and its socket (its path is short)."""

    def __init__(self, programs: Path, *, empty: bool = True) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self._user = self._somebody() if hasattr(os, "geteuid") and os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
            self.folder.chmod(0o755)
        self.data = self.folder / "data"
        if empty:
            self._run(
                "initdb", "-D", self.data, "-U", "podsync", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"
            )

    @staticmethod
    def _somebody() -> Any:
        import pwd

        known = {each.pw_name: each for each in pwd.getpwall()}
        return next(known[name] for name in _USERS if name in known)

    @property
    def identity(self) -> dict[str, int]:
        """Who runs it, as `subprocess` takes it."""
        return {"user": self._user.pw_uid, "group": self._user.pw_gid} if self._user else {}

    def _run(self, program: str, *words: object) -> None:
        done = subprocess.run(
            [str(self.programs / program), *map(str, words)], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
            **self.identity,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    @contextmanager
    def replica(self) -> Iterator[Server]:
        """A server that follows this one, for as long as the block runs."""
        follower = Server(self.programs, empty=False)
        try:
            follower._run(
                "pg_basebackup", "-h", self.folder, "-p", _PORT, "-U", "podsync", "-D", follower.data,
                "--write-recovery-conf", "--checkpoint=fast",
            )  # fmt: skip
            follower.start()
            yield follower
        finally:
            follower.remove()

    def start(self) -> None:
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c port={_PORT} "
            "-c max_connections=80 -c shared_buffers=16MB -c timezone=Asia/Kathmandu "
            # What a careless administrator may have set for everybody.
            "-c synchronous_commit=off -c statement_timeout=20s -c default_transaction_isolation=serializable"
        )
        self._run("pg_ctl", "start", "-D", self.data, "-w", "-l", self.folder / "log", "-o", options)

    def stop(self, how: str = "immediate") -> None:
        self._run("pg_ctl", "stop", "-D", self.data, "-m", how, "-w")

    def remove(self) -> None:
        if self.data.exists():
            self.stop()
        shutil.rmtree(self.folder)

    def url(self, database: str = "postgres", user: str = "podsync", password: str = "") -> str:
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.folder}&port={_PORT}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """As an administrator."""
        return psycopg.connect(self.url(database), autocommit=True)

    def terminate(self, application: str = "podsync") -> int:
        """End every session of podsync; returns how many there were."""
        with self.connect() as connection:
            found = connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s",
                [application],
            )
            return len(found.fetchall())
