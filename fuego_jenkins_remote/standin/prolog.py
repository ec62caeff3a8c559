"""``prolog.sh``: the variables of one run, which its shell reads.

Values come from the board file, the board's stored variables, the spec and the call, later ones win. Each is
written between single quotes, so whatever stands in a board file is text and never runs.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from fuego_jenkins_remote.fuego.boards import BoardFile, read_board_file
from fuego_jenkins_remote.fuego.errors import BadBoardFile, BadName
from fuego_jenkins_remote.fuego.names import unique_prefix
from fuego_jenkins_remote.standin.errors import StandinError
from fuego_jenkins_remote.standin.places import Places

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_FUEGO_FOLDER = re.compile(r"\$(?:\{(FUEGO_R[OW]|FUEGO_CORE)\}|(FUEGO_R[OW]|FUEGO_CORE)\b)")
# Tests write it into commands without quotes.
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9_./@%+:,=-]*", re.ASCII)
# Names that the shell itself keeps, or that decide what it runs; a board file has no use for them.
_SHELLS_OWN = re.compile(r"BASH.*|PATH|IFS|ENV|EUID|UID|PPID|SHELLOPTS|LD_.*|STANDIN_.*|FUEGO_(RO|RW|CORE)")


def find_board(places: Places, name: str) -> BoardFile:
    """Give the board of this name or unique prefix, with its stored variables added.

    Raises StandinError if there is no such board, its file cannot be read, or it is not this machine.
    """
    known = [path.name.removesuffix(".board") for path in places.boards.glob("[!.]*.board")]
    try:
        board = read_board_file(places.boards / f"{unique_prefix(name, known)}.board")
        stored = places.stored_variables(board.name)
        more = read_board_file(stored).variables if stored.is_file() else {}
    except (BadName, BadBoardFile) as error:
        raise StandinError(f"-b {name}: {error} (boards are in {places.boards})") from error
    board = BoardFile(name=board.name, variables={**board.variables, **more})
    transport = board.variables.get("TRANSPORT", "")
    if transport != "local":
        raise StandinError(
            f"-b {board.name}: its TRANSPORT is {transport or 'not set'}; without Fuego, only boards with "
            'TRANSPORT="local" (this machine) can run a test'
        )
    return board


def board_variables(board: BoardFile, places: Places) -> dict[str, str]:
    """Give the board's variables with ``$FUEGO_RO``, ``$FUEGO_RW``, ``$FUEGO_CORE`` filled in, nothing else.

    Names that are no shell variables, or the shell's own, are left out. Raises StandinError without a usable
    BOARD_TESTDIR.
    """
    folders = {"FUEGO_RO": places.fuego_ro, "FUEGO_RW": places.fuego_rw, "FUEGO_CORE": places.fuego_core}
    found = {
        name: _FUEGO_FOLDER.sub(lambda match: str(folders[match[1] or match[2]]), value)
        for name, value in board.variables.items()
        if _NAME.fullmatch(name) and not _SHELLS_OWN.fullmatch(name)
    }
    folder = found.get("BOARD_TESTDIR", "")
    if not _PLAIN_PATH.fullmatch(folder) or ".." in Path(folder).parts or len(Path(folder).parts) < 2:
        raise StandinError(f"-b {board.name}: its BOARD_TESTDIR is no plain absolute path: {folder[:80]!r}")
    return found


def prolog_text(parts: Mapping[str, Mapping[str, str]]) -> str:
    """Write the file: each part's title as a comment, then ``NAME='value'`` lines; later parts win."""
    lines = ["# Made for this run by the stand-in for Fuego's test runner."]
    for title, variables in parts.items():
        lines.append(f"\n# {title}")
        lines += [
            f"{name}={shlex.quote(value)}"
            for name, value in variables.items()
            if _NAME.fullmatch(name) and "\0" not in value
        ]
    return "\n".join(lines) + "\n"
