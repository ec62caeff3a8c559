"""Waiting for a campaign: what is told, what ends it, and what does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from fuego_jenkins_remote.cli.campaigns.waiting import Ended, wait_for_campaign
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.client import campaigns
from fuego_jenkins_remote.client.campaigns import Campaign
from fuego_jenkins_remote.client.errors import NotFound, Unreachable

CAMPAIGN = "c-20261123-101500123-aaaaaaaa"


def campaign(version: int, *words: str) -> Campaign:
    """One with a request for each word: a state, or the status of one that is done."""
    requests: list[dict[str, Any]] = []
    for number, word in enumerate(words):
        status = word if word.isupper() else ""
        state = "done" if status else word
        one = {"id": f"20261123-101500123-aaaaaaa{number}", "test": "Functional.a", "spec": "default"}
        requests.append({**one, "selector": f"lab:b{number}", "state": state, "status": status})
    data = {"id": CAMPAIGN, "total": len(words), "ended": 0, "counts": {}, "version": version, "requests": requests}
    return campaigns._read(None, data)  # type: ignore[arg-type]


@dataclass
class Time:
    """A clock that goes on only when somebody sleeps or polls."""

    now: float = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Hub:
    """Gives its answers one after the other, the last again and again; an exception is raised."""

    answers: list[Campaign | Exception]
    time: Time
    asked: list[tuple[int, float]] = field(default_factory=list)

    def __call__(self, _api: object, _campaign: str, seen: int, wait: float) -> Campaign:
        self.asked.append((seen, wait))
        self.time.sleep(wait)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(first: Campaign, *answers: Campaign | Exception, limit: float | None = None) -> tuple[Ended, Hub]:
        time = Time()
        hub = Hub(list(answers), time)
        monkeypatch.setattr(campaigns, "wait_for_change", hub)
        session = Session()
        session.__dict__["hub"] = type("FakeHub", (), {"api": None})()
        return wait_for_campaign(session, first, limit=limit, clock=time.clock, sleep=time.sleep), hub

    return run


def test_all_well_is_0_and_told_in_lines(wait: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ended, hub = wait(campaign(2, "pending", "SKIP"), campaign(3, "running", "SKIP"), campaign(5, "PASS", "SKIP"))
    assert ended.exit_status == 0
    assert hub.asked == [(2, 25.0), (3, 25.0)]
    assert capsys.readouterr().err.splitlines() == [
        f"{CAMPAIGN}: 1 of 2 has ended: 1 pending, 1 SKIP",
        "PASS Functional.a on lab:b0 (2 of 2)",
    ]


@pytest.mark.parametrize("word", ["FAIL", "ERROR", "error", "rejected", "cancelled", "expired"])
def test_the_worst_result_counts(wait: Any, word: str) -> None:
    ended, _ = wait(campaign(2, "pending", "PASS"), campaign(3, word, "PASS"))
    assert (ended.in_time, ended.exit_status) == (True, 1)


def test_one_that_has_ended_already_is_not_asked_for(wait: Any) -> None:
    ended, hub = wait(campaign(2, "PASS"), campaign(2, "PASS"))
    assert (ended.exit_status, hub.asked) == (0, [])


def test_a_limit_ends_it_without_the_campaign(wait: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ended, hub = wait(campaign(2, "pending"), campaign(2, "pending"), limit=60)
    assert (ended.in_time, ended.exit_status) == (False, 1)
    assert hub.time.now <= 61
    assert f"{CAMPAIGN} goes on: 0 of 1 has ended: 1 pending" in capsys.readouterr().err


def test_a_hub_that_does_not_answer_is_no_end(wait: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ended, _ = wait(campaign(2, "pending"), Unreachable("no hub"), Unreachable("no hub"), campaign(3, "PASS"))
    assert ended.exit_status == 0
    assert capsys.readouterr().err.count("still waiting") == 1


def test_a_hub_that_refuses_is_one(wait: Any) -> None:
    with pytest.raises(NotFound):
        wait(campaign(2, "pending"), NotFound("gone", status=404))
