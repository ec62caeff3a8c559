"""What is tidied up every hour."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from bridge_world import attempt, won
from fuego_jenkins_remote.lab.bridge import sweeping
from fuego_jenkins_remote.lab.bridge.sweeping import Sweeping
from fuego_jenkins_remote.lab.errors import ControllerDown
from fuego_jenkins_remote.lab.upload.gone import Removal


def test_jobs_of_boards_with_open_attempts_are_not_to_be_removed(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def remove(_jenkins: Any, _lab: Any, open_boards: Any) -> Removal:
        asked.append(open_boards())
        return Removal(removed=("remote-request-old",))

    monkeypatch.setattr(sweeping, "remove_gone_jobs", remove)
    bench.journal.begin_claim("claim-0001", ["bbb", "ccc"])
    bench.journal.end_claim("claim-0001", (won(0, "bbb"), won(1, "ccc")), 1000.0)
    bench.journal.move(attempt(0), "decide", "deliver", 1000.0)
    Sweeping(bench.steps, stop=threading.Event()).remove_gone_jobs()
    assert asked == [{"bbb", "ccc"}]


def test_a_jenkins_that_is_away_is_asked_again_an_hour_later(
    bench: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def remove(*_: Any) -> Removal:
        raise ControllerDown("Jenkins does not answer")

    monkeypatch.setattr(sweeping, "remove_gone_jobs", remove)
    Sweeping(bench.steps, stop=threading.Event()).remove_gone_jobs()
    assert "Jenkins does not answer" in caplog.text
