"""A redactor for each board, made anew when the lab's files have changed: making one costs more than using it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.fuego.redact import Redactor
from fuego_jenkins_remote.lab.config import LabConfig

_KEPT = 60.0
"""Seconds after which one is made anew all the same: a board file may read others."""


@dataclass(frozen=True, kw_only=True)
class _Made:
    redactor: Redactor
    mark: object
    until: float


class Redactors:
    """One lab's, for all threads."""

    def __init__(self, lab: LabConfig) -> None:
        """Nothing is read yet."""
        self._lab = lab
        self._lock = threading.Lock()
        self._made: dict[str, _Made] = {}

    def of(self, board: str) -> Redactor:
        """What knows the values that must not leave the lab with this board's runs. Raises FormatError, OSError."""
        mark, now = self._mark(board), time.monotonic()
        with self._lock:
            made = self._made.get(board)
        if made is not None and made.mark == mark and now < made.until:
            return made.redactor
        redactor = Redactor(self._lab.secret_values(board))
        with self._lock:
            self._made[board] = _Made(redactor=redactor, mark=mark, until=now + _KEPT)
        return redactor

    def _mark(self, board: str) -> object:
        files = (self._lab.fuego_ro / "boards" / f"{board}.board", self._lab.fuego_rw / "boards" / f"{board}.vars")
        return [_stamp(file) for file in files]


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except FileNotFoundError:
        return 0, 0, 0
    return found.st_mtime_ns, found.st_size, found.st_ino
