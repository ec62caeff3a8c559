"""Packages as files, each named by its SHA-256: ``packages/ab/abcd...``.

A file comes in under ``incoming/``, is checked there, and is moved to its place in one step, after its bytes are safe
on the disk. So whatever stands in ``packages/`` is whole, and a crash leaves at most a file that nobody refers to.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from fuego_jenkins_remote.service.problems import TooLarge, Unavailable

_STALE_SECONDS = 24 * 3600


class PackageStore:
    """The packages below a data folder."""

    def __init__(self, data_dir: Path) -> None:
        """Take the data folder; the folders in it are made when they are needed."""
        self._packages = data_dir / "packages"
        self._incoming = data_dir / "incoming"

    def path(self, sha256: str) -> Path:
        """Give where the package of this digest stands, or would stand."""
        return self._packages / sha256[:2] / sha256

    def receive(self, *, limit: int) -> Incoming:
        """Open a file for a package of at most ``limit`` bytes; leaving the ``with`` removes what was not kept."""
        self._incoming.mkdir(parents=True, exist_ok=True)
        return Incoming(self._incoming / secrets.token_hex(16), limit=limit)

    def keep(self, incoming: Incoming) -> None:
        """Move a received file to its place, durably; the same content twice is one file."""
        target = self.path(incoming.sha256)
        with _disk_problems():
            incoming.flush()
            if not target.parent.is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
                _sync_folder(self._packages)
            incoming.path.replace(target)
            _sync_folder(target.parent)

    def sweep(self) -> None:
        """Remove what uploads that never ended have left behind a day ago or earlier."""
        oldest = time.time() - _STALE_SECONDS
        if self._incoming.is_dir():
            for file in self._incoming.iterdir():
                if file.stat().st_mtime < oldest:
                    file.unlink(missing_ok=True)


class Incoming:
    """A package while it comes in: bytes are counted and digested as they are written."""

    def __init__(self, path: Path, *, limit: int) -> None:
        """Make the file; raises Unavailable when the disk is full."""
        self.path = path
        self.size = 0
        self._limit = limit
        self._digest = hashlib.sha256()
        with _disk_problems():
            self._file = path.open("xb")

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Close the file, and remove it unless it has been kept."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    @property
    def sha256(self) -> str:
        """The digest of what has come so far, in hexadecimal."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        """Take the next bytes; raises TooLarge beyond the limit, Unavailable when the disk is full."""
        self.size += len(data)
        if self.size > self._limit:
            raise TooLarge(f"The package is larger than {self._limit // 2**20} MiB, the most that is taken here.")
        self._digest.update(data)
        with _disk_problems():
            self._file.write(data)

    def flush(self) -> None:
        """See to it that the bytes are on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def written(self) -> Path:
        """Give the file, with all that has come so far readable in it."""
        with _disk_problems():
            self._file.flush()
        return self.path


@contextmanager
def _disk_problems() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable("There is no room left for packages here.", code="no-room") from error
        raise


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
