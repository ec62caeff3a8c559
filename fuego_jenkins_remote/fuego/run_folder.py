"""What of a run's folder goes into its package: everything but prolog.sh, redacted, within a size.

The folder was written by a test, on a machine where the packing process may read more than the test may: links
are not followed, not even one that takes a folder's place meanwhile.
"""

from __future__ import annotations

import dataclasses
import io
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self

from fuego_jenkins_remote.fuego.errors import BadPackage, BadRun
from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.fuego.runs import MAX_SIZE, Json, Run, TestCase, TestSet, read_run, write_run

_MEMORY = 1024 * 1024
# What tells which run it is: a board called like a password would else make it nobody's.
_IDENTITY = frozenset({"board", "build_number", "host_name", "start_time", "test_spec", "timestamp"})
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, kw_only=True)
class _Found:
    name: str
    size: int


class RunFolder:
    """An open run folder; ``cut`` names what did not go in whole, after ``files`` has given all."""

    def __init__(self, folder: Path, redactor: Redactor, metadata: Mapping[str, Json] | None = None) -> None:
        """Take the folder; nothing is opened before ``with``. ``metadata`` is what run.json says beside its own."""
        self._folder = folder
        self._redactor = redactor
        self._metadata = dict(metadata or {})
        self._fd = -1
        self.cut: list[str] = []

    def __enter__(self) -> Self:
        """Open the folder."""
        self.cut = []
        try:
            self._fd = os.open(self._folder, _OPEN | os.O_DIRECTORY)
        except OSError as error:
            raise BadPackage(f"cannot be read: {error.strerror}", file=self._folder) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        os.close(self._fd)

    def files(self, *, budget: int, most: int) -> Iterator[tuple[str, IO[bytes], int]]:
        """Give name, content and size of each file, run.json first, then by name.

        ``budget`` is for the bytes of all, ``most`` for their number; run.json goes in whatever its size.
        Raises BadPackage if run.json is not there or cannot be read.
        """
        run_json = self._run_json()
        yield "run.json", io.BytesIO(run_json), len(run_json)
        found = sorted(self._regular_files(), key=lambda one: (one.name.count("/"), one.name))
        # Near the number's limit, the logs of the folder itself are worth more than what lies deeper.
        chosen, left_out = found[: most - 1], found[most - 1 :]
        self.cut += [self._redactor.text(one.name) for one in left_out]
        keep = _fair_share([one.size for one in chosen], budget - len(run_json))
        taken = {"run.json"}
        for one in sorted(chosen, key=lambda one: one.name):
            name = _free_name(self._redactor.text(one.name), taken)
            with tempfile.SpooledTemporaryFile(max_size=_MEMORY) as content:
                if not self._copy(one, keep, name, content):
                    continue
                size = content.tell()
                content.seek(0)
                yield name, content, size

    def read_run(self) -> Run:
        """Read run.json as it is. Raises BadPackage if it is not there or cannot be read."""
        try:
            with self._open("run.json") as file:
                return read_run(file.read(MAX_SIZE + 1))
        except BadRun as error:
            raise BadPackage(error.what, file=self._folder / "run.json") from error
        except OSError as error:
            raise BadPackage(f"cannot be read: {error.strerror}", file=self._folder / "run.json") from error

    def _run_json(self) -> bytes:
        run = _redacted(self.read_run(), self._redactor)
        try:
            return write_run(dataclasses.replace(run, metadata={**run.metadata, **self._metadata}))
        except BadRun as error:
            raise BadPackage(error.what, file=self._folder / "run.json") from error

    def _regular_files(self) -> Iterator[_Found]:
        for folder, folders, names, fd in os.fwalk(".", dir_fd=self._fd, follow_symlinks=False):
            folders.sort()
            above = "" if folder == "." else folder.removeprefix("./") + "/"
            for name in names:
                path = above + name
                try:
                    status = os.stat(name, dir_fd=fd, follow_symlinks=False)
                except FileNotFoundError:
                    continue
                # Editors and patches leave copies beside it: prolog.sh~, prolog.sh.orig
                if not stat.S_ISREG(status.st_mode) or name.startswith("prolog.sh") or path == "run.json":
                    continue
                if _is_plain(path):
                    yield _Found(name=path, size=status.st_size)
                else:
                    self.cut.append(repr(path))

    def _open(self, name: str) -> BinaryIO:
        """Open a file below the folder, refusing links in every part of its path. Raises OSError."""
        *folders, last = name.split("/")
        at = os.dup(self._fd)
        try:
            for folder in folders:
                below = os.open(folder, _OPEN | os.O_DIRECTORY, dir_fd=at)
                os.close(at)
                at = below
            file = os.fdopen(os.open(last, _OPEN, dir_fd=at), "rb")
        finally:
            os.close(at)
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise OSError(0, "no regular file", name)
        return file

    def _copy(self, one: _Found, keep: int, name: str, target: IO[bytes]) -> bool:
        try:
            with self._open(one.name) as source:
                binary = b"\0" in source.read(8192)
                source.seek(0)
                # Half a binary file is of no use.
                share = 0 if binary and one.size > keep else keep
                if self._redactor.opened(source, one.size, share, target.write):
                    self.cut.append(name)
        except OSError:
            # Gone, unreadable or no longer a file since it was listed.
            self.cut.append(name)
            return False
        return True


