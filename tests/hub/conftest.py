"""A hub with two labs and some users, over a real database, with a clock that stands still until it is told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

import hub_folders
from fuego_jenkins_remote.hub import admin, attempts, boards, claims, heartbeats, news_loop, records, requests
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.people import labs, users
from fuego_jenkins_remote.hub.statements import attempts as attempt_sql
from fuego_jenkins_remote.hub.statements import requests as request_sql
from fuego_jenkins_remote.hub.sweeper import sweep
from fuego_jenkins_remote.network.identities import AttemptId, run_key
from hub_apps import make_app


@dataclass
class FakeClock:
    """The time, as far as the tests have moved it; a millisecond later with each look, as in life, unless it stands."""

    at: datetime = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    stands: bool = False

    def __call__(self) -> datetime:
        if not self.stands:
            self.at += timedelta(milliseconds=1)
        return self.at

    def forward(self, **how: float) -> None:
        self.at += timedelta(**how)


@dataclass
class World:
    """The hub, and what people and labs do with it, in short words; each call has a call id of its own."""

    hub: Hub
    clock: FakeClock
    calls: Iterator[int] = field(default_factory=itertools.count)

    def call_id(self) -> str:
        return f"call-{next(self.calls):06}"

    def add_lab(self, host: str, *names: str, open_to: tuple[str, ...] = ("*",), notify: tuple[str, ...] = ()) -> None:
        with self.hub.change() as change:
            labs.add_lab(change.conn, host, notify=notify, now=change.at)
        for name in names:
            self.put_board(host, name, open_to=open_to)

    def add_user(self, name: str, *teams: str, email: str = "") -> records.Caller:
        memberships = [users.parse_membership(team) for team in teams]
        with self.hub.change() as change:
            users.add_user(change.conn, name, teams=memberships, email=email, notify=(), now=change.at)
        return records.Caller(kind="user", name=name, teams=tuple(memberships), email=email)

    def put_board(self, host: str, name: str, **values: Any) -> records.Board:
        new = records.NewBoard(**{"facts": {"arch": "x86_64"}, "open_to": ("*",), **values})
        with self.hub.change() as change:
            return boards.put(change, host, name, new)

    def remove_board(self, host: str, name: str) -> None:
        with self.hub.change() as change:
            boards.remove(change, host, name)

    def put_all(self, who: records.Caller, selector: str, **values: Any) -> list[records.Request]:
        wanted = {"call_id": self.call_id(), "test": "Functional.hello", "variables": {}, **values}
        with self.hub.change() as change:
            return requests.put(change, who, records.NewRequest(selector=selector, **wanted))

    def put(self, who: records.Caller, selector: str, **values: Any) -> records.Request:
        return self.put_all(who, selector, **values)[0]

    def take(self, host: str, *names: str, claim_id: str = "", **more: Any) -> claims.Answer:
        claim = claims.Claim(host=host, claim_id=claim_id or self.call_id(), boards=names, **more)
        with self.hub.change() as change:
            return claims.take(change, claim)

    def claim(self, host: str, *names: str, **more: Any) -> AttemptId | None:
        """What a lab gets for one of its boards."""
        got = self.take(host, *names, **more).assignments
        return AttemptId(got[0].request.id, got[0].number) if got else None

    def start(self, host: str, which: AttemptId, call_id: str = "") -> None:
        with self.hub.change() as change:
            attempts.start(
                change, host, which, call_id=call_id or self.call_id(), build_url="http://j/7/", build_number="7"
            )

    def running(self, host: str, name: str) -> AttemptId:
        """Claim and start what is next for a board."""
        which = self.claim(host, name)
        assert which is not None
        self.start(host, which)
        return which

    def heartbeat(self, host: str, which: AttemptId, **said: str) -> heartbeats.Alive:
        with self.hub.change() as change:
            return attempts.heartbeat(change, host, which, **said)

    def beat(self, host: str, *beats: heartbeats.Beat) -> list[heartbeats.Alive]:
        with self.hub.change() as change:
            return heartbeats.beat(change, host, beats)

    def tell_news(self) -> int:
        return news_loop.tell(self.hub)

    def health(self, host: str, name: str, health: records.Health, reason: str = "") -> records.Board:
        with self.hub.change() as change:
            return boards.put_health(change, host, name, health, reason)

    def give_back(self, host: str, which: AttemptId, reason: str = "busy", **values: Any) -> records.Request:
        with self.hub.change() as change:
            return attempts.give_back(change, host, which, **{"call_id": self.call_id(), "reason": reason, **values})

    def tested(self, host: str, which: AttemptId, call_id: str = "") -> records.Request:
        with self.hub.change() as change:
            return attempts.tested(
                change,
                host,
                which,
                call_id=call_id or self.call_id(),
                status="PASS",
                key=run_key(host, which),
                summary="",
            )

    def done(self, host: str, which: AttemptId, call_id: str = "") -> records.Request:
        with self.hub.change() as change:
            return attempts.done(
                change, host, which, call_id=call_id or self.call_id(), target="vision", run_url="https://v/runs/1"
            )

    def error(self, host: str, which: AttemptId, call_id: str = "") -> records.Request:
        with self.hub.change() as change:
            return attempts.error(
                change,
                host,
                which,
                call_id=call_id or self.call_id(),
                reason="no-run",
                detail="cc: not found",
                console_tail="cc: command not found\n",
            )

    def cancelled(self, host: str, which: AttemptId, call_id: str = "") -> records.Request:
        with self.hub.change() as change:
            return attempts.cancelled(change, host, which, call_id=call_id or self.call_id(), reason="stopped")

    def cancel(self, who: records.Caller, request_id: str, call_id: str = "") -> records.Request:
        with self.hub.change() as change:
            return requests.cancel(change, who, request_id, call_id or self.call_id(), "not needed any more")

    def sweep(self) -> int:
        return sweep(self.hub)

    def get(self, request_id: str) -> records.Request:
        with self.hub.reading() as conn:
            return requests.find(conn, request_id)

    def history(self, request_id: str) -> list[tuple[str, str]]:
        with self.hub.reading() as conn:
            return [(entry.old, entry.new) for entry in request_sql.history_of(conn, request_id)]

    def attempts(self, request_id: str) -> list[records.Attempt]:
        with self.hub.reading() as conn:
            return attempt_sql.of_request(conn, request_id)


def lab(host: str) -> records.Caller:
    """A lab as a caller."""
    return records.Caller(kind="lab", name=host)


def init_quickly(folder: Path) -> None:
    """As `admin.init_data`, from a copy, in the database that the tests run on."""
    hub_folders.init(folder)


def open_world(folder: Path) -> World:
    """A world of its own, empty."""
    init_quickly(folder)
    clock = FakeClock()
    hub = Hub(engine=admin.open_data(folder), data_dir=folder, clock=clock, base_url="https://hub.example")
    return World(hub=hub, clock=clock)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty hub."""
    made = open_world(tmp_path / "hub")
    yield made
    made.hub.engine.dispose()
    hub_folders.remove(tmp_path / "hub")


