"""Files in folders of `lab_dir`, where a test's processes can write as well, and put one thing in another's place.

A folder is opened once, through no link, and everything in it goes through its descriptor. What is made must not have
been there; what is read is a plain file, and bounded.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def opened_folder(path: Path) -> Iterator[int]:
    """Open a folder; gives its descriptor. Raises OSError, also for a link."""
    descriptor = os.open(path, _FOLDER)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def new_folder(above: int, name: str, mode: int) -> Iterator[int]:
    """Make a folder and open it; raises OSError when it is not the one that was made."""
    os.mkdir(name, mode, dir_fd=above)
    descriptor = os.open(name, _FOLDER, dir_fd=above)
    try:
        if os.fstat(descriptor).st_uid != os.geteuid() or os.listdir(descriptor):  # noqa: PTH208 - of what is open
            raise FileExistsError(errno.EEXIST, "something else was put in the place of a new folder", name)
        yield descriptor
    finally:
        os.close(descriptor)


def write_new(folder: int, name: str, data: bytes) -> None:
    """Write a file that is not there yet. Raises OSError."""
    with os.fdopen(os.open(name, WRITE_NEW, 0o666, dir_fd=folder), "wb") as file:
        file.write(data)


def write_whole(folder: int, name: str, text: str) -> None:
    """Make a file appear, whole, in place of the one that was there. Raises OSError."""
    partial = f".{name}.tmp"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(partial, dir_fd=folder)
    with os.fdopen(os.open(partial, WRITE_NEW, 0o644, dir_fd=folder), "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(partial, name, src_dir_fd=folder, dst_dir_fd=folder)


def read_plain(folder: int, name: str, limit: int, *, at_end: bool = False) -> tuple[bytes, float] | None:
    """The first or the last `limit` bytes of a plain file, and when it was changed; None where there is none."""
    try:
        descriptor = os.open(name, READ, dir_fd=folder)
    except OSError:
        return None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as file:
        if at_end:
            file.seek(max(0, file.seek(0, os.SEEK_END) - limit))
        return file.read(limit), found.st_mtime
