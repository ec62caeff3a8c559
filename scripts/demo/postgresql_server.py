"""A PostgreSQL server of one's own, from the machine's packages: for tests and measurements; gone when it is done.

It listens on a socket in its own folder and on a free port of loopback, and lets in whoever is on this machine.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from processes import free_port

_STARTS = 60.0  # seconds
_PLACES = Path("/usr/lib/postgresql")
_USER = "postgres"


class NoServer(RuntimeError):
    """There is no PostgreSQL here that could be started; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """One that runs."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def url(self, name: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://{_USER}@/{name}?host={self.folder}&port={self.port}"

    def create(self, name: str, *, like: str = "template0") -> str:
        """Make a database, as a copy of another one; its address."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as conn:
            conn.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, also one that is in use."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as conn:
            conn.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends open connections and stops, SIGQUIT is a crash."""
        if self.process.poll() is None:
            os.kill(self._pid(), how)
            self.process.wait(timeout=_STARTS)

    def _pid(self) -> int:
        # Not that of the process: a program that changes the user may stand before it.
        return int((self.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])


def why_not() -> str | None:
    """Why no server can be started here; None: one can."""
    try:
        _programs()
    except NoServer as error:
        return str(error)
    return None


@contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Make one and start it, with settings of postgresql.conf; raises NoServer."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="fuego-pg-", dir="/tmp"))  # a short path: that of a socket has 107 characters
    try:
        if os.geteuid() == 0:
            user = pwd.getpwnam(_USER)
            os.chown(folder, user.pw_uid, user.pw_gid)
        initdb = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", _USER, "-A", "trust", "--no-sync"]
        command = _as_user([*initdb, "-E", "UTF8", "--locale=C.UTF-8"])
        made = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
        if made.returncode:
            raise NoServer(f"initdb: {made.stderr.strip()[-500:]}")
        server = start(folder, settings or {})
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path, settings: Mapping[str, str], port: int | None = None) -> Server:
    """Start a server on the data in a folder that `running` has made, and wait until it answers; raises NoServer."""
    port = port or free_port()
    given = {"port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder), **settings}
    options = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
    command = _as_user([str(_programs() / "postgres"), "-D", str(folder / "data"), *options])
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
    server = Server(folder=folder, port=port, process=process)
    until = time.monotonic() + _STARTS
    while not _answers(server):
        if process.poll() is not None or time.monotonic() > until:
            raise NoServer(f"postgres does not start: {(folder / 'log').read_text(errors='replace')[-500:]}")
        time.sleep(0.05)
    return server


def _answers(server: Server) -> bool:
    import psycopg

    try:
        psycopg.connect(server.url(), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _programs() -> Path:
    """Where initdb and postgres are: those of the newest version."""
    found = sorted(_PLACES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise NoServer("PostgreSQL is not installed (apt-get install postgresql)")
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(_USER)
        except KeyError:
            raise NoServer(f"PostgreSQL does not run as root, and there is no user {_USER}") from None
    return found[-1].parent


def _as_user(command: list[str]) -> list[str]:
    return ["runuser", "-u", _USER, "--", *command] if os.geteuid() == 0 else command
