"""Who calls the hub too often is refused before it costs anything; nobody else is, and no honest caller ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import requests
from fastapi.testclient import TestClient

import hub_folders
from fuego_jenkins_remote.hub import admin, rates
from fuego_jenkins_remote.hub.app import make_app
from fuego_jenkins_remote.service.limits.callers import ADDRESS
from fuego_jenkins_remote.service.limits.entrance import Limits, Share
from fuego_jenkins_remote.service.limits.rates import Rate

from .conftest import Service
from .running import running_hub

AT_ONCE, FLOODERS = 5, 8


@dataclass
class Minutes:
    """A clock that stands still until it is told."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Limited:
    """A hub where each lab and user may call five times at once and once a second; an address twenty times."""

    service: Service
    clock: Minutes = field(default_factory=Minutes)

    def call(self, who: str, **headers: str) -> Any:
        return self.service.call(who, "GET", "/whoami", headers=headers)

    def statuses(self, who: str, times: int) -> list[int]:
        return [self.call(who).status_code for _ in range(times)]


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Limited]:
    hub_folders.init(tmp_path / "hub")
    engine = admin.open_data(tmp_path / "hub")
    clock = Minutes()
    few = Share(rate=Rate(a_second=1, at_once=AT_ONCE), at_a_time=2)
    more = Share(rate=Rate(a_second=1, at_once=20), at_a_time=2)
    limits = Limits(shares={"lab": few, "user": few, ADDRESS: more}, held=0.0, clock=clock)
    app = make_app(engine, tmp_path / "hub", sweep_seconds=60, send=lambda *_: True, limits=limits)
    secrets = {
        "demolab": admin.add_lab(engine, "demolab"),
        "otherlab": admin.add_lab(engine, "otherlab"),
        "ann": admin.add_user(engine, "ann", teams=["annslab"]),
    }
    secrets["demolab, too"] = admin.add_token(engine, "demolab", kind="lab", description="second machine")
    with TestClient(app) as client:
        made = Limited(Service(client=client, engine=engine, secrets=secrets), clock)
        # Whose the tokens are is known from the first answer on.
        for who in secrets:
            assert made.call(who).status_code == 200
        clock.at += 1000
        yield made
    engine.dispose()
    hub_folders.remove(tmp_path / "hub")


def test_a_lab_that_calls_too_often_is_told_so_and_when_to_come_again(limited: Limited) -> None:
    assert limited.statuses("demolab", AT_ONCE) == [200] * AT_ONCE
    refused = limited.call("demolab")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert refused.headers["content-type"] == "application/problem+json"
    said = refused.json()
    assert (said["status"], said["title"], said["code"]) == (429, "Too Many Requests", "too-many")
    assert "Too many calls from this lab: 5 at once are taken, and 1 a second in the long run." in said["detail"]
    assert said["request_id"] == refused.headers["X-Request-ID"]
    assert refused.headers["x-content-type-options"] == "nosniff"


def test_others_are_not_refused_meanwhile(limited: Limited) -> None:
    assert limited.statuses("demolab", AT_ONCE + 3)[-1] == 429
    assert limited.statuses("otherlab", AT_ONCE) == [200] * AT_ONCE
    assert limited.statuses("ann", AT_ONCE) == [200] * AT_ONCE


def test_after_a_while_it_may_call_again(limited: Limited) -> None:
    limited.statuses("demolab", AT_ONCE + 3)
    limited.clock.at += 2
    assert limited.statuses("demolab", 3) == [200, 200, 429]


def test_all_tokens_of_one_lab_count_together(limited: Limited) -> None:
    limited.statuses("demolab", AT_ONCE)
    assert limited.call("demolab, too").status_code == 429


def test_a_refused_call_costs_no_look_into_the_database(limited: Limited, monkeypatch: pytest.MonkeyPatch) -> None:
    limited.statuses("demolab", AT_ONCE)

    def must_not(*_: Any) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr("fuego_jenkins_remote.service.signins.reading", must_not)
    assert limited.call("demolab").status_code == 429


def test_who_knows_only_what_is_public_of_a_labs_token_uses_up_nothing_of_the_lab(limited: Limited) -> None:
    secret = limited.service.secrets["demolab"]
    forged = f"{secret[:-10]}{'x' * 10}"
    answers = {limited.call("", Authorization=f"Bearer {forged}").status_code for _ in range(AT_ONCE * 2)}
    assert answers == {401}
    assert limited.statuses("demolab", AT_ONCE) == [200] * AT_ONCE


def test_tokens_that_are_guessed_count_for_the_address_whichever_they_are(limited: Limited) -> None:
    answers = [limited.call("", Authorization=f"Bearer guess-{number}").status_code for number in range(21)]
    assert answers == [401] * 20 + [429]
    assert "from this address" in limited.call("").json()["detail"]
    assert limited.call("ann").status_code == 200


