"""`ftc query-request --follow`: the console as it grows, what else happens, and the end."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from fuego_jenkins_remote.cli.following import LEFT_OUT

HUB = "http://127.0.0.1:1"
ONE = "20261123-101500123-k3j7x2m4"


def hub_says(*states: dict[str, Any]) -> None:
    """The answers to one question after the other."""
    common = {"id": ONE, "selector": "a:b", "test": "Functional.x", "host": "demolab", "board": "qemu", "attempt": 1}
    for version, state in enumerate(states, start=1):
        responses.get(f"{HUB}/api/v1/requests/{ONE}", json={**common, "version": version, **state})


RUN = (
    {"state": "pending", "host": None, "board": None, "attempt": 0, "told": "It waits: none is to be had."},
    {"state": "assigned", "queue_why": "waits for qemu"},
    {"state": "assigned", "queue_why": "waits for qemu, ETA 2 min"},
    {"state": "running", "log_tail": "+ make\n"},
    {"state": "running", "log_tail": "+ make\ncc -o x\nlin"},
    {"state": "tested", "status": "PASS", "log_tail": "+ make\ncc -o x\nlinked\nend"},
    {"state": "done", "status": "PASS", "run_url": "http://v/runs/1", "log_tail": "+ make\ncc -o x\nlinked\nend"},
)


@responses.activate
def test_the_console_goes_to_stdout_and_what_else_happens_to_stderr(ftc) -> None:
    hub_says(*RUN)
    result = ftc("query-request", "--follow", ONE, "--hub-url", HUB)
    assert result.status == 0
    assert result.out == "+ make\ncc -o x\nlinked\nend\n"
    assert result.err.splitlines() == [
        f"{ONE}: pending (It waits: none is to be had.)",
        f"{ONE}: assigned to demolab:qemu (waits for qemu)",
        f"{ONE}: assigned to demolab:qemu (waits for qemu, ETA 2 min)",
        f"{ONE}: running on demolab:qemu",
        f"{ONE}: tested on demolab:qemu: PASS, the run is on its way",
        f"{ONE}: done on demolab:qemu: PASS (http://v/runs/1)",
    ]


@responses.activate
def test_each_question_waits_for_what_is_newer(ftc) -> None:
    hub_says(*RUN)
    ftc("query-request", "--follow", ONE, "--hub-url", HUB)
    asked = [call.request.params for call in responses.calls]  # type: ignore[union-attr]
    assert asked[0] == {}
    assert [one["seen"] for one in asked[1:]] == [str(number) for number in range(1, len(RUN))]


@responses.activate
def test_for_programs_each_thing_is_an_object_in_a_line(ftc) -> None:
    hub_says(*RUN)
    lines = [
        json.loads(line) for line in ftc("query-request", "--follow", "--json", ONE, "--hub-url", HUB).out.splitlines()
    ]
    assert [line["state"] for line in lines if line["event"] == "state"] == [
        "pending", "assigned", "assigned", "running", "tested", "done",
    ]  # fmt: skip
    assert "".join(line["text"] for line in lines if line["event"] == "console") == "+ make\ncc -o x\nlinked\nend"
    assert lines[-1] == {
        "event": "end",
        "request": ONE,
        "state": "done",
        "status": "PASS",
        "in_time": True,
        "run_key": "",
        "run_url": "http://v/runs/1",
        "reason": "",
        "exit_status": 0,
    }


@responses.activate
def test_for_scripts_there_is_the_final_state_alone(ftc) -> None:
    hub_says(*RUN)
    result = ftc("query-request", "--follow", "-q", ONE, "--hub-url", HUB)
    assert (result.status, result.out, result.err) == (0, "done\n", "")


@responses.activate
@pytest.mark.parametrize(
    ("end", "status"),
    [
        ({"state": "done", "status": "SKIP"}, 0),
        ({"state": "done", "status": "FAIL"}, 1),
        ({"state": "error", "reason": "no run"}, 1),
        ({"state": "cancelled"}, 1),
    ],
)
def test_the_exit_status_is_as_with_wait(ftc, end: dict[str, Any], status: int) -> None:
    hub_says({"state": "running"}, end)
    assert ftc("query-request", "--follow", ONE, "--hub-url", HUB).status == status


@responses.activate
def test_a_gap_in_the_console_is_said(ftc) -> None:
    lines = [f"line {number} of a long console\n" for number in range(3000)]
    hub_says(
        {"state": "running", "log_tail": "".join(lines[:10])},
        {"state": "running", "log_tail": "".join(lines)[-16384:]},
        {"state": "done", "status": "PASS"},
    )
    shown = ftc("query-request", "--follow", ONE, "--hub-url", HUB).out.splitlines()
    assert shown[10] == LEFT_OUT
    assert shown[-1] == lines[-1].strip()


@responses.activate
def test_another_attempt_begins_another_console(ftc) -> None:
    hub_says(
        {"state": "running", "log_tail": "no such board\n"},
        {"state": "running", "attempt": 2, "board": "qemu2", "log_tail": "no such board, again\n"},
        {"state": "done", "attempt": 2, "board": "qemu2", "status": "PASS", "log_tail": "no such board, again\n"},
    )
    assert ftc("query-request", "--follow", ONE, "--hub-url", HUB).out == "no such board\nno such board, again\n"


@responses.activate
def test_what_a_terminal_would_act_upon_is_shown_as_what_it_is(ftc) -> None:
    hub_says({"state": "done", "status": "PASS", "log_tail": "\x1b[2Jgone\n"})
    assert ftc("query-request", "--follow", ONE, "--hub-url", HUB).out == "\\x1b[2Jgone\n"


@responses.activate
def test_ctrl_c_leaves_the_request_as_it_is_and_says_so(ftc) -> None:
    hub_says({"state": "running", "log_tail": "+ make\n"})

    def interrupted(_: object) -> tuple[int, dict[str, str], str]:
        raise KeyboardInterrupt

    responses.add_callback("GET", f"{HUB}/api/v1/requests/{ONE}", interrupted)
    result = ftc("query-request", "--follow", ONE, "--hub-url", HUB)
    assert (result.status, result.out) == (130, "+ make\n")
    assert f"not waiting any more; it goes on: ftc query-request {ONE} --follow" in result.err
    assert {call.request.method for call in responses.calls} == {"GET"}  # type: ignore[union-attr]
