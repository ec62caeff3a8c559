"""Reading a tar that somebody else made: every member is checked before anybody sees it.

Plain or gzip. Only files and folders, with names that are plain paths in UTF-8, each once, a file never also a
folder. What is read is counted: members, bytes of one and of all, and the ratio to the package's own size.
Headers are bounded as well: Python's tarfile would read a pax header of any size into memory.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from fuego_jenkins_remote.fuego.errors import BadPackage

MIB = 1024 * 1024
RATIO_FLOOR = 64 * MIB
"""Up to this many bytes unpacked, no ratio is too high: a log that says one thing again and again is no bomb."""

_MAX_HEADER = 64 * 1024
_MAX_PATH = 1000
_MAX_COMPONENT = 255
_HEADER_TYPES = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How large a package may be: bytes of the package, unpacked, of one file; number of members; ratio.

    ``run`` bounds the content of a run package when it is packed: beyond it, logs are cut in the middle.
    """

    package: int = 512 * MIB
    unpacked: int = 2048 * MIB
    file: int = 1024 * MIB
    members: int = 20_000
    ratio: int = 200
    run: int = 256 * MIB


@dataclass(frozen=True, kw_only=True)
class Member:
    """A file or folder in a package: its path without ``./`` and final ``/``, its size in bytes."""

    name: str
    size: int
    is_dir: bool
    executable: bool


class _Counted(io.RawIOBase):
    """Passes the unpacked bytes on and stops when there are more than there may be."""

    def __init__(self, source: IO[bytes] | gzip.GzipFile, most: int, reason: str) -> None:
        super().__init__()
        self._source = source
        self._left = most
        self._reason = reason

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        data = self._source.read(MIB if size < 0 else min(size, MIB))
        self._left -= len(data)
        if self._left < 0:
            raise BadPackage(self._reason)
        return data


class _Header(tarfile.TarInfo):
    """Refuses a header before tarfile acts on it."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if not any(buf):
                # The zeros at the end of every tar.
                raise
            raise BadPackage(f"is no tar, or a damaged one: {error}") from error
        if header.size < 0 or header.type == tarfile.GNUTYPE_SPARSE:
            raise BadPackage("has a header that no honest tar has")
        if header.type in _HEADER_TYPES and header.size > _MAX_HEADER:
            raise BadPackage(f"has a header of more than {_MAX_HEADER // 1024} KiB")
        return header

    def _no_sparse_file(self, *_: object) -> None:
        raise BadPackage("holds a sparse file")

    # tarfile reads a sparse file's map, which may be as long as the whole package, before it shows the member.
    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _no_sparse_file


@contextmanager
def open_tar(path: Path, limits: Limits) -> Iterator[tarfile.TarFile]:
    """Open a package for one pass over ``members``. What goes wrong in it is BadPackage, with the file's name."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size > limits.package:
                raise BadPackage(f"larger than {limits.package} bytes")
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            with _counted(gzip.GzipFile(fileobj=file) if packed else file, size, limits) as counted:
                with _parsing():
                    tar = tarfile.open(fileobj=counted, mode="r|", tarinfo=_Header, encoding="utf-8")  # noqa: SIM115
                with tar:
                    yield tar
                    # To the end: only there gzip knows whether all was as it was packed.
                    while counted.read():
                        pass
    except BadPackage as error:
        raise BadPackage(error.what, file=path) from error
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, UnicodeError) as error:
        raise BadPackage(f"is no tar, or a damaged one: {error}", file=path) from error
    except OSError as error:
        raise BadPackage(f"cannot be read or unpacked: {error.strerror or error}", file=path) from error


@contextmanager
def _parsing() -> Iterator[None]:
    """Tell in our words what tarfile makes of a senseless header: almost any exception there is."""
    try:
        yield
    except BadPackage:
        raise
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # RecursionError: tarfile goes one call deeper for each header that only speaks of the next one.
        raise BadPackage(f"has a header that makes no sense: {str(error)[:100]}") from error


def _counted(source: IO[bytes] | gzip.GzipFile, size: int, limits: Limits) -> _Counted:
    # Each member has a header or two besides its content.
    whole = limits.unpacked + limits.members * 2048
    by_ratio = max(RATIO_FLOOR, limits.ratio * size)
    if whole <= by_ratio:
        return _Counted(source, whole, f"unpacks to more than {limits.unpacked} bytes")
    return _Counted(source, by_ratio, f"unpacks to more than {limits.ratio} times its size")


def members(tar: tarfile.TarFile, limits: Limits) -> Iterator[tuple[Member, IO[bytes] | None]]:
    """Give each member and, for a file, its content, to be read before the next one. Raises BadPackage."""
    files: set[str] = set()
    folders: set[str] = set()
    number = total = 0
    headers = iter(tar)
    while True:
        with _parsing():
            header = next(headers, None)
        if header is None:
            return
        number += 1
        if number > limits.members:
            raise BadPackage(f"has more than {limits.members} members")
        member = _checked(header, limits)
        if member is None:
            continue
        total += member.size
        if total > limits.unpacked:
            raise BadPackage(f"unpacks to more than {limits.unpacked} bytes")
        _once(member, files, folders)
        yield member, None if member.is_dir else tar.extractfile(header)


def _checked(header: tarfile.TarInfo, limits: Limits) -> Member | None:
    """Give the member, or None for the root folder (``./``, which tar adds)."""
    shown = repr(header.name[:80])
    if not (header.isreg() or header.isdir()) or header.type == tarfile.CONTTYPE:
        raise BadPackage(f"{shown} is neither a file nor a folder: links and devices have no place in a package")
    if header.sparse is not None or any(key.startswith("GNU.sparse") for key in header.pax_headers):
        raise BadPackage(f"{shown} is a sparse file")
    if not 0 <= header.size <= limits.file:
        raise BadPackage(f"{shown} is larger than {limits.file} bytes")
    name = header.name.removeprefix("./").rstrip("/") if header.isdir() else header.name.removeprefix("./")
    if header.isdir() and name in {"", "."}:
        return None
    if header.isdir() and header.size:
        raise BadPackage(f"{shown} is a folder with content")
    _check_path(name, shown)
    return Member(name=name, size=header.size, is_dir=header.isdir(), executable=bool(header.mode & 0o100))


def _check_path(name: str, shown: str) -> None:
    try:
        raw = name.encode()
    except UnicodeEncodeError as error:
        raise BadPackage(f"the name {shown} is no UTF-8") from error
    if name.startswith("/"):
        raise BadPackage(f"{shown} is an absolute path")
    parts = name.split("/")
    if any(part in {"", ".", ".."} for part in parts):
        raise BadPackage(f"{shown} is no plain path")
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in name):
        raise BadPackage(f"the name {shown} has control characters")
    if len(raw) > _MAX_PATH or any(len(part.encode()) > _MAX_COMPONENT for part in parts):
        raise BadPackage(f"the name {shown}... is too long")


def _once(member: Member, files: set[str], folders: set[str]) -> None:
    if member.name in files or (not member.is_dir and member.name in folders):
        raise BadPackage(f"{member.name!r} is in it twice")
    above = member.name.split("/")
    for depth in range(1, len(above)):
        folder = "/".join(above[:depth])
        if folder in files:
            raise BadPackage(f"{folder!r} is in it as a file and as a folder")
        folders.add(folder)
    (folders if member.is_dir else files).add(member.name)
