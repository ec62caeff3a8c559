"""A lab's side of an old Fuego server's requests, from the shell: look, answer, run, deliver."""

from __future__ import annotations

import pytest

from fserver_server import FserverServer

from ..conftest import Ftc, Lab


@pytest.fixture
def asked(old_lab: Lab, ftc: Ftc, server: FserverServer) -> str:
    """A request for a board of the lab, by somebody of elsewhere."""
    assert ftc("put-board", "-b", "local1").status == 0
    request = ftc("put-request", "-q", "-b", "demolab:local1", "-t", "Functional.hello", "--timeout", "1m").out.strip()
    server.requests[request]["requestor"] = "otherlab:bob"
    return request


def let_all_run(lab: Lab) -> None:
    (lab.conf.parent / "lab-policy.yaml").write_text("default: run\nrules: []\n")


def test_what_waits_for_the_labs_boards_is_shown_and_not_taken(asked: str, ftc: Ftc, server: FserverServer) -> None:
    assert ftc("get-request", "-q").out == f"{asked}\n"
    assert f"ftc run-request {asked}" in ftc("get-request").out
    assert server.requests[asked]["state"] == "pending"


def test_the_doctor_wants_no_vision_where_runs_go_to_that_server(old_lab: Lab, ftc: Ftc) -> None:
    found = {one["what"]: one for one in ftc("lab", "doctor", "--json").json()}  # type: ignore[attr-defined]
    assert (found["vision"]["state"], found["vision"]["text"]) == ("ok", "none: runs go to fserver")


@pytest.mark.slow
def test_a_request_is_run_by_hand_and_its_run_delivered(asked: str, ftc: Ftc, lab: Lab, server: FserverServer) -> None:
    let_all_run(lab)
    ran = ftc("run-request", asked, "-q")
    assert ran.status == 0, ran.err
    assert server.requests[asked]["state"] == "running"
    delivered = ftc("put-run", ran.out.split()[-1])
    assert delivered.status == 0, delivered.err
    kept = server.requests[asked]
    assert (kept["state"], kept["reason"]) == ("done", "PASS")
    assert f"run-{kept['run_id']}" in server.data
    shown = ftc("query-request", asked)
    assert "PASS" in shown.out


@pytest.mark.slow
def test_the_labs_people_are_asked_and_say_yes_on_their_own_machine(
    asked: str, ftc: Ftc, server: FserverServer
) -> None:
    refused = ftc("run-request", asked)
    assert refused.status == 1
    assert "this lab's people decide" in refused.err
    assert server.requests[asked]["state"] == "pending"
    assert ftc("list-requests", "--held", "-q").out == f"{asked}\n"
    assert ftc("approve-request", asked).status == 0
    assert ftc("run-request", asked).status == 0


def test_a_no_is_told_to_the_server_at_once(asked: str, ftc: Ftc, server: FserverServer) -> None:
    done = ftc("reject-request", asked, "--reason", "not on this board")
    assert done.status == 0, done.err
    kept = server.requests[asked]
    assert (kept["state"], kept["reason"]) == ("error", "refused by ann of demolab: not on this board")
    assert ftc("approve-request", asked).status == 1


def test_one_answers_for_the_own_lab_only(old_lab: Lab, ftc: Ftc, server: FserverServer) -> None:
    server.boards["timslab:bbb"] = {"host": "timslab", "board": "bbb"}
    other = ftc("put-request", "-q", "-b", "timslab:bbb", "-t", "Functional.hello").out.strip()
    refused = ftc("approve-request", other)
    assert (refused.status, "is for a board of timslab" in refused.err) == (1, True)
