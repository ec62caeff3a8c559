"""How the lab's boards are checked after trouble, and which of them are out of the network."""

from __future__ import annotations

import os
from pathlib import Path

from fuego_jenkins_remote.cli.findings import Answer, answer
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.lab.care.wanted import BOARD_CHECK, BoardCheck


def board_checks(session: Session) -> Answer:
    """Whether boards.yaml says something that can be done, for each board; who failed, and who waits for a check."""
    places = session.places
    checks = places.board_checks(board.name for board in places.board_files([]))
    without = [board for board, check in checks.items() if check is None]
    well = ", ".join(f"{board}: {check.words()}" for board, check in checks.items() if check) or "none"
    if without:
        well += f"; no check is possible for {', '.join(without)}: install {BOARD_CHECK}, or name one in boards.yaml"
    troubles = [_trouble(board, check) for board, check in checks.items() if check]
    return answer(well, *troubles, *_in_care(places.state_dir / "journal.sqlite"))


def _trouble(board: str, check: BoardCheck) -> str:
    if not check.command or os.access(check.command[0], os.X_OK):
        return ""
    return f"{board}: its check cannot be run here: {check.command[0]}"


def _in_care(journal: Path) -> list[str]:
    """Boards in care, in words. Raises LabError, OSError."""
    if not journal.is_file():
        return []
    from fuego_jenkins_remote.lab.attempts.journal import Journal
    from fuego_jenkins_remote.lab.care.book import CareBook

    opened = Journal(journal)
    try:
        entries = CareBook(opened).entries()
    finally:
        opened.close()
    return [
        f"{entry.board} is out of the network: {entry.reason} (ftc lab check-board -b {entry.board})"
        if entry.is_out
        else f"{entry.board} is to be checked: {entry.why}"
        for entry in entries
    ]