@pytest.fixture
def ann(world: World) -> records.Caller:
    """A user of another team than the labs'."""
    return world.add_user("ann", "annslab")


@dataclass
class Service:
    """The app under a test client, with the secrets of who is there."""

    client: TestClient
    engine: sa.Engine
    secrets: dict[str, str]

    def call(self, who: str, method: str, path: str, **values: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secrets[who]}"} if who else {}
        return self.client.request(method, f"/api/v1{path}", headers={**headers, **values.pop("headers", {})}, **values)

    def ok(self, who: str, method: str, path: str, status: int = 200, **values: Any) -> Any:
        answer = self.call(who, method, path, **values)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A hub with the lab demolab (board qemu, open to all), its admin tim, and the user ann."""
    folder = tmp_path / "hub"
    init_quickly(folder)
    engine = admin.open_data(folder)
    secrets = {
        "demolab": admin.add_lab(engine, "demolab"),
        "otherlab": admin.add_lab(engine, "otherlab"),
        "tim": admin.add_user(engine, "tim", teams=["demolab:admin"]),
        "ann": admin.add_user(engine, "ann", teams=["annslab"], email="ann@example.org"),
    }
    app = make_app(engine, folder, base_url="https://hub.example", sweep_seconds=0.05, send=lambda *_: True)
    with TestClient(app) as client:
        made = Service(client=client, engine=engine, secrets=secrets)
        made.ok("demolab", "PUT", "/boards/demolab/qemu", json={"facts": {"arch": "x86_64"}, "open_to": ["*"]})
        yield made
    engine.dispose()
    hub_folders.remove(folder)
