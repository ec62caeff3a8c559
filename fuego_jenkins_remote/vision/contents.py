"""What is in a run package: read in one pass, a file at a time, never more of it in memory than is asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.packages import Limits
from fuego_jenkins_remote.fuego.runs import Run, read_run
from fuego_jenkins_remote.fuego.tar_reader import members, open_tar
from fuego_jenkins_remote.service.problems import Unavailable, Unprocessable

LIMITS = Limits()
"""How large a run package may be, packed and unpacked."""

_ROOT = "run/"
_RUN_JSON_BYTES = 32 * 1024 * 1024
_PART = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Content:
    """A run package, read: its run.json, and its files with their sizes (names are relative to the run's folder)."""

    run: Run
    files: tuple[tuple[str, int], ...]


def read_package(path: Path) -> Content:
    """Read a run package; raises Unprocessable if it is none, is hostile, or has no readable run.json."""
    run_json: bytes | None = None
    found = []
    try:
        with open_tar(path, LIMITS) as tar:
            for member, content in members(tar, LIMITS):
                if member.name != "run" and not member.name.startswith(_ROOT):
                    raise Unprocessable(f"This is no run package: {member.name!r} is not in run/.", code="bad-package")
                if content is None:
                    continue
                name = member.name.removeprefix(_ROOT)
                found.append((name, member.size))
                if name == "run.json":
                    run_json = content.read(_RUN_JSON_BYTES + 1)
        if run_json is None:
            raise Unprocessable("This is no run package: it has no run/run.json.", code="bad-package")
        if len(run_json) > _RUN_JSON_BYTES:
            raise Unprocessable("The run/run.json in it is larger than 32 MiB.", code="bad-package")
        run = read_run(run_json)
    except FormatError as error:
        raise Unprocessable(f"This is no run package: {error.what}.", code="bad-package") from error
    except OverflowError as error:
        raise Unprocessable("A number in run/run.json is too large to be one.", code="bad-package") from error
    return Content(run=run, files=tuple(sorted(found)))


def file_parts(path: Path, name: str) -> Iterator[bytes]:
    """Give a file of a stored run package, a part at a time; nothing if there is no such file.

    Raises Unavailable if the package is not in its place, or is damaged.
    """
    try:
        with open_tar(path, LIMITS) as tar:
            for member, content in members(tar, LIMITS):
                if content is not None and member.name == _ROOT + name:
                    while part := content.read(_PART):
                        yield part
    except FormatError as error:
        detail = "The package of this run is gone or damaged; ask whoever runs this service."
        raise Unavailable(detail, code="package-gone") from error


def file_end(path: Path, name: str, size: int) -> bytes:
    """Give the last ``size`` bytes of a file of a stored run package."""
    kept: deque[bytes] = deque()
    held = 0
    for part in file_parts(path, name):
        kept.append(part)
        held += len(part)
        while held - len(kept[0]) >= size:
            held -= len(kept.popleft())
    return b"".join(kept)[-size:]
