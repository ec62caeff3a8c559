"""`lab_dir/asked`, where the script of a build without a prepared attempt asks for one (docs/protocol.md, "In a lab").

A file a board, since a board's job never runs twice at a time: BOARD.ask, and BOARD.answer. A test's process may write
there, too: what is found is read bounded and through no link, and is worth no more than a wish for a request that the
hub may give this board anyway.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.names import check_board_name
from fuego_jenkins_remote.lab.shared_files import opened_folder, read_plain, write_whole
from fuego_jenkins_remote.network.identities import BadIdentity, check_request_id

MAX_ENTRIES = 2000
"""More entries of the folder are not looked at."""
FORGOTTEN_AFTER = 600.0
"""Seconds after which nobody waits for an answer any more."""
WAIT = "wait"
"""The answer to who is to wait longer: the request is being made ready."""
_MAX_LINE = 500
_ASK = re.compile(r"([A-Za-z0-9]{8,64}) (\S{1,40}) ([0-9]{1,9})")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A build on `board` that wants `request`; `build_number` is "0" where it has none."""

    board: str
    request: str
    nonce: str
    build_number: str


class AskedDir:
    """The folder, as the bridge sees it."""

    def __init__(self, lab_dir: Path) -> None:
        """Make it, for those who may write in `requests`. Raises OSError."""
        self._path = lab_dir / "asked"
        if not self._path.is_dir():
            self._path.mkdir(exist_ok=True)
            with contextlib.suppress(OSError), opened_folder(self._path) as folder:
                os.fchmod(folder, stat.S_IMODE((lab_dir / "requests").stat().st_mode))

    def waiting(self, now: float) -> list[Ask]:
        """Who waits for an answer at `now` (seconds since 1970). Raises OSError."""
        with opened_folder(self._path) as folder:
            names = []
            with os.scandir(folder) as entries:
                for _, entry in zip(range(MAX_ENTRIES), entries, strict=False):
                    if entry.name.endswith(".ask") and not entry.name.startswith("."):
                        names.append(entry.name)
            found = (_ask(folder, name, now) for name in sorted(names))
            return [one for one in found if one is not None and not _is_answered(folder, one)]

    def answer(self, ask: Ask, words: str) -> None:
        """Answer with one line; a later answer takes its place. Raises OSError."""
        with opened_folder(self._path) as folder:
            write_whole(folder, f"{ask.board}.answer", f"{ask.nonce} {' '.join(words.split())[:_MAX_LINE]}\n")

    def sweep(self, before: float) -> None:
        """Remove all that was last changed before a time (seconds since 1970), whatever it is. Raises OSError."""
        with opened_folder(self._path) as folder, os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime >= before:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.name, ignore_errors=True, dir_fd=folder)
                    else:
                        os.unlink(entry.name, dir_fd=folder)


def _ask(folder: int, name: str, now: float) -> Ask | None:
    line, changed = _first_line(folder, name)
    said = _ASK.fullmatch(line)
    if said is None or now - changed > FORGOTTEN_AFTER:
        return None
    try:
        board, request = check_board_name(name.removesuffix(".ask")), check_request_id(said[2])
    except (BadName, BadIdentity):
        return None
    return Ask(board=board, request=request, nonce=said[1], build_number=said[3])


def _is_answered(folder: int, ask: Ask) -> bool:
    nonce, _, words = _first_line(folder, f"{ask.board}.answer")[0].partition(" ")
    return nonce == ask.nonce and words != WAIT


def _first_line(folder: int, name: str) -> tuple[str, float]:
    """The first line of a plain file, and when it was changed; empty where there is none."""
    found = read_plain(folder, name, _MAX_LINE)
    if found is None:
        return "", 0.0
    data, changed = found
    return data.decode("utf-8", "replace").partition("\n")[0], changed
