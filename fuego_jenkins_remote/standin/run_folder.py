"""The run folder ``$FUEGO_RW/logs/TEST/BOARD.SPEC.BUILD_ID.BUILD_NUMBER/``, and putting its files right."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.standin.errors import StandinError

_CHUNK = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """A new folder and the numbers in its name."""

    path: Path
    build_id: str
    build_number: str


def make_run_folder(logs: Path, *, test: str, board: str, spec: str, build_number: str) -> RunFolder:
    """Make the folder of a new run.

    ``build_number`` is Jenkins' (BUILD_NUMBER); ``""``, by hand: one more than the highest there. The build id is
    the same number, as in Fuego, unless that folder is there already (builds of two jobs of one board can have
    the same number): then it is the next free one, so that no run is ever written into another. Raises
    StandinError if the number is none or the folder cannot be made.
    """
    if build_number and not (build_number.isascii() and build_number.isdigit()):
        raise StandinError(f"BUILD_NUMBER is no number: {build_number[:40]!r}")
    tests = logs / test
    try:
        tests.mkdir(parents=True, exist_ok=True)
        while True:
            build_id = build_number
            if not build_id or (tests / f"{board}.{spec}.{build_id}.{build_number}").exists():
                build_id = str(max(_numbers(tests, board, spec), default=0) + 1)
            number = build_number or build_id
            path = tests / f"{board}.{spec}.{build_id}.{number}"
            try:
                path.mkdir()
            except FileExistsError:
                continue  # another run was first
            return RunFolder(path=path, build_id=build_id, build_number=number)
    except OSError as error:
        raise StandinError(f"cannot make a run folder in {tests}: {error.strerror}") from error


def _numbers(tests: Path, board: str, spec: str) -> Iterator[int]:
    pattern = re.compile(rf"{re.escape(board)}\.{re.escape(spec)}\.([0-9]+)\.([0-9]+)", re.ASCII)
    for name in os.listdir(tests):  # noqa: PTH208 - as texts, there may be thousands
        if found := pattern.fullmatch(name):
            yield max(int(found[1]), int(found[2]))


def make_utf8(path: Path) -> None:
    """Rewrite a file of which some bytes are no UTF-8, with U+FFFD for them; other files are left as they are."""
    if path.is_symlink() or not path.is_file():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        _rewrite(path)


def _rewrite(path: Path) -> None:
    new = path.with_name(f".{path.name}.new")
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with path.open("rb") as source, new.open("wb") as target:
        while chunk := source.read(_CHUNK):
            target.write(decoder.decode(chunk).encode())
        target.write(decoder.decode(b"", final=True).encode())
    new.replace(path)
