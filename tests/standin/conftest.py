"""A small lab in a temporary folder: the examples' boards and tests, and what a test of ours adds."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from fuego_jenkins_remote.fuego.runs import Run, read_run
from fuego_jenkins_remote.standin.options import RunTestOptions
from fuego_jenkins_remote.standin.places import Places
from fuego_jenkins_remote.standin.run_test import run_test

EXAMPLES = Path(__file__).parents[2] / "examples"

BOARD = """
inherit "base-board"
BOARD_TESTDIR="$FUEGO_RW/tests/here"
TOOLCHAIN="x86_64"
TRANSPORT="local"
ARCHITECTURE="x86_64"
"""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One finished call: exit status, what was printed, the run folder and its run.json."""

    exit_status: int
    printed: str
    folder: Path
    run: Run

    @property
    def cases(self) -> dict[str, str]:
        return {case.name: case.status.value for _, case in self.run.cases()}

    @property
    def reason(self) -> str:
        return self.run.text("reason")

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


class Lab:
    def __init__(self, root: Path) -> None:
        self.places = Places(fuego_ro=root / "ro", fuego_rw=root / "rw", fuego_core=root / "core", host_name="demolab")
        for folder in (self.places.boards, self.places.tests, self.places.fuego_rw):
            folder.mkdir(parents=True)
        self.add_board("here", BOARD)

    @property
    def board_folder(self) -> Path:
        return self.places.fuego_rw / "tests" / "here"

    def add_board(self, name: str, text: str) -> None:
        (self.places.boards / f"{name}.board").write_text(text, "utf-8")

    def add_test(self, name: str, script: str, **files: str) -> Path:
        """Write a test; ``parser_py="..."`` becomes parser.py."""
        folder = self.places.tests / name
        folder.mkdir(exist_ok=True)
        (folder / "fuego_test.sh").write_text(script, "utf-8")
        for file, text in files.items():
            (folder / ".".join(file.rsplit("_", 1))).write_text(text, "utf-8")
        return folder

    def add_example(self, name: str, kind: str = "tests") -> None:
        (self.places.tests / name).symlink_to(EXAMPLES / kind / name)

    def run(
        self,
        test: str,
        *,
        board: str = "here",
        environ: Mapping[str, str] | None = None,
        **options: object,
    ) -> Ran:
        output = io.BytesIO()
        before = set(self.places.fuego_rw.glob("logs/*/*"))
        exit_status = run_test(
            RunTestOptions(board=board, test=test, **options),  # type: ignore[arg-type]
            places=self.places,
            environ={"PATH": "/usr/local/bin:/usr/bin:/bin", **(environ or {})},
            output=output,
        )
        (folder,) = set(self.places.fuego_rw.glob("logs/*/*")) - before
        return Ran(
            exit_status=exit_status,
            printed=output.getvalue().decode(),
            folder=folder,
            run=read_run(folder / "run.json"),
        )


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)
