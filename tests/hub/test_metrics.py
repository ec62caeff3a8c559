"""Prometheus' figures: who may read them, what they count, and that neither names nor history are in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

import hub_folders
from fuego_jenkins_remote.hub import figures, records
from fuego_jenkins_remote.hub.figures import hub_metrics
from fuego_jenkins_remote.hub.statements import figures as sql
from fuego_jenkins_remote.vision import admin as vision_admin
from fuego_jenkins_remote.vision.app import make_app as make_vision
from hub_apps import make_app

from .conftest import World
from .test_schema import Recorded

HERE = ("127.0.0.1", 40000)


def read(text: str) -> dict[str, float]:
    """Series and their values."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            found[series] = float(value)
    return found


@pytest.fixture
def metered(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives the figures of a world, always fresh ones; its changes are counted."""
    monkeypatch.setattr(figures, "KEPT_SECONDS", -1.0)
    metrics = hub_metrics(world.hub)
    return lambda: read(metrics.text().decode())


def app_of(world: World, **values: Any) -> FastAPI:
    return make_app(world.hub.engine, world.hub.data_dir, send=lambda *_: True, clock=world.clock, **values)


def test_what_waits_and_lives_is_told_by_state_and_age(world: World, ann: records.Caller, metered: Any) -> None:
    world.add_lab("demolab", "one", "two")
    world.health("demolab", "two", "broken")
    for _ in range(3):
        world.put(ann, "demolab:one")
    world.clock.forward(minutes=15)
    world.put(ann, "demolab:one")
    world.running("demolab", "one")
    found = metered()
    assert found['fuego_requests{state="pending"}'] == 3
    assert found['fuego_requests{state="running"}'] == 1
    assert found['fuego_requests_waiting{longer_than="10m"}'] == 2
    assert found['fuego_requests_waiting{longer_than="1h"}'] == 0
    assert 900 < found["fuego_requests_oldest_waiting_seconds"] < 901
    assert found['fuego_boards{standing="well"}'] == 1
    assert found['fuego_boards{standing="broken"}'] == 1
    assert found['fuego_requests_moved_total{state="pending"}'] == 4
    assert found['fuego_requests_moved_total{state="running"}'] == 1
    assert found["fuego_request_wait_seconds_count"] == 1
    assert 900 < found["fuego_request_wait_seconds_sum"] < 901


def test_what_was_not_committed_is_not_counted(world: World, ann: records.Caller, metered: Any) -> None:
    world.add_lab("demolab", "one")
    with pytest.raises(RuntimeError), world.hub.change() as change:  # noqa: PT012
        change.moved["pending"] += 1
        raise RuntimeError
    assert 'fuego_requests_moved_total{state="pending"}' not in metered()


def test_no_name_and_no_id_is_in_them(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    private = world.put(ann, "demolab:one", private=True, test="Functional.secret_one")
    app = app_of(world)
    with TestClient(app, client=HERE) as client:
        client.get(f"/api/v1/requests/{private.id}")
        client.get("/api/v1/requests/whatever?requester=ann")
        client.get("/nothing/here/ann")
        text = client.get("/metrics").text
    for word in (private.id, "secret_one", "ann", "demolab", "whatever", "nothing"):
        assert not re.search(rf"\b{word}\b", text), word
    assert 'route="/api/v1/requests/{request_id}"' in text
    assert 'route="(none)"' in text


def test_they_are_looked_up_once_in_some_seconds(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    metrics = hub_metrics(world.hub)
    metrics.text()
    world.put(ann, "demolab:one")
    assert read(metrics.text().decode())['fuego_requests{state="pending"}'] == 0


@pytest.mark.parametrize(
    ("client", "headers", "options", "status"),
    [
        (HERE, {}, {}, 200),
        (("::1", 1), {}, {}, 200),
        (("192.0.2.1", 1), {}, {}, 403),
        (("testclient", 1), {}, {}, 403),
        (HERE, {"X-Forwarded-For": "192.0.2.1"}, {}, 403),
        (HERE, {"Via": "1.1 proxy"}, {}, 403),
        (HERE, {}, {"behind_proxy": True}, 403),
        (HERE, {}, {"metrics_token": "m" * 32}, 401),
        (HERE, {"Authorization": "Bearer " + "x" * 32}, {"metrics_token": "m" * 32}, 401),
        (HERE, {"Authorization": "Bearer grün"}, {"metrics_token": "m" * 32}, 401),
        (("192.0.2.1", 1), {"Authorization": "Bearer " + "m" * 32}, {"metrics_token": "m" * 32}, 200),
        (HERE, {"Authorization": "Bearer " + "m" * 32}, {"metrics_token": "m" * 32, "behind_proxy": True}, 200),
    ],
)
def test_who_may_read_them(world: World, client: Any, headers: Any, options: Any, status: int) -> None:
    with TestClient(app_of(world, **options), client=client) as asking:
        sent = {name: value.encode() for name, value in headers.items()}
        assert asking.get("/metrics", headers=sent).status_code == status


@pytest.mark.skipif(hub_folders.on_postgresql(), reason="is about SQLite's plans")
@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (sql.requests_by_state, "requests_by_state"),
        (sql.requests_by_state, "requests_waiting"),
        (lambda conn: sql.waiting_since(conn, ["20261123-101500123-k3j7x2m4"]), "requests_waiting"),
        (sql.oldest_waiting, "requests_waiting"),
    ],
)
def test_nothing_of_what_is_over_is_looked_at(world: World, ask: Any, index: str) -> None:
    import sqlalchemy as sa

    steps = Recorded()
    sa.event.listen(world.hub.engine, "before_cursor_execute", steps)
    with world.hub.reading() as conn:
        ask(conn)
    assert any(f"COVERING INDEX {index}" in step for step in steps), steps
    assert all("INDEX" in step for step in steps), steps


@pytest.fixture
def vision(tmp_path: Path) -> Iterator[FastAPI]:
    vision_admin.init_data(tmp_path / "vision")
    engine = vision_admin.open_data(tmp_path / "vision")
    yield make_vision(engine, tmp_path / "vision")
    engine.dispose()


def test_vision_has_figures_too(vision: FastAPI) -> None:
    with TestClient(vision, client=HERE) as client:
        client.get("/api/v1/")
        found = read(client.get("/metrics").text)
    assert found['fuego_http_requests_total{method="GET",route="/api/v1/",status="200"}'] == 1
    assert found['fuego_http_request_seconds_count{method="GET",route="/api/v1/"}'] == 1
