"""A service says that it lives and whether it can do its work: to anybody, in single words."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections import namedtuple
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.service import health
from fuego_jenkins_remote.service.health import Readiness, install_health, usual_checks
from fuego_jenkins_remote.service.loops import Loops
from fuego_jenkins_remote.service.systemd import Watchdog, tell_systemd
from hub_apps import make_app

Disk = namedtuple("Disk", "f_bavail f_frsize")


@pytest.fixture
def checks(tmp_path: Path):
    """The usual checks over a fresh hub's data, and its loops."""
    admin.init_data(tmp_path / "hub")
    engine = admin.open_data(tmp_path / "hub")
    loops = Loops()
    yield usual_checks(engine, admin.PACKAGE, tmp_path / "hub", loops), engine, loops
    engine.dispose()


def test_all_is_well_with_a_fresh_hub(checks) -> None:
    found, _, _ = checks
    assert Readiness(found).look() == {"database": "", "disk": "", "loops": ""}


def test_tables_of_another_version_are_noticed(checks) -> None:
    found, engine, _ = checks
    with engine.begin() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    assert Readiness(found).look()["database"] == "tables of another version"


def test_a_database_that_is_gone_gives_no_answer(checks, tmp_path: Path) -> None:
    found, engine, _ = checks
    engine.dispose()
    shutil.rmtree(tmp_path / "hub")
    told = Readiness(found).look()
    assert (told["database"], told["disk"]) == ("no answer", "no answer")


def test_a_full_disk_is_noticed(checks, monkeypatch: pytest.MonkeyPatch) -> None:
    found, _, _ = checks
    monkeypatch.setattr(os, "statvfs", lambda _: Disk(f_bavail=100, f_frsize=4096))
    assert Readiness(found).look()["disk"] == "hardly any room left"


def test_a_loop_that_says_nothing_any_more_stands_still() -> None:
    now = [0.0]
    loops = Loops(clock=lambda: now[0])
    loops.beat("sweeper", within=5)
    loops.beat("news", within=60)
    now[0] = 6
    assert loops.standing_still() == ["sweeper"]
    loops.beat("sweeper", within=5)
    assert loops.standing_still() == []
    now[0] = 100
    loops.ended("news")
    loops.ended("sweeper")
    assert loops.standing_still() == []


def test_however_many_ask_the_checks_are_carried_out_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def check() -> str:
        asked.append(1)
        time.sleep(0.05)
        return ""

    monkeypatch.setattr(health, "_KEPT_SECONDS", 60.0)
    readiness = Readiness({"slow": check})
    threads = [threading.Thread(target=readiness.look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
    monkeypatch.setattr(health, "_KEPT_SECONDS", 0.0)
    readiness.look()
    assert len(asked) == 2


def test_what_is_not_well_makes_503_and_names_the_check() -> None:
    app = FastAPI()
    install_health(app, {"database": lambda: "", "disk": lambda: "hardly any room left"})
    with TestClient(app) as client:
        answer = client.get("/readyz")
        assert client.get("/healthz").json() == {"alive": True}
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "checks": {"database": "ok", "disk": "hardly any room left"}}


def test_a_hub_is_ready_when_it_has_started_and_not_when_it_stops(tmp_path: Path) -> None:
    admin.init_data(tmp_path)
    engine = admin.open_data(tmp_path)
    app = make_app(engine, tmp_path, send=lambda *_: True)
    with TestClient(app) as client:
        assert client.get("/readyz").json()["ready"] is True
        app.state.hub.waiters.close()
        client.app.state.readiness._at = float("-inf")  # type: ignore[attr-defined]
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["checks"]["service"]) == (503, "stopping")
    engine.dispose()


# -- systemd


def test_systemd_is_told_where_it_asked_to_be(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        assert tell_systemd("READY=1", "STATUS=well", environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert receiver.recv(100) == b"READY=1\nSTATUS=well"


@pytest.mark.parametrize("address", ["", "relative", "/nobody/is/there"])
def test_nobody_is_told_where_nobody_listens(address: str) -> None:
    assert not tell_systemd("READY=1", environment={"NOTIFY_SOCKET": address})


def test_signs_of_life_come_twice_in_the_units_time_and_only_while_it_lives(tmp_path: Path) -> None:
    alive, now = True, [0.0]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.setblocking(False)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000000"}
        watchdog = Watchdog(lambda: alive, environment=environment, clock=lambda: now[0])
        for now[0], told in ((100.0, True), (100.1, False), (109.9, False), (110.0, True)):
            watchdog.look()
            assert _received(receiver) == ([b"WATCHDOG=1"] if told else [])
        now[0], alive = 120.0, False
        watchdog.look()
        assert _received(receiver) == []


def _received(receiver: socket.socket) -> list[bytes]:
    try:
        return [receiver.recv(100)]
    except BlockingIOError:
        return []


def test_the_watchdog_of_another_process_is_not_ours(tmp_path: Path) -> None:
    asked: list[int] = []
    watchdog = Watchdog(lambda: bool(asked.append(1)), environment={"WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"})
    watchdog.look()
    assert asked == []
