"""Requests: put by clients of one kind, seen and run by the other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import sqlalchemy as sa

from .conftest import OldHub

QEMU = {"facts": {"arch": "x86_64"}}
PUT = {"call_id": "call-00001", "selector": "timslab:bbb", "test": "Functional.bc", "timeout": 600}


def record(old: OldHub, request: str) -> Any:
    return json.loads(old.done("get_request", request_id=request))


def claim(old: OldHub) -> Any:
    """What the lab of today gets for its board."""
    body = {"claim_id": f"claim-{old.clock():%H%M%S%f}", "boards": ["qemu"], "wait": 0}
    return old.today("newlab", "POST", "/claims", json=body)["attempts"]


# -- put by an old client


def test_an_id_has_the_moment_and_the_board(old: OldHub) -> None:
    old.put_board()
    answer = old.ask("put_request", host="timslab", board="bbb", test_name="Functional.hello_world")
    assert re.fullmatch(r"OK\nrequest_id=request-2026-11-23_18:11:4\d\.\d\d-timslab:bbb\n", answer)


def test_two_of_one_moment_have_ids_of_their_own(old: OldHub) -> None:
    old.put_board()
    first = old.put_request()
    old.clock.at = old.clock.at.replace(microsecond=0)
    old.clock.forward(seconds=-1)
    ids = {first, old.put_request()}
    old.clock.forward(seconds=-1)
    old.clock.at = old.clock.at.replace(microsecond=0)
    ids |= {old.put_request(), old.put_request()}
    assert len(ids) == 4


def test_a_large_campaign_for_one_board_does_not_pass_its_ids_one_by_one(old: OldHub) -> None:
    old.put_board()
    looks: list[str] = []
    sa.event.listen(old.engine, "before_cursor_execute", lambda *call: looks.append(call[2]))
    parts = [{"selector": "timslab:bbb", "test": "Functional.bc"}] * 100
    for number in range(2):
        old.today("tim", "POST", "/campaigns", 201, json={"call_id": f"call-{number:05}", "parts": parts})
    assert len(old.done("query_requests").split()) == 200
    assert len([one for one in looks if "old_id = " in one and one.startswith("SELECT")]) < 2 * (100 + 20)


def test_any_field_is_kept_and_the_server_sets_the_state(old: OldHub) -> None:
    old.put_board()
    request = old.put_request(priority="high", größe="XL", state="done", request_time="x")
    found = record(old, request)
    assert found["request_time"] == request[len("request-") :][: len("2026-11-23_18:11:47.14")]
    assert (found["state"], found["priority"], found["größe"], found["requestor"]) == (
        "pending",
        "high",
        "XL",
        "otherlab:ann",
    )


def test_people_of_today_see_what_was_asked_for(old: OldHub) -> None:
    old.put_board()
    old.put_request(test_spec="quick", reboot="true", timeout="2h")
    request = old.newest()
    assert (request["test"], request["spec"], request["timeout"]) == ("Functional.hello_world", "quick", 7200)
    assert (request["requester"], request["team"], request["selector"]) == ("fserver", "oldteam", "timslab:bbb")
    assert (request["options"]["reboot"], request["state"]) == (True, "pending")
    assert request["notes"] == "put by an old client, for otherlab:ann"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"test_name": "Functional.漢字"}, "is no test name"),
        ({"test_name": "bc; rm -rf /"}, "is no test name"),
        ({"test_name": ""}, "the test name is empty"),
        ({"test_spec": "../x"}, "is no spec name"),
        ({"timeout": "soon"}, "is no time limit"),
        ({"reboot": "perhaps"}, "reboot is true or false"),
        ({"dynamic_vars": "LD_PRELOAD=x"}, "belongs to the lab"),
        ({"dynamic_vars": "A=$(reboot)"}, "may not stand in the value"),
        ({"x" * 101: "y"}, "at most 60 fields"),
        ({"x": "y" * 4001}, "at most 60 fields"),
        ({"x": "a\0b"}, "cannot be kept"),
    ],
)
def test_what_no_lab_could_run_is_refused(old: OldHub, fields: dict[str, str], why: str) -> None:
    old.put_board()
    wanted = {"host": "timslab", "board": "bbb", "test_name": "Functional.bc", **fields}
    assert why in old.failed("put_request", **wanted)


def test_what_newer_clients_send_beside_is_asked_for(old: OldHub) -> None:
    old.put_board()
    sent = {"phases": "pr", "dynamic_vars": "LOOPS=3,SIZE=1 k", "call_id": "call-00007", "notes": "please"}
    request = old.put_request(**sent)
    made = old.newest()
    assert (made["phases"], made["variables"]) == ("pr", {"LOOPS": "3", "SIZE": "1 k"})
    assert made["notes"].endswith("please")
    assert record(old, request)["dynamic_vars"] == "LOOPS=3,SIZE=1 k"
    assert old.put_request(**sent) == request
    assert old.done("query_requests").split() == [request]


def test_a_board_that_is_not_there_is_said(old: OldHub) -> None:
    answer = old.ask("put_request", host="timslab", board="no", test_name="Functional.bc")
    assert answer == "FAIL\nError: No matching board 'timslab:no' registered with server"


# -- run by the other


def test_a_lab_of_today_runs_what_an_old_client_put(old: OldHub) -> None:
    old.today("newlab", "PUT", "/boards/newlab/qemu", json=QEMU)
    request = old.put_request("newlab:qemu")
    [got] = claim(old)
    assert record(old, request)["state"] == "pending"
    attempt = f"/requests/{got['request']['id']}/attempts/1"
    old.today("newlab", "POST", f"{attempt}/start", json={"call_id": "start-0001"})
    found = record(old, request)
    assert (found["state"], found["start_time"][:10]) == ("running", "2026-11-23")
    key = f"newlab/{got['request']['id']}.1"
    old.today("newlab", "POST", f"{attempt}/tested", json={"call_id": "tested-001", "status": "PASS", "run_key": key})
    body = {"call_id": "done-00001", "target": "vision", "run_url": "https://vision.example/runs/1"}
    old.today("newlab", "POST", f"{attempt}/done", json=body)
    found = record(old, request)
    assert (found["state"], "done_time" in found) == ("done", True)
    assert re.fullmatch(r"2026-11-23_18:11:\d\d-Functional.hello_world-on-newlab:qemu", found["run_id"])
    assert old.done("query_runs", host="newlab").strip() == f"run-{found['run_id']}"
    assert old.done("get_run_url", run_id=f"run-{found['run_id']}").endswith(".frp")


def test_an_old_lab_runs_what_somebody_put_today(old: OldHub) -> None:
    old.put_board()
    [made] = old.today("tim", "POST", "/requests", 201, json=PUT)["requests"]
    [request] = old.done("query_requests", host="timslab", state="pending").split()
    assert record(old, request) | {"request_time": ""} == {
        "host": "timslab",
        "board": "bbb",
        "request_time": "",
        "requestor": "tim",
        "state": "pending",
        "test_name": "Functional.bc",
        "test_spec": "default",
        "timeout": "10m",
    }
    old.update(request, state="running", start_time="2026-11-23T18:12:00+0000")
    now = old.today("tim", "GET", f"/requests/{made['id']}")
    assert (now["state"], now["host"], now["board"], now["attempt"]) == ("running", "timslab", "bbb", 1)
    old.update(request, state="done", run_id="2026-11-23_18:12:00-Functional.bc-on-timslab:bbb")
    now = old.today("tim", "GET", f"/requests/{made['id']}")
    assert now["state"] == "done"
    assert [one["to"] for one in now["history"]] == ["pending", "assigned", "running", "tested", "done"]


def test_an_error_of_an_old_lab_comes_with_its_reason(old: OldHub) -> None:
    old.put_board()
    request = old.put_request()
    old.update(request, state="error", reason="board did not boot")
    assert (record(old, request)["state"], record(old, request)["reason"]) == ("error", "board did not boot")
    assert "board did not boot" in old.newest()["reason"]


@pytest.mark.parametrize(
    "said",
    [{"package": None, "variables": {"A": "1"}}, {"selector": "arch=arm"}, {"phases": "r"}, {"private": True}],
)
def test_what_an_old_lab_would_not_understand_is_not_shown(old: OldHub, said: dict[str, Any]) -> None:
    old.put_board()
    old.today("tim", "POST", "/requests", 201, json={**PUT, **said})
    assert old.done("query_requests") == ""


def test_who_calls_off_a_request_today_takes_it_from_old_labs(old: OldHub) -> None:
    old.put_board()
    [made] = old.today("tim", "POST", "/requests", 201, json=PUT)["requests"]
    [request] = old.done("query_requests").split()
    old.today("tim", "POST", f"/requests/{made['id']}/cancel", json={"call_id": "cancel-001", "reason": "not needed"})
    found = record(old, request)
    assert (found["state"], found["reason"]) == ("error", "not needed")
    assert "too late" in old.failed("update_request", request_id=request, state="done")


# -- what old labs say


def test_a_request_is_taken_once(old: OldHub) -> None:
    old.put_board()
    request = old.put_request()
    first = old.update(request, state="running", start_time="2026-11-23T18:12:00+0000")
    assert old.update(request, state="running", start_time="2026-11-23T18:12:00+0000") == first
    again = old.failed("update_request", request_id=request, state="running", start_time="2026-11-23T18:12:01+0000")
    assert again == "Error: the request is running already on timslab:bbb: it cannot be taken again"


def test_a_board_has_one_request_at_a_time(old: OldHub) -> None:
    old.put_board()
    first, second = old.put_request(), old.put_request()
    old.update(first, state="running", start_time="2026-11-23T18:12:00+0000")
    assert "has another request" in old.failed("update_request", request_id=second, state="running")


def test_what_a_lab_of_today_has_is_not_reported_by_others(old: OldHub) -> None:
    old.today("newlab", "PUT", "/boards/newlab/qemu", json=QEMU)
    request = old.put_request("newlab:qemu")
    claim(old)
    assert "cannot be taken again" in old.failed("update_request", request_id=request, state="running")
    assert "with a client of today" in old.failed("update_request", request_id=request, state="done")


def test_only_what_labs_say_is_changed(old: OldHub) -> None:
    old.put_board()
    request = old.put_request()
    answer = old.failed("update_request", request_id=request, host="evil")
    assert answer == "Error - can't change field 'host' in request"
    assert record(old, request)["host"] == "timslab"


def test_times_that_are_none_stop_nobody_elses_query(old: OldHub) -> None:
    old.put_board()
    request = old.put_request()
    old.update(request, state="running", start_time="yesterday evening")
    assert old.done("query_requests", state="error").split() == [request]
    assert record(old, request)["reason"] == "Could not parse start_time of yesterday evening"
    assert old.newest()["state"] == "running"


@pytest.mark.parametrize("began", ["0001-01-01T00:00:00+1400", "9999-12-31T20:00:00+0000"])
def test_times_at_the_ends_of_the_calendar_stop_nobody_elses_query(old: OldHub, began: str) -> None:
    old.put_board()
    request = old.put_request()
    old.update(request, state="running", start_time=began)
    assert old.done("query_requests").split() == [request]


def test_words_of_others_hide_nothing_of_what_a_lab_of_today_has_done(old: OldHub) -> None:
    old.today("newlab", "PUT", "/boards/newlab/qemu", json=QEMU)
    request = old.put_request("newlab:qemu")
    old.update(request, reason="hurry up", start_time="2001-01-01T00:00:00+0000")
    [attempt] = claim(old)
    path = f"/requests/{attempt['request']['id']}/attempts/1/start"
    old.today("newlab", "POST", path, json={"call_id": "call-00001", "build_url": "", "build_number": ""})
    found = record(old, request)
    assert found["start_time"].startswith("2026-11-23T18:11:4")
    assert found["reason"] == "hurry up"


# -- the old time limit


def test_a_run_after_twelve_hours_still_updates_the_request(old: OldHub) -> None:
    from fuego_jenkins_remote.hub.sweeper import sweep

    old.put_board()
    request = old.put_request()
    old.update(request, state="running", start_time="2026-11-23T18:12:00+0000")
    old.clock.forward(hours=12, minutes=5)
    sweep(old.hub)
    assert old.newest()["state"] == "lost"
    found = record(old, request)
    assert (found["state"], found["done_time"]) == ("error", "2026-11-24_06:12:00.00")
    assert "not completed within 12 hours of starting (at 2026-11-23T18:12:00)" in found["reason"]
    assert old.done("query_requests", state="running") == ""
    old.update(request, state="done", run_id="2026-11-23_18:12:00-Functional.hello_world-on-timslab:bbb")
    found = record(old, request)
    assert (found["state"], "reason" in found, old.newest()["state"]) == ("done", False, "done")


# -- lists


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["bbb", "rpi3-1", "minnow"]),
        ({"host": "timslab"}, ["bbb", "rpi3-1"]),
        ({"host": "timslab", "state": "pending"}, ["rpi3-1"]),
        ({"state": "running"}, ["bbb"]),
        ({"state": "*ing"}, ["bbb", "rpi3-1", "minnow"]),
        ({"state": "nosuch"}, []),
        ({"board": "minnow"}, ["minnow"]),
        ({"test_name": "*bc"}, ["rpi3-1"]),
        ({"requestor": "otherlab:*"}, ["bbb", "rpi3-1", "minnow"]),
        ({"requestor": "Jürgen"}, []),
        ({"run_id": "*"}, ["bbb", "rpi3-1", "minnow"]),
    ],
)
def test_requests_are_found_by_their_fields(old: OldHub, filters: dict[str, str], found: list[str]) -> None:
    for place in ("timslab:bbb", "timslab:rpi3-1", "otherlab:minnow"):
        old.put_board(place)
    running = old.put_request("timslab:bbb")
    old.put_request("timslab:rpi3-1", test_name="Functional.bc")
    old.put_request("otherlab:minnow")
    old.update(running, state="running", start_time="2026-11-23T18:12:00+0000")
    assert [one.rpartition(":")[2] for one in old.done("query_requests", **filters).split()] == found


# -- remove


def test_a_removed_request_is_called_off_and_kept_by_the_hub(old: OldHub) -> None:
    old.put_board()
    request = old.put_request()
    assert old.done("remove_request", request_id=request) == f"Request file {request}.json was removed\n"
    assert old.newest()["state"] == "cancelled"
    assert old.failed("get_request", request_id=request).endswith("does not exist")
    assert old.failed("remove_request", request_id=request).endswith("does not exist\n")


def test_a_removed_request_that_runs_at_an_old_lab_frees_its_board(old: OldHub) -> None:
    old.put_board()
    request = old.put_request()
    old.update(request, state="running", start_time="2026-11-23T18:12:00+0000")
    old.done("remove_request", request_id=request)
    assert old.newest()["state"] == "cancelled"
    assert old.today("tim", "GET", "/boards/timslab/bbb")["busy"] is False


@pytest.mark.parametrize("request_id", ["../boards/board-timslab:bbb", "request-nosuch", "a\nb", "x" * 500, "."])
@pytest.mark.parametrize("action", ["get_request", "update_request", "remove_request"])
def test_an_id_that_is_none_leads_nowhere(old: OldHub, action: str, request_id: str) -> None:
    old.put_board()
    assert "Error: " in old.failed(action, request_id=request_id)
