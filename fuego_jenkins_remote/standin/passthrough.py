"""Fuego's own ``ftc``: where it is, and calling it in our place.

Installed in front of Fuego's, our ``ftc`` gives every verb that it does not have to that one, arguments unchanged.
It must never find itself: Fuego's own set-up puts a link called ftc into PATH, and people put links of ours there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from fuego_jenkins_remote.standin.errors import StandinError

DEPTH = "FUEGO_REMOTE_FTC_DEPTH"
"""The environment variable that counts how often our ftc has passed on to Fuego's."""

MAX_DEPTH = 8
"""A batch test calls ftc for its tests, so some depth is usual; more than this is a circle."""

_PLACES = ("scripts/ftc", "engine/scripts/ftc")
_OUR_MARK = b"fuego_jenkins_remote"


def find_fuego_ftc(environ: Mapping[str, str], fuego_core_dir: str | Path | None = None) -> Path | None:
    """Give Fuego's own ftc, or None where no Fuego is installed.

    Looked for in FUEGO_CORE, then in ``fuego_core_dir`` (fuego.conf's, made absolute): ``scripts/ftc``, in older
    ones ``engine/scripts/ftc``. Our own is never given, by whatever link or copy it is reached.
    """
    for core in (environ.get("FUEGO_CORE"), fuego_core_dir):
        for place in _PLACES if core else ():
            candidate = Path(core or "", place)
            if candidate.is_file() and not _is_ours(candidate):
                return candidate
    return None


def _is_ours(candidate: Path) -> bool:
    for own in (Path(sys.argv[0]), Path(sys.executable).parent / "ftc"):
        try:
            if candidate.samefile(own):
                return True
        except OSError:
            continue
    try:
        with candidate.open("rb") as file:
            # Every console script of ours names the package in its first lines, wherever it was copied to.
            return _OUR_MARK in file.read(1024)
    except OSError:
        return False


def run_fuego_ftc(ftc: Path, arguments: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Become Fuego's ftc, with these arguments (without the program's name) and this environment.

    Raises StandinError if it cannot be run, or if it has called us again and again.
    """
    depth = environ.get(DEPTH, "0")
    count = int(depth) if depth.isascii() and depth.isdigit() else 0
    if count >= MAX_DEPTH:
        raise StandinError(f"{ftc} calls this ftc again: is it a link to it? (passed on {count} times)")
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(ftc, [str(ftc), *arguments], {**environ, DEPTH: str(count + 1)})  # noqa: S606 - no shell wanted
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StandinError(f"cannot run Fuego's ftc, {ftc}: {reason}") from error
