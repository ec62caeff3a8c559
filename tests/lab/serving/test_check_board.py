"""A check by hand: carried out here where no bridge runs, watched where one does; and a person's word."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from fuego_jenkins_remote.lab.care.book import Step
from fuego_jenkins_remote.lab.care.checks import Checks
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving import check_board as module
from fuego_jenkins_remote.lab.serving.check_board import check_board, take_back
from fuego_jenkins_remote.lab.serving.serve import only_one


class Health:
    """The hub, as far as boards' health goes."""

    def __init__(self) -> None:
        self.health = "online"

    def put_health(self, host: str, board: str, health: str, reason: str = "") -> None:
        self.health = health

    def board(self, host: str, board: str) -> Any:
        return self


@pytest.fixture
def hub(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Health:
    """The bench's lab is the one that the verb opens."""
    hub = Health()
    bench.steps.hub = lambda: hub
    monkeypatch.setattr(module, "open_steps", lambda *_: bench.steps)
    return hub


def _says(bench: Any, command: str) -> None:
    (bench.lab.conf_dir / "boards.yaml").write_text(f"boards: {{bbb: {{check: {{command: [{command}]}}}}}}\n")


def test_a_board_that_passes_is_well(bench: Any, hub: Health) -> None:
    _says(bench, "/bin/true")
    said: list[str] = []
    assert check_board(bench.lab, None, "bbb", said.append) == ""  # type: ignore[arg-type]
    assert said[0] == "bbb is checked: /bin/true, at most 600 s each"
    assert bench.steps.care.boards() == set()


def test_a_board_that_does_not_pass_is_out_and_a_later_check_brings_it_back(bench: Any, hub: Health) -> None:
    _says(bench, "/bin/false")
    assert check_board(bench.lab, None, "bbb", lambda _: None) == "/bin/false ended with status 1"  # type: ignore[arg-type]
    assert hub.health == "broken"
    _says(bench, "/bin/true")
    assert check_board(bench.lab, None, "bbb", lambda _: None) == ""  # type: ignore[arg-type]
    assert hub.health == "online"


def test_a_bridge_that_runs_carries_it_out(bench: Any, hub: Health) -> None:
    _says(bench, "/bin/false")
    verdict: list[str] = []
    with only_one(bench.lab.state_dir / "bridge.lock"):
        by_hand = threading.Thread(
            target=lambda: verdict.append(check_board(bench.lab, None, "bbb", lambda _: None))  # type: ignore[arg-type]
        )
        by_hand.start()
        checks = Checks(bench.steps)
        while (entry := bench.steps.care.entry("bbb")) is None or entry.step is not Step.OUT:
            checks.take("bbb")
        by_hand.join(30)
    assert verdict == ["/bin/false ended with status 1"]


def test_where_no_check_is_possible_it_says_what_to_do(bench: Any, hub: Health) -> None:
    with pytest.raises(LabError, match=r"name one under 'check' in .*boards.yaml, or install .*--now-well"):
        check_board(bench.lab, None, "bbb", lambda _: None)  # type: ignore[arg-type]
    assert bench.steps.care.boards() == set()


def test_a_persons_word_takes_a_board_back(bench: Any, hub: Health) -> None:
    _says(bench, "/bin/false")
    check_board(bench.lab, None, "bbb", lambda _: None)  # type: ignore[arg-type]
    take_back(bench.lab, None, "bbb")  # type: ignore[arg-type]
    assert (hub.health, bench.steps.care.boards()) == ("online", set())
