"""Our own client, as it speaks with old servers, speaks with the hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

import hub_folders
from fuego_jenkins_remote.client.fserver.calls import Fserver as Server
from fuego_jenkins_remote.client.fserver.hub import FserverHub
from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.hub.app import make_app
from fuego_jenkins_remote.hub.fserver.settings import Fserver, Mode
from fuego_jenkins_remote.lab.fserver.book import ClaimBook
from fuego_jenkins_remote.lab.fserver.hub import FserverLab
from fuego_jenkins_remote.network.identities import new_call_id

from .conftest import TEAM, listening


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FserverHub]:
    """A client of a hub that listens."""
    hub_folders.init(tmp_path / "hub")
    engine = admin.open_data(tmp_path / "hub")
    admin.add_user(engine, "tim", teams=[f"{TEAM}:admin"])
    old = Fserver(mode=Mode.OPEN, team=TEAM)
    admin.let_old_clients_in(engine, old)
    with listening(make_app(engine, tmp_path / "hub", send=lambda *_: True, old_clients=old)) as url:
        yield FserverHub(Server(f"{url}/cgi-bin"), "timslab:tim")
    engine.dispose()
    hub_folders.remove(tmp_path / "hub")


def test_a_request_of_ours_is_put_run_and_removed(client: FserverHub) -> None:
    client.put_board("timslab", "bbb", {"architecture": "arm"})
    assert [str(one.name) for one in client.boards()] == ["bbb"]
    wanted = {"call_id": new_call_id(), "selector": "timslab:bbb", "test": "Functional.bc", "variables": {"A": "1"}}
    [made] = client.put(wanted).requests
    assert [one.id for one in client.put(wanted).requests] == [made.id]
    assert (
        client.update_request(made.id, {"state": "running", "start_time": "2026-11-23T18:12:00+0000"}).state
        == "running"
    )
    assert client.update_request(made.id, {"state": "error", "reason": "no power"}).reason == "no power"
    client.cancel(made.id, new_call_id(), "")
    assert client.requests()[0] == []


def test_what_a_lab_of_today_gives_back_ends_since_it_cannot_wait_again(client: FserverHub, tmp_path: Path) -> None:
    lab = FserverLab(client.server, "timslab", ClaimBook(tmp_path / "book"), sleep=lambda _: None)
    client.put_board("timslab", "bbb", {"architecture": "arm"})
    wanted = {"call_id": new_call_id(), "selector": "timslab:bbb", "test": "Functional.bc"}
    [made] = client.put(wanted).requests
    [attempt] = lab.claim("a-claim-id", ["bbb"]).attempts
    lab.give_back(attempt.id, new_call_id(), "its people are asked", approval="requested")
    ended = client.request(made.id)
    assert (ended.state, "given back by timslab: its people are asked" in ended.reason) == ("error", True)
    assert "put it anew" in ended.reason


def test_the_hub_is_a_server_of_that_kind_and_its_own_all_the_same(client: FserverHub) -> None:
    root = client.url.removesuffix("/cgi-bin")
    assert requests.get(f"{root}/fserver.py?action=query_boards", timeout=10).text == "OK\n"
    assert requests.get(f"{root}/api/v1/", timeout=10).json()["service"] == "hub"
