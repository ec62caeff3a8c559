"""A hub that holds what old clients put, and one that knows none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.hub import admin, schema
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown
from fuego_jenkins_remote.hub.fserver.settings import Fserver, Mode
from packed_tests import pack

from .conftest import TEAM, OldHub

QEMU = {"facts": {"arch": "x86_64"}}
RUN = "run-2026-11-23_18:12:00-Functional.bc-on-newlab:qemu"


def claim(held: OldHub, board: str = "qemu") -> Any:
    body = {"claim_id": f"claim-{held.clock():%H%M%S%f}", "boards": [board], "wait": 0}
    return held.today("newlab", "POST", "/claims", json=body)["attempts"]


def test_a_request_waits_for_the_labs_people(held: OldHub) -> None:
    held.today("newlab", "PUT", "/boards/newlab/qemu", json=QEMU)
    old_id = held.put_request("newlab:qemu")
    request = held.newest()
    assert [(one["host"], one["answer"]) for one in request["approvals"]] == [("newlab", "requested")]
    assert claim(held) == []
    held.today("tim", "PUT", f"/requests/{request['id']}/approvals/newlab", json={"answer": "approved"})
    assert [one["request"]["id"] for one in claim(held)] == [request["id"]]
    assert held.done("query_requests").split() == [old_id]


def test_a_board_waits_for_them_too(held: OldHub) -> None:
    held.put_board("newlab:bbb")
    board = held.today("tim", "GET", "/boards/newlab/bbb")
    assert board["maintenance"] == "an old client has put it, and nobody has approved of it yet"
    held.done("update_board", host="newlab", board="bbb", cpu="am335x")
    held.today("tim", "DELETE", "/boards/newlab/bbb/maintenance")
    assert "is changed by its lab" in held.failed("update_board", host="newlab", board="bbb", cpu="x")


def test_a_board_that_a_lab_has_put_is_not_changed(held: OldHub) -> None:
    held.today("newlab", "PUT", "/boards/newlab/qemu", json=QEMU)
    assert "is changed by its lab" in held.failed("put_board", host="newlab", board="qemu", architecture="z80")


def test_no_lab_is_made(held: OldHub) -> None:
    assert "there is no lab timslab" in held.failed("put_board", host="timslab", board="bbb")


def test_reports_of_labs_are_not_taken(held: OldHub) -> None:
    held.today("newlab", "PUT", "/boards/newlab/qemu", json=QEMU)
    request = held.put_request("newlab:qemu")
    assert "with a token only" in held.failed("update_request", request_id=request, state="done")


def test_only_what_old_clients_have_put_is_shown(held: OldHub) -> None:
    held.today("newlab", "PUT", "/boards/newlab/qemu", json=QEMU)
    body = {"call_id": "call-00001", "selector": "newlab:qemu", "test": "Functional.bc"}
    held.today("tim", "POST", "/requests", 201, json=body)
    assert held.done("query_requests") == ""
    mine = held.put_request("newlab:qemu")
    assert held.done("query_requests").split() == [mine]


def test_so_many_wait_and_no_more(held: OldHub, monkeypatch: pytest.MonkeyPatch) -> None:
    from fuego_jenkins_remote.hub.fserver import requests

    monkeypatch.setitem(requests.MOST_WAITING, False, 2)
    held.today("newlab", "PUT", "/boards/newlab/qemu", json=QEMU)
    held.put_request("newlab:qemu")
    held.put_request("newlab:qemu")
    answer = held.failed("put_request", host="newlab", board="qemu", test_name="Functional.bc")
    assert "2 requests of old clients wait already" in answer


@pytest.mark.parametrize("action", ["put_run", "put_test", "put_binary_package"])
def test_packages_are_not_taken(held: OldHub, action: str) -> None:
    assert (
        held.upload(action, "run-x.frp", b"x")
        == "FAIL\nError: packages and runs are not for clients without a token here"
    )


@pytest.mark.parametrize("action", ["query_runs", "query_tests", "query_binary_tests", "get_run_url", "remove_run"])
def test_packages_are_not_told_of(held: OldHub, action: str) -> None:
    assert held.failed(action) == "Error: packages and runs are not for clients without a token here"


@pytest.mark.parametrize("path", ["runs", "tests", "binary-packages"])
def test_packages_are_not_shown(held: OldHub, path: str) -> None:
    assert held.client.get(f"/fserver.py/{path}").text.startswith("FAIL\n")


def test_packages_that_everybody_with_a_token_has_are_not_given(held: OldHub, tmp_path: Path) -> None:
    content = pack(tmp_path).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    held.today("tim", "PUT", f"/packages/{digest}", 201, content=content)
    held.today("tim", "POST", "/tests", 201, json={"package": digest})
    for path in ("files/tests/Functional.hello-1.0-1.ftp", "data/tests/Functional.hello-1.0-1.yaml"):
        assert held.client.get(f"/fserver-data/{path}").status_code == 404, path


# -- who may not be let in


def test_nothing_is_there_unless_the_operator_says_so(start: Callable[..., OldHub]) -> None:
    off = start(Fserver(mode=Mode.OFF, team=TEAM))
    assert off.client.post("/cgi-bin/fserver.py?action=query_boards").status_code in {404, 405}
    assert off.client.get("/fserver-data/data/boards/board-a:b.json").status_code == 404


def test_a_team_that_is_not_there_is_said(old: OldHub) -> None:
    with pytest.raises(NotKnown, match="there is no team nosuch"):
        admin.let_old_clients_in(old.engine, Fserver(mode=Mode.OPEN, team="nosuch"))


def test_a_person_of_that_name_is_not_put_into_the_team(old: OldHub) -> None:
    admin.add_token(old.engine, "fserver", kind="user")
    with pytest.raises(Conflict, match="there is a person called fserver"):
        admin.let_old_clients_in(old.engine, Fserver(mode=Mode.OPEN, team=TEAM))


@pytest.mark.parametrize("mode", [Mode.OPEN, Mode.HELD])
def test_what_was_for_labs_that_are_another_teams_now_is_not_there(mode: Mode, start: Callable[..., OldHub]) -> None:
    there = start(Fserver(mode=mode, team=TEAM))
    there.today("newlab", "PUT", "/boards/newlab/qemu", json=QEMU)
    request = there.put_request("newlab:qemu")
    with there.hub.change() as change:
        change.conn.execute(schema.labs.update().values(team="annslab"))
        run = {"name": RUN, "host": "newlab", "board": "qemu", "test": "Functional.bc", "at": change.at}
        words = dict.fromkeys(("spec", "status", "timestamp", "request", "run_key", "run_url"), "")
        change.conn.execute(schema.fserver_runs.insert().values(**run, **words))
    assert there.done("query_requests") == ""
    for action in ("get_request", "update_request", "remove_request"):
        assert "does not exist" in there.failed(action, request_id=request, state="running"), action
    assert there.newest()["state"] == "pending"
    if mode is Mode.OPEN:
        assert there.done("query_runs") == ""
        for action in ("get_run_url", "remove_run"):
            assert "does not exist" in there.failed(action, run_id=RUN), action


def test_of_another_team_old_clients_leave_the_first(old: OldHub) -> None:
    admin.add_user(old.engine, "eva", teams=["second"])
    admin.let_old_clients_in(old.engine, Fserver(mode=Mode.OPEN, team="second"))
    with old.hub.reading() as conn:
        from fuego_jenkins_remote.hub.statements import people

        assert people.places_of(conn, "fserver") == ["second:member"]
