"""Waiting for requests: what is told, what ends it, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.waiting import Ended, describe, wait_for_requests
from fuego_jenkins_remote.client.errors import Answered, ClientError, NotFound, Unreachable
from fuego_jenkins_remote.client.values import Request

ONE, TWO = "20261123-101500123-k3j7x2m4", "20261123-101500124-aaaabbbb"


def request(request_id: str = ONE, version: int = 1, **values: Any) -> Request:
    data = {"id": request_id, "version": version, "state": "pending", "selector": "a:b", "test": "Functional.x"}
    return Request.from_json({**data, "host": "demolab", "board": "bbb", **values})


class Time:
    """A clock that goes on only when somebody sleeps or polls."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class FakeHub:
    """Gives its answers one after the other, the last again and again; an exception is raised."""

    answers: list[Request | Exception]
    time: Time
    asked: list[tuple[str, int, float]] = field(default_factory=list)

    def wait_for_change(self, request_id: str, seen: int, wait: float) -> Request:
        self.asked.append((request_id, seen, wait))
        mine = [one for one in self.answers if not isinstance(one, Request) or one.id == request_id]
        answer = mine[0]
        if len(mine) > 1:
            self.answers.remove(answer)
        self.time.sleep(wait)
        if isinstance(answer, BaseException):
            raise answer
        return answer


Wait = Callable[..., Ended]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def waits(time: Time) -> Wait:
    def wait(start: list[Request], *answers: Request | Exception, limit: float | None = None, **flags: bool) -> Ended:
        session = Session(**flags)
        session.hub = FakeHub(list(answers), time)  # type: ignore[assignment,misc]
        return wait_for_requests(session, start, limit=limit, clock=time.clock, sleep=time.sleep)

    return wait


@pytest.mark.parametrize(("status", "exit_status"), [("PASS", 0), ("SKIP", 0), ("FAIL", 1), ("ERROR", 1)])
def test_the_tests_status_decides(waits: Wait, status: str, exit_status: int) -> None:
    assert waits([request()], request(version=2, state="done", status=status)).exit_status == exit_status


@pytest.mark.parametrize("state", ["error", "cancelled", "rejected", "expired"])
def test_any_other_end_is_1(waits: Wait, state: str) -> None:
    assert waits([request()], request(version=2, state=state)).exit_status == 1


def test_each_change_is_told_once_on_stderr(waits: Wait, capsys: pytest.CaptureFixture[str]) -> None:
    waits(
        [request()],
        request(),
        request(version=2, state="assigned", queue_why="Waiting for next available executor"),
        request(version=3, state="running"),
        request(version=4, state="running"),
        request(version=5, state="done", status="PASS", run_url="https://vision/run"),
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"{ONE}: pending",
        f"{ONE}: assigned to demolab:bbb (Waiting for next available executor)",
        f"{ONE}: running on demolab:bbb",
        f"{ONE}: done on demolab:bbb: PASS (https://vision/run)",
    ]


def test_nothing_is_told_with_q(waits: Wait, capsys: pytest.CaptureFixture[str]) -> None:
    waits([request()], request(version=2, state="done", status="PASS"), quiet=True)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("trouble", [Unreachable("the hub cannot be reached"), Answered("broken", status=500)])
def test_a_hub_that_is_away_for_a_while_is_waited_for(
    waits: Wait, trouble: ClientError, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = waits([request()], trouble, trouble, request(version=2, state="done", status="PASS"))
    assert ended.exit_status == 0
    err = capsys.readouterr().err
    assert err.count("still waiting, the request is safe there") == 1
    assert "the hub answers again" in err


def test_a_hub_that_does_not_know_the_request_ends_the_waiting(waits: Wait) -> None:
    with pytest.raises(NotFound):
        waits([request()], NotFound("no such request", status=404))


def test_the_limit_ends_the_waiting_but_not_the_request(waits: Wait, capsys: pytest.CaptureFixture[str]) -> None:
    ended = waits([request()], request(), limit=60)
    assert (ended.in_time, ended.exit_status) == (False, 1)
    assert f"{ONE}: still pending; ftc query-request {ONE} --follow" in capsys.readouterr().err


def test_the_limit_holds_while_the_hub_is_away(waits: Wait, time: Time) -> None:
    ended = waits([request()], Unreachable("away"), limit=60)
    assert ended.exit_status == 1
    assert time.now <= 60 + 25 + 15


def test_of_several_all_must_end_well(waits: Wait) -> None:
    start = [request(ONE), request(TWO)]
    done = request(ONE, 2, state="done", status="PASS")
    assert waits(start, done, request(TWO, 2, state="done", status="SKIP")).exit_status == 0
    assert waits(start, done, request(TWO, 2, state="done", status="FAIL")).exit_status == 1


def test_several_are_looked_at_without_holding_each_other_up(time: Time) -> None:
    session = Session()
    hub = FakeHub([request(ONE), request(ONE, 2, state="done"), request(TWO), request(TWO, 2, state="done")], time)
    session.hub = hub  # type: ignore[assignment,misc]
    wait_for_requests(session, [request(ONE), request(TWO)], clock=time.clock, sleep=time.sleep)
    assert [wait for _, _, wait in hub.asked[:2]] == [0.0, 0.0]


def test_ctrl_c_says_how_to_go_on(waits: Wait, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        waits([request()], KeyboardInterrupt())  # type: ignore[arg-type]
    err = capsys.readouterr().err
    assert f"ftc query-request {ONE} --follow" in err
    assert f"ftc rm-request {ONE}" in err


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            {"state": "pending", "approvals": [{"host": "x", "answer": "requested"}]},
            "pending (x: its people are asked)",
        ),
        ({"state": "pending", "reason": "given back"}, "pending (given back)"),
        ({"state": "tested", "status": "FAIL"}, "tested on demolab:bbb: FAIL, the run is on its way"),
        ({"state": "error", "reason": "the board\nis gone"}, "error (the board is gone)"),
        ({"state": "cancelled"}, "cancelled"),
    ],
)
def test_a_state_in_a_line(values: dict[str, Any], line: str) -> None:
    assert describe(request(**values)) == line


def test_an_error_leads_to_the_end_of_its_console(waits: Wait, capsys: pytest.CaptureFixture[str]) -> None:
    waits([request()], request(version=2, state="error", reason="no run.json", log_tail="no such test"))
    assert f"ftc query-request {ONE} -v" in capsys.readouterr().err
