"""A request has an id that its answer, its errors and its log lines share; a line tells who and what, and no secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from fuego_jenkins_remote.service import logs
from fuego_jenkins_remote.service.tokens import new_token
from fuego_jenkins_remote.service.watch import REQUEST_ID

from .conftest import make_service

GOOD = {"Authorization": "Bearer good"}


class Counted:
    """Figures that keep what they were told."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, int]] = []

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        self.seen.append((method, route, status))


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What the service writes to its log while a test runs; call it for the lines so far."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure_logs("hub")
    monkeypatch.setattr(logging.getLogger("httpx2"), "disabled", True)  # the test's own client
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], level = before
    root.setLevel(level)


def one_line(lines: Any) -> dict[str, Any]:
    found: list[dict[str, Any]] = [line for line in lines() if line.get("logger", line["event"]) and "route" in line]
    assert len(found) == 1, found
    return found[0]


def test_an_id_of_the_callers_own_comes_back_and_is_in_the_log(client: TestClient, lines: Any) -> None:
    answer = client.get("/api/v1/things", headers={**GOOD, "X-Request-ID": "build-77.a"})
    assert answer.headers["X-Request-ID"] == "build-77.a"
    line = one_line(lines)
    assert line["request_id"] == "build-77.a"
    assert (line["method"], line["route"], line["status"], line["who"]) == ("GET", "/api/v1/things", 200, "user:Jürgen")


@pytest.mark.parametrize(
    "given",
    ["short", "x" * 65, "with space in", "line\tend-here", "ünicöde-id", "fuego_uabcdefg_" + "x" * 43, 'quo"te-id-1'],
)
def test_any_other_id_is_replaced(client: TestClient, given: str) -> None:
    answer = client.get("/api/v1/things", headers={**GOOD, "X-Request-ID": given.encode("latin-1")})
    assert answer.headers["X-Request-ID"] != given
    assert REQUEST_ID.fullmatch(answer.headers["X-Request-ID"])


def test_what_went_wrong_in_the_service_has_the_same_id_on_the_screen_and_in_the_log(
    client: TestClient, lines: Any
) -> None:
    answer = client.get("/api/v1/broken")
    assert answer.status_code == 500
    request_id = answer.json()["request_id"]
    assert answer.headers["X-Request-ID"] == request_id
    told = [line for line in lines() if line.get("request_id") == request_id]
    assert any("the secret reason" in line.get("exception", "") for line in told)
    assert any(line.get("status") == 500 for line in told)


def test_a_line_has_the_public_part_of_a_token_and_no_query(client: TestClient, lines: Any) -> None:
    token = new_token("user")
    client.get("/api/v1/things?limit=secret-question", headers={"Authorization": f"Bearer {token.secret}"})
    line = one_line(lines)
    assert (line["token"], line["status"]) == (token.prefix, 401)
    assert "secret-question" not in json.dumps(line)
    assert token.secret not in json.dumps(line)


def test_an_address_that_no_route_has_is_not_repeated(client: TestClient, lines: Any) -> None:
    client.get("/join/fuego-invitation-code")
    assert one_line(lines)["route"] == "(none)"
    assert "invitation" not in json.dumps(lines())


def test_nothing_in_a_line_can_begin_another_one_or_move_a_terminal(lines: Any) -> None:
    nasty = 'end\n{"event":"forged"}\r\x1b[2J\x9b2J\u2028\u202e'
    logging.getLogger("x").warning("%s", nasty, extra={"more": nasty})
    [line] = lines()
    assert line["event"] == nasty
    assert line["more"] == nasty


def test_what_a_line_is_written_as_has_no_such_sign() -> None:
    written = logs.one_line({"event": "a\n\x1b\x7f\x9b\u2028\u2029\u202e\u2066\ud800ü"})
    assert [sign for sign in written if not sign.isprintable()] == []
    assert "ü" in written


def test_answers_are_counted_by_the_routes_template(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()
    with TestClient(make_service(figures=counted), raise_server_exceptions=False) as client:
        client.get("/api/v1/things", headers=GOOD)
        client.get("/api/v1/none/whatever")
        client.request("BREW", "/api/v1/things")
        client.get("/static/fuego.css")
    assert counted.seen[0] == ("GET", "/api/v1/things", 200)
    assert counted.seen[1] == ("GET", "(none)", 404)
    assert counted.seen[2][0] == "other"
    assert counted.seen[3][1] == "/static"
