"""What takes checks forward beside the bridge: each board by itself, and none held up by another's trouble."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from fuego_jenkins_remote.client.errors import Unreachable
from fuego_jenkins_remote.lab.care import keeper
from fuego_jenkins_remote.lab.care.book import Step
from until import until


@pytest.fixture
def kept(care: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The bench, with a brisk keeper at work; `care.left` counts boards that have left care."""
    monkeypatch.setattr(keeper, "LOOK", 0.05)
    monkeypatch.setattr(keeper, "FIRST_PAUSE", 0.05)
    stop, care.left = threading.Event(), []
    keeper.Keeper(care.checks, stop=stop, changed=lambda: care.left.append(True)).start()
    yield care
    stop.set()
    for thread in threading.enumerate():  # they end before the journal does
        if thread.name.startswith("care"):
            thread.join(30)


def test_a_board_that_comes_into_care_is_checked_and_the_bridge_hears_of_its_end(kept: Any) -> None:
    kept.says("{command: [/bin/true]}")
    kept.due()
    until(lambda: kept.step is None)
    until(lambda: kept.left)


def test_a_board_whose_hub_is_away_holds_up_no_other(kept: Any) -> None:
    (kept.lab.fuego_ro / "boards" / "qemu.board").write_text('ARCHITECTURE="arm"\n')
    text = "boards: {bbb: {check: {command: [/bin/false]}}, qemu: {check: {command: [/bin/false]}}}"
    (kept.lab.conf_dir / "boards.yaml").write_text(text)
    kept.hub.trouble = Unreachable("the hub cannot be reached")
    kept.due()
    kept.checks.book.due("qemu", "an abort", kept.now[0])
    until(lambda: {entry.step for entry in kept.checks.book.entries()} == {Step.SICK})
    kept.hub.trouble = None
    until(lambda: {entry.step for entry in kept.checks.book.entries()} == {Step.OUT})


def test_a_mistake_of_ours_is_in_the_log_and_tried_again(kept: Any, caplog: pytest.LogCaptureFixture) -> None:
    kept.says("{command: [/bin/true]}")
    board_check = kept.lab.board_check
    broken = [True]

    def fails_once(board: str) -> Any:
        if broken.pop() if broken else False:
            raise RuntimeError("a mistake")
        return board_check(board)

    object.__setattr__(kept.lab, "board_check", fails_once)
    kept.due()
    until(lambda: kept.step is None)
    assert "a mistake" in caplog.text


def test_who_asks_by_hand_is_not_kept_waiting_by_the_next_date(kept: Any) -> None:
    kept.says("{command: [/bin/false]}")
    kept.due()
    until(lambda: kept.step is Step.OUT)
    kept.says("{command: [/bin/true]}")
    kept.checks.book.ask("bbb", "asked for by hand", kept.now[0])
    until(lambda: kept.step is None)
