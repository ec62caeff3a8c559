"""The data folder of an old Fuego server, read as hostile input: what is whole comes out, what is torn is told of.

The server keeps a JSON file a board and a request in `data/boards` and `data/requests`, and packages in `files/tests`,
`files/binary-packages` and `files/runs`. Beside these it keeps what it has taken out of the packages (`data/tests`,
`data/runs`, folders in `files/runs`), which is not read: the packages say the same. It writes in place and without
locks, so that a file may be empty, cut, or two answers in one; names in it may be anything that a client once sent.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.fserver_format import BINARY_END, BinaryId, RequestId, RunId, TestId

MAX_RECORD = 256 * 1024
"""The largest board or request, in bytes."""

MAX_FIELDS = 200
_LONGEST_FIELD = 16 * 1024
_SHOWN = 200


class NoFserverFolder(FormatError):
    """The folder is not that of an old Fuego server's data."""


@dataclass(frozen=True, kw_only=True)
class Torn:
    """What is not taken over, by its path in the folder, and why."""

    path: str
    what: str

    def __str__(self) -> str:
        """In a line."""
        return f"{self.path}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class OldRecord:
    """A board or a request: its file's name without `.json`, and what is in it."""

    path: str
    name: str
    fields: dict[str, str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class OldFile:
    """A package; `id` is what its name says."""

    path: str
    file: Path
    id: TestId | BinaryId | RunId


class FserverFolder:
    """One such folder: `fserver-data`, or the one that holds it."""

    def __init__(self, folder: Path) -> None:
        """Find it; raises NoFserverFolder."""
        found = next((one for one in (folder, folder / "fserver-data") if (one / "data").is_dir()), None)
        if found is None:
            raise NoFserverFolder("holds no data of an old Fuego server: there is no fserver-data/data", file=folder)
        self._root = found

    def boards(self) -> Iterator[OldRecord | Torn]:
        """`board-HOST:BOARD.json`; the record says the same host and board."""
        return self._records("data/boards", _check_board)

    def requests(self) -> Iterator[OldRecord | Torn]:
        """`request-TIME-HOST:BOARD.json`, the oldest first."""
        return self._records("data/requests", _check_request)

    def tests(self) -> Iterator[OldFile | Torn]:
        """`NAME-VERSION-RELEASE.ftp`."""
        return self._packages("files/tests", ".ftp", TestId.parse)

    def binaries(self) -> Iterator[OldFile | Torn]:
        """`TOOLCHAIN-TEST-binary-package.ftbp`."""
        return self._packages("files/binary-packages", BINARY_END, BinaryId.parse)

    def runs(self) -> Iterator[OldFile | Torn]:
        """`run-TIME-TEST-on-HOST:BOARD.frp`, the oldest first; the unpacked folders beside them are passed over."""
        return self._packages("files/runs", ".frp", RunId.parse)

    def _records(self, where: str, check: Callable[[str, dict[str, str]], None]) -> Iterator[OldRecord | Torn]:
        for path, name in self._names(where):
            try:
                if not name.endswith(".json"):
                    raise FormatError("is no .json file")
                fields = _record(self._root / path)
                check(name.removesuffix(".json"), fields)
            except FormatError as error:
                yield Torn(path=_shown(path), what=error.what)
            except OSError as error:
                yield Torn(path=_shown(path), what=f"cannot be read: {error.strerror}")
            else:
                yield OldRecord(path=path, name=name.removesuffix(".json"), fields=fields)

    def _packages(
        self, where: str, ending: str, parse: Callable[[str], TestId | BinaryId | RunId]
    ) -> Iterator[OldFile | Torn]:
        for path, name in self._names(where):
            try:
                mode = (self._root / path).lstat().st_mode
                if stat.S_ISDIR(mode):
                    continue
                if not stat.S_ISREG(mode):
                    raise FormatError("is no file: links are not followed")
                if not name.endswith(ending):
                    raise FormatError(f"is not called ...{ending}")
                yield OldFile(path=_shown(path), file=self._root / path, id=parse(name))
            except FormatError as error:
                yield Torn(path=_shown(path), what=error.what)
            except OSError as error:
                yield Torn(path=_shown(path), what=f"cannot be read: {error.strerror}")

    def _names(self, where: str) -> Iterator[tuple[str, str]]:
        """What is in a folder of it, by name, without what is hidden; nothing where there is no such folder."""
        folder = self._root / where
        if not folder.is_dir():
            return
        if folder.is_symlink() or folder.parent.is_symlink():
            raise NoFserverFolder(f"{where} is a link, and links are not followed", file=self._root)
        for name in sorted(path.name for path in folder.iterdir()):
            if not name.startswith("."):
                yield f"{where}/{name}", name


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file; raises FormatError for what is none, OSError also for a link."""
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise FormatError("is no file")
    return os.fdopen(number, "rb")


def _record(path: Path) -> dict[str, str]:
    """A record; raises FormatError, OSError."""
    with open_plain(path) as file:
        data = file.read(MAX_RECORD + 1)
    if len(data) > MAX_RECORD:
        raise FormatError(f"is larger than {MAX_RECORD // 1024} KiB")
    try:
        found = json.loads(data.decode())
    except UnicodeDecodeError as error:
        raise FormatError("is no UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise FormatError("is empty" if not data.strip() else f"is no whole JSON: {str(error)[:_SHOWN]}") from error
    if not isinstance(found, dict):
        raise FormatError("holds no JSON object")
    if len(found) > MAX_FIELDS:
        raise FormatError(f"has more than {MAX_FIELDS} fields")
    for name, value in found.items():
        if not isinstance(value, str) or len(value) > _LONGEST_FIELD or len(name) > _SHOWN:
            raise FormatError(f"the field {name[:80]!r} is no text, or too long")
        if not _is_text(name) or not _is_text(value):
            raise FormatError(f"the field {name[:80]!r} holds what is no text")
    return dict(found)


def _check_board(name: str, fields: dict[str, str]) -> None:
    host, board = fields.get("host"), fields.get("board")
    if not host or not board:
        raise FormatError("says no host, or no board")
    if name != f"board-{host}:{board}":
        raise FormatError(f"says it is {f'{host}:{board}'[:_SHOWN]!r}, which is not its name")


def _check_request(name: str, fields: dict[str, str]) -> None:
    wanted = RequestId.parse(name)
    if (fields.get("host"), fields.get("board")) != (wanted.host, wanted.board):
        raise FormatError("is for another board than its name says")
    if fields.get("state") not in {"pending", "running", "done", "error"}:
        raise FormatError(f"its state is {str(fields.get('state'))[:80]!r}, which is none")


def _is_text(text: str) -> bool:
    # Half a surrogate pair can be written in JSON, and nowhere else.
    return not any("\ud800" <= sign <= "\udfff" or sign == "\0" for sign in text)


def _shown(path: str) -> str:
    """A path in messages: names that are no UTF-8, or have control characters in them, as escapes."""
    shown = path.encode("utf-8", "backslashreplace").decode()
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in shown)[: 3 * _SHOWN]
