"""Errors are problem details for programs, small pages for people, and tell nothing that is nobody's business."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from fuego_jenkins_remote.service.problems import invalid_sentence

from .conftest import make_service

GOOD = {"Authorization": "Bearer good"}
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def test_a_problem_is_answered_as_problem_details(client: TestClient) -> None:
    answer = client.get("/api/v1/taken", headers={"X-Request-ID": "one-of-mine"})

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "Somebody was first.",
        "code": "was-first",
        "request_id": "one-of-mine",
    }


def test_a_wrong_field_is_named_in_one_sentence(client: TestClient) -> None:
    answer = client.post("/api/v1/things", json={"name": "x", "size": "large"}, headers=GOOD)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["detail"].startswith("size: Input should be a valid integer")


def test_a_body_that_is_no_json_is_said_to_be_none(client: TestClient) -> None:
    headers = {**GOOD, "Content-Type": "application/json"}

    assert "JSON" in client.post("/api/v1/things", content=b"{", headers=headers).json()["detail"]


def test_many_wrong_fields_make_a_short_sentence() -> None:
    errors = [{"loc": ("body", f"f{at}"), "msg": "Value error, is wrong"} for at in range(9)]

    assert invalid_sentence(errors) == "f0: is wrong; f1: is wrong; f2: is wrong"


def test_an_address_that_is_none_is_a_problem_too(client: TestClient) -> None:
    assert client.get("/api/v1/none").json()["code"] == "no-such-address"
    assert client.delete("/api/v1/things").status_code == 405


def test_what_nobody_expected_goes_to_the_log_and_not_to_the_client(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/v1/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "secret reason" not in answer.text
    assert "secret reason" in caplog.text
    assert "GET /api/v1/broken" in caplog.text


@pytest.mark.parametrize(("path", "status"), [("/none", 404), ("/broken", 500)])
def test_a_browser_gets_a_page(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path, headers=BROWSER)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>" in answer.text


def test_a_browser_that_asks_the_api_gets_problem_details(client: TestClient) -> None:
    assert client.get("/api/v1/none", headers=BROWSER).headers["content-type"] == "application/problem+json"


def test_every_answer_has_the_security_headers(client: TestClient) -> None:
    for path in ("/none", "/broken", "/api/v1/taken", "/sign-in", "/static/fuego.css"):
        headers = client.get(path, headers=BROWSER).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: TestClient) -> None:
    answer = client.post("/api/v1/things", content=b"x" * 2_000_000, headers=GOOD)

    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_body_that_does_not_say_its_size_is_counted(client: TestClient) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 100_000

    assert client.post("/api/v1/things", content=parts(), headers=GOOD).status_code == 413
    assert client.put("/api/v1/large", content=parts(), headers=GOOD).status_code == 413


def test_a_route_may_allow_more(client: TestClient) -> None:
    assert client.put("/api/v1/large", content=b"x" * 2_000_000, headers=GOOD).json() == 2_000_000


async def _gone_after_a_part(app: FastAPI) -> list[Any]:
    messages: Iterator[dict[str, Any]] = iter(
        [{"type": "http.request", "body": b"a part", "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer good")]
    scope = {"type": "http", "method": "PUT", "path": "/api/v1/large", "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    return sent


def test_a_caller_who_goes_in_the_middle_is_no_fault_of_the_service(caplog: pytest.LogCaptureFixture) -> None:
    assert asyncio.run(_gone_after_a_part(make_service())) == []
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
