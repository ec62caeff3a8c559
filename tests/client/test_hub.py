"""The hub's calls as docs/protocol.md has them, and what is made of their answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.client import approvals
from fuego_jenkins_remote.client.errors import ClientError, Conflict, TooLarge
from fuego_jenkins_remote.client.hub import MAX_PACKAGE, HubClient
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import State

ONE = "20261123-101500123-k3j7x2m4"
ATTEMPT = AttemptId(ONE, 2)
REQUEST: dict[str, Any] = {
    "id": ONE,
    "version": 3,
    "state": "running",
    "selector": "arch=x86_64",
    "test": "Functional.hello_world",
    "host": "demolab",
    "board": None,
    "attempt": 2,
    "created_at": "2026-11-23T10:15:00.123456+00:00",
    "approvals": [{"host": "demolab", "answer": "approved", "reason": "", "by": "ann", "at": None}],
    "a_newer_hubs_field": {"x": 1},
}
BEATEN = {"attempt": f"{ONE}.2", "lease_seconds": 60, "cancel": False, "state": "running"}
BOARD = {"host": "demolab", "name": "bbb", "facts": {"arch": "arm"}, "busy_with": None}

Call = Callable[[HubClient], object]


@pytest.fixture
def hub(server) -> HubClient:
    return HubClient(server.url, "t", retries=0)


@pytest.mark.parametrize(
    ("call", "answer", "asked_for"),
    [
        (lambda hub: hub.whoami(), {}, ("GET", "/whoami", None)),
        (lambda hub: hub.put_board("h", "b", {"facts": {}}), BOARD, ("PUT", "/boards/h/b", {"facts": {}})),
        (
            lambda hub: hub.put_health("h", "b", "broken", "no power"),
            BOARD,
            ("PUT", "/boards/h/b/health", {"health": "broken", "reason": "no power"}),
        ),
        (
            lambda hub: hub.claim("call-id-1", ["b"], limits={"b": 60}),
            {"attempts": [], "cancels": []},
            (
                "POST",
                "/claims",
                {
                    "claim_id": "call-id-1",
                    "boards": ["b"],
                    "wait": 0,
                    "request": None,
                    "peek": False,
                    "limits": {"b": 60},
                },
            ),
        ),
        (
            lambda hub: hub.heartbeats([{"attempt": f"{ONE}.2", "log_tail": "x"}]),
            {"answers": [BEATEN]},
            ("POST", "/heartbeats", {"beats": [{"attempt": f"{ONE}.2", "log_tail": "x"}]}),
        ),
        (lambda hub: hub.rm_board("h", "b"), b"", ("DELETE", "/boards/h/b", None)),
        (lambda hub: hub.board("h", "b"), BOARD, ("GET", "/boards/h/b", None)),
        (lambda hub: hub.boards(selector="a=b"), {"boards": [BOARD]}, ("GET", "/boards?selector=a%3Db", None)),
        (lambda hub: hub.request(ONE), REQUEST, ("GET", f"/requests/{ONE}", None)),
        (lambda hub: hub.wait_for_change(ONE, 3, 9), REQUEST, ("GET", f"/requests/{ONE}?wait=9&seen=3", None)),
        (
            lambda hub: hub.requests(state="pending", before=""),
            {"requests": [REQUEST], "before": None},
            ("GET", "/requests?state=pending", None),
        ),
        (
            lambda hub: hub.cancel(ONE, "call-id-1", "why"),
            REQUEST,
            ("POST", f"/requests/{ONE}/cancel", {"call_id": "call-id-1", "reason": "why"}),
        ),
        (
            lambda hub: approvals.answer(hub.api, ONE, "demolab", "approved", ""),
            REQUEST,
            ("PUT", f"/requests/{ONE}/approvals/demolab", {"answer": "approved", "reason": ""}),
        ),
        (
            lambda hub: hub.claim("call-id-1", ["bbb"], peek=True),
            {"attempts": [], "cancels": []},
            ("POST", "/claims", {"claim_id": "call-id-1", "boards": ["bbb"], "wait": 0, "request": None, "peek": True}),
        ),
        (
            lambda hub: hub.give_back(ATTEMPT, "c", "why", "requested"),
            REQUEST,
            (
                "POST",
                f"/requests/{ONE}/attempts/2/give-back",
                {"call_id": "c", "reason": "why", "approval": "requested"},
            ),
        ),
        (
            lambda hub: hub.start(ATTEMPT, "c", "http://j/1", "1"),
            {"go": True},
            (
                "POST",
                f"/requests/{ONE}/attempts/2/start",
                {"call_id": "c", "build_url": "http://j/1", "build_number": "1"},
            ),
        ),
        (
            lambda hub: hub.heartbeat(ATTEMPT, log_tail="x"),
            {},
            ("POST", f"/requests/{ONE}/attempts/2/heartbeat", {"log_tail": "x"}),
        ),
        (
            lambda hub: hub.tested(ATTEMPT, "c", "PASS", "k", ""),
            REQUEST,
            (
                "POST",
                f"/requests/{ONE}/attempts/2/tested",
                {"call_id": "c", "status": "PASS", "run_key": "k", "summary": ""},
            ),
        ),
        (
            lambda hub: hub.done(ATTEMPT, "c", "vision", "u", "n"),
            REQUEST,
            (
                "POST",
                f"/requests/{ONE}/attempts/2/done",
                {"call_id": "c", "target": "vision", "run_url": "u", "note": "n"},
            ),
        ),
        (
            lambda hub: hub.error(ATTEMPT, "c", "no-run", "d", "t", run_key="k"),
            REQUEST,
            (
                "POST",
                f"/requests/{ONE}/attempts/2/error",
                {"call_id": "c", "reason": "no-run", "detail": "d", "console_tail": "t", "run_key": "k"},
            ),
        ),
        (
            lambda hub: hub.cancelled(ATTEMPT, "c", "why"),
            REQUEST,
            ("POST", f"/requests/{ONE}/attempts/2/cancelled", {"call_id": "c", "reason": "why"}),
        ),
    ],
)
def test_each_call_is_as_the_protocol_has_it(
    server, hub: HubClient, call: Call, answer: object, asked_for: tuple[str, str, object]
) -> None:
    server.answers_with(200, answer)
    call(hub)
    (asked,) = server.asked
    path = asked.path.removeprefix("/api/v1")
    assert (asked.method, path, asked.json() if asked.body else None) == asked_for


def test_a_request_becomes_a_value(server, hub: HubClient) -> None:
    server.answers_with(200, REQUEST)
    found = hub.request(ONE)
    assert (found.state, found.version, found.spec, found.timeout) == (State.RUNNING, 3, "default", 1800)
    assert found.board == ""
    assert found.created_at == datetime(2026, 11, 23, 10, 15, 0, 123456, tzinfo=UTC)
    assert [(one.host, one.answer, one.by) for one in found.approvals] == [("demolab", "approved", "ann")]
    assert found.raw["a_newer_hubs_field"] == {"x": 1}


def test_a_claim_gives_attempts_and_what_to_stop(server, hub: HubClient) -> None:
    attempt = {"request": REQUEST, "number": 2, "board": "bbb", "lease_seconds": 60, "approved_by": None}
    server.answers_with(200, {"attempts": [attempt], "cancels": [f"{ONE}.1"]})
    claims = hub.claim("call-id-1", ["bbb"], wait=0)
    assert [one.id for one in claims.attempts] == [ATTEMPT]
    assert claims.cancels == (AttemptId(ONE, 1),)


@pytest.mark.parametrize(("tail", "counts"), [("", [180, 20]), ("x" * 16384, [127, 73])])
def test_heartbeats_go_in_parts_that_the_hub_takes(
    server, hub: HubClient, monkeypatch: pytest.MonkeyPatch, tail: str, counts: list[int]
) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.client.hub.MAX_BEATS", 180)
    for count in counts:
        server.answers_with(200, {"answers": [BEATEN] * count})
    answers = hub.heartbeats([{"attempt": f"{ONE}.2", "log_tail": tail}] * 200)
    assert [len(one.json()["beats"]) for one in server.asked] == counts
    assert [(one.attempt, one.is_over) for one in answers] == [(ATTEMPT, False)] * 200


def test_a_campaign_comes_with_its_requests(server, hub: HubClient) -> None:
    server.answers_with(201, {"requests": [REQUEST, REQUEST], "campaign": "c-20261123-101500123-a2b3c4d5"})
    made, campaign = hub.put_request({"selector": "a:b"})
    assert (len(made), campaign) == (2, "c-20261123-101500123-a2b3c4d5")


def test_no_go_is_a_conflict(server, hub: HubClient) -> None:
    server.answers_with(409, {"detail": "another build has started it", "code": "conflict"})
    with pytest.raises(Conflict, match="another build"):
        hub.start(ATTEMPT, "c", "", "")


@pytest.mark.parametrize("answer", [{}, {"id": ONE}, {**REQUEST, "state": "asleep"}, {**REQUEST, "version": "x"}])
def test_an_answer_that_makes_no_sense_is_told(server, hub: HubClient, answer: object) -> None:
    server.answers_with(200, answer)
    with pytest.raises(ClientError, match="told of a request in a way that is not understood"):
        hub.request(ONE)


def test_a_hostile_name_stays_one_segment(server, hub: HubClient) -> None:
    server.answers_with(200, BOARD)
    hub.board("h", "../../whoami?x")
    assert server.asked[0].path == "/api/v1/boards/h/..%2F..%2Fwhoami%3Fx"


def test_packages_go_and_come_by_their_digest(server, hub: HubClient, tmp_path: Path) -> None:
    (tmp_path / "x.ftp").write_bytes(b"package")
    server.answers_with(201, {})
    server.answers_with(200, b"package")
    hub.put_package("ab" * 32, tmp_path / "x.ftp")
    hub.get_package("ab" * 32, tmp_path / "y.ftp", limit=100)
    assert [one.path for one in server.asked] == [f"/api/v1/packages/{'ab' * 32}"] * 2
    assert (tmp_path / "y.ftp").read_bytes() == b"package"


def test_a_package_that_no_hub_takes_is_refused_before_it_is_sent(server, hub: HubClient, tmp_path: Path) -> None:
    package = tmp_path / "large.ftp"
    with package.open("wb") as file:
        file.truncate(MAX_PACKAGE + 1)
    with pytest.raises(TooLarge, match="the package has 67,108,865 bytes, and the hub takes 67,108,864 at most"):
        hub.put_package("0" * 64, package)
    assert server.asked == []
