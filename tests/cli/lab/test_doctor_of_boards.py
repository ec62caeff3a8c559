"""What ftc lab doctor says of boards' checks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fuego_jenkins_remote.cli.findings import Warned
from fuego_jenkins_remote.cli.lab.doctor.care import board_checks
from fuego_jenkins_remote.lab.attempts.journal import Journal
from fuego_jenkins_remote.lab.care.book import CareBook, Step
from fuego_jenkins_remote.lab.errors import BadLabFile
from lab_places import lab_at


@pytest.fixture
def session(tmp_path: Path) -> Any:
    """A lab with two boards."""
    for folder in ("ro/boards", "ro/conf", "rw", "core/tests", "state"):
        (tmp_path / folder).mkdir(parents=True)
    for board in ("bbb", "qemu"):
        (tmp_path / "ro/boards" / f"{board}.board").write_text('ARCHITECTURE="arm"\n')
    places = lab_at(tmp_path)
    return SimpleNamespace(places=places)


def _says(session: Any, text: str) -> None:
    (session.places.conf_dir / "boards.yaml").write_text(text)


def test_how_each_board_is_checked_and_which_cannot_be(session: Any) -> None:
    _says(session, "boards: {bbb: {check: {command: [/bin/true], test: Functional.mine, reboot: true}}}")
    assert board_checks(session) == (
        "bbb: /bin/true and Functional.mine after a reboot; no check is possible for qemu: install"
        " Functional.fuego_board_check, or name one in boards.yaml"
    )


def test_a_command_that_is_not_there_is_minded(session: Any) -> None:
    _says(session, "boards: {bbb: {check: {command: [/nowhere/check]}}}")
    found = board_checks(session)
    assert isinstance(found, Warned)
    assert found.mind == ("bbb: its check cannot be run here: /nowhere/check",)


def test_a_mistake_is_bad(session: Any) -> None:
    _says(session, "boards: {bbb: {check: {reboot: maybe}}}")
    with pytest.raises(BadLabFile, match=r"boards.yaml: board bbb: check: reboot"):
        board_checks(session)


def test_boards_in_care_are_named_with_what_to_do(session: Any) -> None:
    journal = Journal(session.places.state_dir / "journal.sqlite")
    book = CareBook(journal)
    for board in ("bbb", "qemu"):
        book.due(board, "its test was aborted", 1.0)
    entry = book.entry("bbb")
    assert entry is not None
    book.move(entry, Step.OUT, 2.0, told=1, reason="Functional.mine: FAIL")
    journal.close()
    found = board_checks(session)
    assert isinstance(found, Warned)
    assert found.mind == (
        "bbb is out of the network: Functional.mine: FAIL (ftc lab check-board -b bbb)",
        "qemu is to be checked: its test was aborted",
    )
