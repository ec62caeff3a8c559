"""A run package, opened for targets that take cases and logs rather than packages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.packages import Kind, unpack
from fuego_jenkins_remote.fuego.runs import Run, read_run
from fuego_jenkins_remote.publish.targets import NeverDelivered

_LOGS = ("testlog.txt", "consolelog.txt", "console.log")


@dataclass(frozen=True, kw_only=True)
class Contents:
    """A run and the folder with its files, which goes away."""

    run: Run
    folder: Path

    def files(self) -> list[Path]:
        """All files of the run, below `folder`, by name."""
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def log(self) -> Path | None:
        """The log that says most of the test: what it printed, else the console."""
        return next((path for name in _LOGS if (path := self.folder / name).is_file()), None)


@contextmanager
def opened(package: Path) -> Iterator[Contents]:
    """Unpack a run package into a folder of its own. Raises NeverDelivered for what is none, OSError."""
    with tempfile.TemporaryDirectory(prefix="ftc-run-") as work:
        try:
            folder = unpack(package, Path(work) / "unpacked", kind=Kind.RUN)
            run = read_run(folder / "run.json")
        except FormatError as error:
            raise NeverDelivered(str(error)) from error
        yield Contents(run=run, folder=folder)


def tail_of(path: Path, most: int) -> str:
    """The last `most` characters of a text file; what is no UTF-8 is replaced. Raises OSError."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 4 * most))
        return file.read().decode("utf-8", "replace")[-most:]
