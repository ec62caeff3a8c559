"""The run folders of this machine: `fuego_rw_dir/logs/TEST/BOARD.SPEC.BUILD_ID.BUILD_NUMBER/`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.runs import read_run


@dataclass(frozen=True, kw_only=True)
class LocalRun:
    """A run folder; `at` is when its run.json was written."""

    folder: Path
    test: str
    board: str
    spec: str
    status: str
    at: datetime

    @property
    def name(self) -> str:
        """TEST/FOLDER: folders of different tests may have the same name."""
        return f"{self.folder.parent.name}/{self.folder.name}"


def local_runs(logs: Path, filters: Mapping[str, str], limit: int) -> list[LocalRun]:
    """The newest runs that match `test` (full or short name), `board`, `spec`, `status`; empty ones ask for nothing."""
    found: list[LocalRun] = []
    for at, run_json in sorted(_run_files(logs), reverse=True):
        run = _read(run_json, at)
        if run is not None and _matches(run, filters):
            found.append(run)
            if len(found) == limit:
                break
    return found


def _run_files(logs: Path) -> Iterator[tuple[float, Path]]:
    for path in logs.glob("*/*/run.json"):
        try:
            yield path.stat().st_mtime, path
        except OSError:
            continue


def _read(run_json: Path, at: float) -> LocalRun | None:
    try:
        run = read_run(run_json)
    except (FormatError, OSError):
        return None
    return LocalRun(
        folder=run_json.parent,
        test=run.name,
        board=run.text("board"),
        spec=run.text("test_spec"),
        status=run.status.value,
        at=datetime.fromtimestamp(at, UTC),
    )


def _matches(run: LocalRun, filters: Mapping[str, str]) -> bool:
    test = filters.get("test") or run.test
    return (
        test in {run.test, run.test.partition(".")[2]}
        and filters.get("board", "") in {"", run.board}
        and filters.get("spec", "") in {"", run.spec}
        and filters.get("status", "").upper() in {"", run.status}
    )


def existing(folder: Path) -> Path:
    """The folder, where it is one; raises Failed."""
    if not folder.is_dir():
        raise Failed(f"{folder}: there is no such folder")
    return folder
