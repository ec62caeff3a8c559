"""Several processes of one hub behind one address."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

import hub_folders
import postgresql_server
from child_process import is_alive
from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.hub.serve import serve
from fuego_jenkins_remote.service.ready import CannotServe
from until import until

from ..running import Running, running_hub

pytestmark = pytest.mark.slow


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Running]:
    with running_hub(tmp_path / "hub", workers=3) as made:
        yield made


def workers_of(hub: Running) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{hub.process.pid}/task/{hub.process.pid}/children").read_text().split()]


def patiently(call: Callable[[], Any]) -> Any:
    """A call with a call id is made again until it is answered: as `ftc` and the bridge do."""
    until_when = time.monotonic() + 90
    while True:
        try:
            return call()
        except (requests.RequestException, AssertionError):  # killed before, or in the middle of its answer
            if time.monotonic() > until_when:
                raise
            time.sleep(0.1)


def test_sqlite_refuses_more_than_one_process(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    with pytest.raises(CannotServe, match="several processes need PostgreSQL"):
        serve(tmp_path / "hub", "127.0.0.1", 0, workers=2)


def test_a_waiting_lab_is_answered_whichever_process_takes_the_put(hub: Running) -> None:
    for number in range(8):
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(hub.claim, f"claim-{number:04}", 20)
            time.sleep(0.3)
            hub.put(f"call-{number:06}")
            began = time.monotonic()
            [attempt] = waiting.result()["attempts"]
            assert time.monotonic() - began < 15
        which = f"/requests/{attempt['request']['id']}/attempts/{attempt['number']}"
        given = {"call_id": f"back-{number:06}", "reason": "busy", "approval": "rejected"}
        answer = hub.call("demolab", "POST", f"{which}/give-back", json=given)
        assert answer.status_code == 200, answer.text


def test_a_newer_claim_lets_an_older_one_go_in_another_process(hub: Running) -> None:
    with ThreadPoolExecutor(6) as pool:
        older = pool.submit(hub.claim, "claim-0000", 25)
        time.sleep(1)
        for number in range(1, 6):
            newer = pool.submit(hub.claim, f"claim-{number:04}", 25)
            began = time.monotonic()
            assert older.result()["attempts"] == []
            assert time.monotonic() - began < 15
            time.sleep(1)  # all have heard of the newer one
            older = newer
        hub.put("call-000001")
        assert len(older.result()["attempts"]) == 1


def test_term_stops_all_and_ends_well(hub: Running) -> None:
    pids = workers_of(hub)
    assert len(pids) == 3
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(hub.claim, f"claim-{number:04}", 25) for number in range(4)]
        time.sleep(3)
        hub.process.terminate()
        assert all(one.result()["attempts"] == [] for one in waiting)
    assert hub.process.wait(timeout=90) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_workers_do_not_outlive_who_started_them(hub: Running) -> None:
    pids = workers_of(hub)
    hub.process.kill()
    hub.process.wait()
    until(lambda: not any(is_alive(pid) for pid in pids))


def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(hub: Running) -> None:
    """Puts and claims go on while one worker after the other is killed; each put is claimed once."""
    boards = [f"b{number}" for number in range(6)]
    for board in boards:
        body = {"facts": {"arch": "arm64"}, "open_to": ["*"]}
        assert hub.call("demolab", "PUT", f"/boards/demolab/{board}", json=body).status_code == 200
    put: list[str] = []
    claimed: list[tuple[str, int]] = []
    done = threading.Event()

    def ask(number: int) -> None:
        body = {"call_id": f"call-{number:06}", "selector": "arch=arm64", "test": "Functional.hello"}
        answer = patiently(lambda: _ok(hub.call("ann", "POST", "/requests", json=body), 201))
        put.append(answer["requests"][0]["id"])

    def take(board: str) -> None:
        number = 0
        while not (done.is_set() and len(claimed) >= len(put)):
            number += 1
            answer = patiently(lambda n=number: hub.claim(f"claim-{board}-{n:04}", 0.5, board))
            for attempt in answer["attempts"]:
                which = (attempt["request"]["id"], attempt["number"])
                claimed.append(which)
                # No error: three of them would take the board out.
                body = {"call_id": f"end-{board}-{number:04}", "reason": "the board is needed"}
                path = f"/requests/{which[0]}/attempts/{which[1]}/cancelled"
                patiently(lambda p=path, b=body: _ok(hub.call("demolab", "POST", p, json=b)))

    with ThreadPoolExecutor(10) as pool:
        takers = [pool.submit(take, board) for board in boards]
        askers = [pool.submit(ask, number) for number in range(60)]
        for _ in range(3):
            time.sleep(0.7)
            os.kill(workers_of(hub)[0], signal.SIGKILL)
        for one in askers:
            one.result()
        done.set()
        for one in takers:
            one.result(timeout=60)
    assert len(set(put)) == 60
    assert sorted(claimed) == sorted((request_id, 1) for request_id in put)
    until(lambda: len(workers_of(hub)) == 3)


def _ok(answer: requests.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_database_that_restarts_is_found_again(tmp_path: Path) -> None:
    with postgresql_server.running() as server:
        url = server.create("fuego")
        admin.init_data(tmp_path / "hub", url)
        with running_hub(tmp_path / "hub", workers=2) as hub:
            hub.put("call-000001")
            server.stop()
            assert requests.get(f"{hub.url}/readyz", timeout=40).status_code == 503
            answer = hub.call("ann", "GET", "/requests")
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
            again = postgresql_server.start(server.folder, {}, port=server.port)
            try:
                until(lambda: requests.get(f"{hub.url}/readyz", timeout=40).status_code == 200, seconds=60)
                [attempt] = hub.claim("claim-0001", 0)["attempts"]
                assert attempt["number"] == 1
                with ThreadPoolExecutor(1) as pool:
                    time.sleep(3)  # both listen again
                    hub.call("demolab", "PUT", "/boards/demolab/b2", json={"facts": {}, "open_to": ["*"]})
                    waiting = pool.submit(hub.claim, "claim-0002", 25, "b2")
                    time.sleep(0.5)
                    body = {"call_id": "call-000002", "selector": "demolab:b2", "test": "Functional.hello"}
                    assert hub.call("ann", "POST", "/requests", json=body).status_code == 201
                    began = time.monotonic()
                    assert len(waiting.result()["attempts"]) == 1
                    assert time.monotonic() - began < 20
            finally:
                again.stop()


def test_one_process_leads_and_another_one_takes_over(tmp_path: Path) -> None:
    from fuego_jenkins_remote.hub.messages import Messenger
    from fuego_jenkins_remote.hub.waiters import Waiters

    hub_folders.init(tmp_path / "hub")
    url = str(admin.address_of(tmp_path / "hub"))
    engine = admin.open_data(tmp_path / "hub")
    both = [Messenger(url, engine, Waiters(), {}) for _ in range(2)]
    try:
        for one in both:
            one.start()
            until(lambda one=one: one.hears)
        until(lambda: sum(one.leads for one in both) == 1)
        leader, other = sorted(both, key=lambda one: not one.leads)
        leader.stop()
        until(lambda: other.leads)
    finally:
        for one in both:
            one.stop()
        engine.dispose()
