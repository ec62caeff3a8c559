"""A board's check runs in its own job, on whatever controller the lab has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.network.states import State
from loopback import BOARD_CHECK

pytestmark = pytest.mark.slow


@pytest.fixture
def checks(lab: Any) -> Iterator[Callable[[], int]]:
    """The lab has Fuego's test of a board; how often that was run since."""
    test = lab.root / "demolab/core/tests/Functional.fuego_board_check"
    test.mkdir()
    (test / "fuego_test.sh").write_text(BOARD_CHECK)
    (test / "spec.json").write_text('{"testName": "Functional.fuego_board_check", "specs": {"default": {}}}')
    file = Path(lab.rw) / "checked"
    # What tests before this one have left to be checked is, before checks are counted.
    lab.well("lab", "check-board", "-b", lab.board)
    before = len(file.read_text().splitlines())
    yield lambda: len(file.read_text().splitlines()) - before
    (lab.rw / "sick").unlink(missing_ok=True)
    lab.well("lab", "check-board", "-b", lab.board, "--now-well")
    for one in test.iterdir():
        one.unlink()
    test.rmdir()


def test_an_aborted_board_is_checked_before_the_next_request(lab: Any, checks: Callable[[], int]) -> None:
    request = lab.running()
    waiting = lab.put()
    lab.person.stop_build(lab.job, lab.build_number(request))
    lab.comes_to(request, State.CANCELLED)
    lab.release()
    lab.comes_to(waiting, State.DONE)
    assert checks() == 1
    lab.assert_one_run(waiting)


def test_a_board_that_fails_its_check_is_out_until_it_passes(
    lab: Any, checks: Callable[[], int], until: Callable[..., Any]
) -> None:
    (lab.rw / "sick").touch()
    request = lab.running()
    lab.person.stop_build(lab.job, lab.build_number(request))
    until(lambda: lab.anna.board("demolab", lab.board).health == "broken", "the board is broken", 60)
    lab.release()
    waiting = lab.put()
    (lab.rw / "sick").unlink()
    assert f"{lab.board} is well" in lab.well("lab", "check-board", "-b", lab.board)
    lab.comes_to(waiting, State.DONE)