def test_a_token_that_was_revoked_is_nobodys_any_more(limited: Limited) -> None:
    prefix = limited.service.secrets["demolab, too"].split("_")[1]
    admin.revoke_token(limited.service.engine, prefix)
    assert [limited.call("demolab, too").status_code for _ in range(AT_ONCE + 1)] == [401] * (AT_ONCE + 1)
    assert limited.call("demolab").status_code == 200


def test_whether_the_hub_lives_may_be_asked_without_end(limited: Limited) -> None:
    assert {limited.service.client.get("/healthz").status_code for _ in range(50)} == {200}


def test_a_browser_is_shown_a_page(limited: Limited) -> None:
    answers = [limited.service.client.get("/sign-in", headers={"Accept": "text/html"}) for _ in range(21)]
    assert [one.status_code for one in answers] == [200] * 20 + [429]
    assert "Too many calls" in answers[-1].text


def test_refused_calls_are_counted_by_who_called(limited: Limited) -> None:
    limited.statuses("demolab", AT_ONCE + 3)
    limited.statuses("ann", AT_ONCE + 1)
    figures = limited.service.client.app.state.metrics.text().decode()  # type: ignore[attr-defined]
    assert 'fuego_calls_refused_total{caller="lab"} 3.0' in figures
    assert 'fuego_calls_refused_total{caller="user"} 1.0' in figures


def test_every_operation_says_that_it_may_be_refused(service: Service) -> None:
    described = service.client.get("/api/v1/openapi.json").json()
    for path, item in described["paths"].items():
        for method, operation in item.items():
            assert "Retry-After" in operation["responses"]["429"]["headers"], f"{method} {path}"


def test_the_operator_may_set_them_all_in_proportion_or_have_none() -> None:
    usual, twice = rates.limits(), rates.limits(2 * rates.CALLS)
    assert usual is not None
    assert twice is not None
    for kind, share in usual.shares.items():
        assert twice.shares[kind].rate.a_second == 2 * share.rate.a_second
        assert twice.shares[kind].rate.at_once == 2 * share.rate.at_once
    assert rates.limits(0) is None


@pytest.mark.slow
def test_beside_a_lab_that_floods_others_are_answered_as_soon_as_before(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", calls=5) as hub:
        put_times(hub, "alone")
        for number in range(10):  # others may keep the machine busy for a while
            alone = put_times(hub, f"before-{number}")
            with flood(hub) as statuses:
                began, before = time.monotonic(), statuses.count(429)
                beside = put_times(hub, f"beside-{number}")
                refused, took = statuses.count(429) - before, time.monotonic() - began
            assert set(statuses) <= {200, 429}
            assert refused <= FLOODERS * (took + 1), "refusals are held"
            if median(beside) < 3 * median(alone) + 0.02:
                return
    pytest.fail("never")


@pytest.mark.slow
def test_calls_that_wait_for_news_keep_their_caller_from_nothing(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", calls=50) as hub, ThreadPoolExecutor(40) as pool:
        request = hub.put("call-000001")
        where = f"/requests/{request['id']}?wait=20&seen={request['version']}"
        waiting = [pool.submit(hub.call, "ann", "GET", where) for _ in range(40)]
        hub.waits_for(40)
        hub.put("call-000002")
        assert not any(one.done() for one in waiting)
        body = {"call_id": "call-000003", "reason": "that was it"}
        assert hub.call("ann", "POST", f"/requests/{request['id']}/cancel", json=body).status_code == 200
        assert {one.result(timeout=90).json()["state"] for one in waiting} == {"cancelled"}


def put_times(hub: Any, name: str) -> list[float]:
    """Seconds that puts take, one after the other."""
    took = []
    for number in range(30):
        began = time.monotonic()
        hub.put(f"call-{name}-{number:03}")
        took.append(time.monotonic() - began)
    return took


@contextmanager
def flood(hub: Any) -> Iterator[list[int]]:
    """The lab's bridge has gone mad; from when it is refused for the first time. What it is answered."""
    statuses: list[int] = []
    stop, refused = threading.Event(), threading.Event()

    def go_on() -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {hub.secrets['demolab']}"
            while not stop.is_set():
                body = {"claim_id": f"claim-{time.monotonic_ns()}", "boards": ["qemu"], "wait": 0, "peek": True}
                statuses.append(session.post(f"{hub.url}/api/v1/claims", json=body, timeout=40).status_code)
                if statuses[-1] == 429:
                    refused.set()

    threads = [threading.Thread(target=go_on) for _ in range(FLOODERS)]
    for one in threads:
        one.start()
    try:
        assert refused.wait(60)
        yield statuses
    finally:
        stop.set()
        for one in threads:
            one.join()
