"""Signs of life: what is told, when, and what comes of an answer that did not come."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from bridge_world import Hub, attempt, won
from fuego_jenkins_remote.client.errors import Unreachable
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.bridge import rounds as rounds_module
from fuego_jenkins_remote.lab.bridge.rounds import Rounds
from fuego_jenkins_remote.lab.bridge.schedule import Schedule
from fuego_jenkins_remote.lab.errors import ControllerDown


@pytest.fixture
def hub(bench: Any) -> Hub:
    found = Hub()
    bench.steps.hub = lambda: found
    return found


@pytest.fixture
def go(bench: Any, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Any:
    """One round over two attempts: one runs, one waits in the queue. Moved on by seconds first."""
    now = [100.0]
    monkeypatch.setattr(rounds_module.time, "monotonic", lambda: now[0])
    schedule = Schedule(bench.steps, stop=threading.Event(), wake=lambda: None)
    bench.journal.begin_claim("claim-0001", ["bbb", "ccc"])
    bench.journal.end_claim("claim-0001", (won(0, "bbb"), won(1, "ccc")), 1000.0)
    bench.journal.move(attempt(0), Phase.DECIDE, Phase.RUN, 1000.0)
    bench.journal.move(attempt(1), Phase.DECIDE, Phase.GATE, 1000.0)
    for entry in bench.journal.open_entries():
        schedule.watch(entry)
        bench.folders.request_folder(entry.id).mkdir()
    rounds = Rounds(bench.steps, schedule, stop=threading.Event())

    def once(seconds: float = 2.0) -> list[dict[str, str]]:
        now[0] += seconds
        before = len(hub.rounds)
        rounds.go()
        return [beat for one in hub.rounds[before:] for beat in one]

    return once


def test_where_nothing_is_new_there_is_a_sign_of_life_now_and_then(go: Any) -> None:
    both = [{"attempt": str(attempt(0))}, {"attempt": str(attempt(1))}]
    assert go() == both
    assert [go() for _ in range(7)] == [[]] * 7
    assert go() == both


def test_a_log_that_was_not_heard_is_told_again(bench: Any, hub: Hub, go: Any) -> None:
    go()
    (bench.folders.request_folder(attempt(0)) / "console.log").write_text("a line\n")
    hub.trouble = Unreachable("gone")
    with pytest.raises(Unreachable):
        go()
    hub.trouble = None
    assert go() == [{"attempt": str(attempt(0)), "log_tail": "a line\n"}]
    assert go() == []


def test_while_jenkins_is_away_who_waits_is_told_so(bench: Any, go: Any) -> None:
    go()
    bench.steps.looks.keep(ControllerDown("Jenkins at x does not answer"))
    assert go() == [{"attempt": str(attempt(1)), "queue_why": "Jenkins at x does not answer"}]
    assert go() == []


def test_what_cannot_be_redacted_stays_in_the_lab_and_life_goes_on(bench: Any, go: Any) -> None:
    (bench.lab.fuego_ro / "boards" / "bbb.board").write_text("#" * 2**22)
    (bench.folders.request_folder(attempt(0)) / "console.log").write_text("geheim-3\n")
    assert go()[0] == {"attempt": str(attempt(0))}


def test_an_attempt_that_is_over_is_heard_of_no_more(hub: Hub, go: Any) -> None:
    hub.over.add(attempt(0))
    assert len(go()) == 2
    assert [beat["attempt"] for beat in go(60)] == [str(attempt(1))]