def _is_plain(path: str) -> bool:
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return False
    return size < 900 and not any(ord(sign) < 32 or ord(sign) == 127 for sign in path)


def _free_name(name: str, taken: set[str]) -> str:
    """Give the name, with a number if redaction has made two names the same."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}.{number}"
    taken.add(free)
    return free


def _fair_share(sizes: list[int], budget: int) -> int:
    """Give the most bytes that each file may keep, so that all together stay within the budget."""
    left, share = max(budget, 0), 0
    for at, size in enumerate(sorted(sizes)):
        share = left // (len(sizes) - at)
        if size > share:
            return share
        left -= size
    return max(sizes, default=0)


def _redacted(run: Run, redactor: Redactor) -> Run:
    """Redact the texts in a run, one by one: replacing in the file's text could make it no JSON any more."""
    metadata = {
        key: value if key in _IDENTITY else _redacted_json(value, redactor) for key, value in run.metadata.items()
    }
    return dataclasses.replace(
        run,
        metadata=metadata,
        attachments=tuple(dataclasses.replace(one, path=redactor.text(one.path)) for one in run.attachments),
        test_sets=tuple(_redacted_set(one, redactor) for one in run.test_sets),
        extra=_redacted_extra(run.extra, redactor),
    )


def _redacted_set(one: TestSet, redactor: Redactor) -> TestSet:
    return dataclasses.replace(
        one,
        name=redactor.text(one.name),
        test_cases=tuple(_redacted_case(case, redactor) for case in one.test_cases),
        extra=_redacted_extra(one.extra, redactor),
    )


def _redacted_case(case: TestCase, redactor: Redactor) -> TestCase:
    measurements = tuple(
        dataclasses.replace(one, name=redactor.text(one.name), extra=_redacted_extra(one.extra, redactor))
        for one in case.measurements
    )
    extra = _redacted_extra(case.extra, redactor)
    return dataclasses.replace(case, name=redactor.text(case.name), measurements=measurements, extra=extra)


def _redacted_extra(extra: Mapping[str, Json], redactor: Redactor) -> dict[str, Json]:
    return {key: _redacted_json(value, redactor) for key, value in extra.items()}


def _redacted_json(value: Json, redactor: Redactor) -> Json:
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, list):
        return [_redacted_json(one, redactor) for one in value]
    if isinstance(value, dict):
        return {key: _redacted_json(one, redactor) for key, one in value.items()}
    return value
