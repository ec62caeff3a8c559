"""Requests of an old Fuego server, from the shell."""

from __future__ import annotations

import pytest

from fserver_server import FserverServer

from ..conftest import Ftc

pytestmark = pytest.mark.usefixtures("old_lab")
TEST = ("-t", "Functional.hello_world")


@pytest.fixture(autouse=True)
def boards(server: FserverServer) -> None:
    for place, arch in (("timslab:bbb", "arm"), ("timslab:pi", "arm"), ("otherlab:minnow", "x86_64")):
        host, _, board = place.partition(":")
        server.boards[place] = {"host": host, "board": board, "architecture": arch}


def put(ftc: Ftc, *words: str) -> str:
    done = ftc("put-request", "-q", *words)
    assert done.status == 0, done.err
    return done.out.strip()


def test_a_request_has_the_fields_that_old_clients_send(ftc: Ftc, server: FserverServer) -> None:
    request = put(ftc, "-b", "timslab:bbb", *TEST, "-s", "quick", "--timeout", "5m")
    kept = server.requests[request]
    assert {key: kept[key] for key in ("host", "board", "test_name", "test_spec", "requestor", "timeout", "state")} == {
        "host": "timslab",
        "board": "bbb",
        "test_name": "Functional.hello_world",
        "test_spec": "quick",
        "requestor": "demolab:ann",
        "timeout": "5m",
        "state": "pending",
    }


def test_what_old_clients_may_not_know_is_sent_and_said(ftc: Ftc, server: FserverServer) -> None:
    done = ftc("put-request", "-b", "timslab:bbb", *TEST, "--dynamic-vars", "LOOPS=5", "--reboot", "true")
    assert "may pass these over: dynamic_vars, reboot" in done.err
    (kept,) = server.requests.values()
    assert (kept["dynamic_vars"], kept["reboot"]) == ("LOOPS=5", "true")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--retries", "1"), "retries"),
        (("--deadline", "2h"), "deadlines"),
        (("--private",), "private requests"),
        (("--git", "https://nobody.invalid/t.git", "--ref", "main"), "tests from git"),
        (("--team", "kernel"), "teams"),
        (("--priority", "90"), "priorities"),
        (("--notes", "gr\u00fc\u00dfe"), "letters beyond ASCII"),
        (("-t", "Functional.other"), "boards, requests, runs, tests and binaries, and no more"),
    ],
)
def test_what_an_old_server_has_not_is_refused_before_anything_is_put(
    ftc: Ftc, server: FserverServer, words: tuple[str, ...], what: str
) -> None:
    refused = ftc("put-request", "-b", "timslab:bbb", *TEST, *words)
    assert refused.status == 1
    assert what in refused.err
    assert not server.requests


def test_any_of_several_boards_is_decided_at_once_for_the_one_with_least_to_do(ftc: Ftc, server: FserverServer) -> None:
    put(ftc, "-b", "timslab:bbb", *TEST)
    done = ftc("put-request", "-q", "arch=arm", *TEST)
    assert done.out.strip().endswith("-timslab:pi")
    assert "knows no 'any of these'" in ftc("put-request", "arch=arm", *TEST).err


def test_each_puts_one_for_every_board_that_takes_requests(ftc: Ftc, server: FserverServer) -> None:
    server.boards["timslab:pi"]["state"] = "offline"
    done = ftc("put-request", "-q", "arch=arm or arch=x86_64", *TEST, "--each")
    assert [line.rpartition("-")[2] for line in done.out.split()] == ["otherlab:minnow", "timslab:bbb"]


def test_what_is_put_of_several_is_told_where_the_rest_cannot_be(ftc: Ftc, server: FserverServer) -> None:
    def withdrawn(action: str, form: dict[str, str]) -> None:
        if action == "put_request" and server.requests:
            server.boards.clear()

    server.before = withdrawn
    refused = ftc("put-request", "arch=arm or arch=x86_64", *TEST, "--each")
    (there,) = server.requests
    assert (refused.status, f"before that 1 of 3 were put, and stay: {there}" in refused.err) == (1, True)


def test_a_board_that_nobody_knows_is_a_mistake_and_a_prefix_will_do(ftc: Ftc) -> None:
    assert put(ftc, "-b", "otherlab:min", *TEST).endswith("-otherlab:minnow")
    unknown = ftc("put-request", "-b", "timslab:nosuch", *TEST)
    assert (unknown.status, "nosuch" in unknown.err) == (2, True)


def test_the_same_key_again_is_the_same_request(ftc: Ftc, server: FserverServer) -> None:
    first = put(ftc, "-b", "timslab:bbb", *TEST, "--key", "nightly-2026-11-23")
    assert put(ftc, "-b", "timslab:bbb", *TEST, "--key", "nightly-2026-11-23") == first
    assert list(server.requests) == [first]


def test_requests_are_listed_newest_first_and_by_state(ftc: Ftc, server: FserverServer) -> None:
    first, second = put(ftc, "-b", "timslab:bbb", *TEST), put(ftc, "-b", "timslab:pi", *TEST)
    server.requests[first]["state"] = "running"
    assert ftc("list-requests", "-q").out.split() == [second, first]
    assert ftc("list-requests", "-q", "--state", "running").out.split() == [first]
    assert ftc("list-requests", "-q", "-b", "timslab:pi").out.split() == [second]
    assert ftc("list-requests", "--state", "lost").status == 1


def test_one_request_is_shown_with_how_its_run_ended(ftc: Ftc, server: FserverServer) -> None:
    request = put(ftc, "-b", "timslab:bbb", *TEST)
    run = "2026-11-23_18:00:00-Functional.hello_world-on-timslab:bbb"
    server.requests[request] |= {"state": "done", "run_id": run}
    server.data[f"run-{run}"] = {"name": "Functional.hello_world", "status": "FAIL"}
    shown = ftc("query-request", request)
    assert shown.status == 0, shown.err
    assert "FAIL" in shown.out
    assert f"run-{run}" in shown.out
    assert ftc("query-request", request, "--follow").status == 1


def test_waiting_ends_when_the_run_is_there(ftc: Ftc, server: FserverServer) -> None:
    run = "2026-11-23_18:00:00-Functional.hello_world-on-timslab:bbb"
    server.data[f"run-{run}"] = {"name": "Functional.hello_world", "status": "PASS"}

    def end_it(action: str, _form: dict[str, str]) -> None:
        if action == "get_request" and server.seen.count("get_request") == 2:
            for one in server.requests.values():
                one |= {"state": "done", "run_id": run}

    server.before = end_it
    done = ftc("put-request", "-b", "timslab:bbb", *TEST, "--wait")
    assert done.status == 0, done.err
    assert "done on timslab:bbb: PASS" in done.err


def test_a_state_that_nobody_knows_is_told_and_breaks_no_list(ftc: Ftc, server: FserverServer) -> None:
    request = put(ftc, "-b", "timslab:bbb", *TEST)
    server.requests[request]["state"] = "banana"
    assert ftc("list-requests", "-q").out.split() == [request]
    assert "'banana'" in ftc("query-request", request).out


def test_a_request_whose_file_is_torn_is_listed_with_the_reason(ftc: Ftc, server: FserverServer) -> None:
    request = put(ftc, "-b", "timslab:bbb", *TEST)

    def tear(action: str, _form: dict[str, str]) -> None:
        if action == "get_request":
            server.requests[request] = "{"  # type: ignore[assignment]

    server.before = tear
    [listed] = ftc("list-requests", "--json").json()
    assert (listed["id"], "is its file torn" in listed["reason"]) == (request, True)


def test_a_request_is_removed(ftc: Ftc, server: FserverServer) -> None:
    request = put(ftc, "-b", "timslab:bbb", *TEST)
    done = ftc("rm-request", request)
    assert (done.status, done.out) == (0, f"request {request} is removed\n")
    assert not server.requests
    assert ftc("rm-request", request).status == 1


def test_a_request_that_has_ended_is_removed_too_which_is_said(ftc: Ftc, server: FserverServer) -> None:
    request = put(ftc, "-b", "timslab:bbb", *TEST)
    server.requests[request]["state"] = "done"
    assert ftc("rm-request", request).out == f"request {request} is removed: it was done\n"


@pytest.mark.parametrize("request_id", ["20261123-101500123-k3j7x2m4", "../boards/board-timslab:bbb", "request-nosuch"])
def test_what_is_no_id_of_that_server_is_a_mistake(ftc: Ftc, server: FserverServer, request_id: str) -> None:
    assert ftc("query-request", request_id).status == 2
    assert not server.seen


def test_a_labs_word_on_a_request_by_hand(ftc: Ftc, server: FserverServer) -> None:
    request = put(ftc, "-b", "timslab:bbb", *TEST)
    done = ftc("update-request", request, "--state", "error", "--reason", "board is broken")
    assert (done.status, done.out) == (0, f"request {request} is error\n"), done.err
    kept = server.requests[request]
    assert (kept["state"], kept["reason"]) == ("error", "board is broken")
    assert kept["done_time"].endswith("+0000")


def test_a_time_that_would_break_the_servers_queries_is_not_sent(ftc: Ftc, server: FserverServer) -> None:
    request = put(ftc, "-b", "timslab:bbb", *TEST)
    assert ftc("update-request", request, "--state", "running", "--start-time", "yesterday evening").status == 2
    assert server.requests[request]["state"] == "pending"


@pytest.mark.parametrize(
    "words",
    [
        ("whoami",),
        ("list-teams",),
        ("list-campaigns",),
        ("query-request", "request-2026-11-23_18:11:47.14-timslab:bbb", "--why"),
        ("subscribe",),
        ("set-board", "timslab:bbb", "--maintenance", "off"),
        ("list-boards", "-r", "--match", "arch=arm"),
        ("show-test", "Functional.hello"),
    ],
)
def test_verbs_of_a_hub_say_that_an_old_server_has_no_such_thing(ftc: Ftc, words: tuple[str, ...]) -> None:
    refused = ftc(*words)
    assert refused.status in {1, 2}
    if refused.status == 1:
        assert "an old Fuego server" in refused.err
        assert "hub_url" in refused.err
    assert refused.err.count("\n") == 1


def test_letters_beyond_ascii_that_somebody_stored_are_named_as_what_breaks_a_query(
    ftc: Ftc, server: FserverServer
) -> None:
    server.requests["request-2026-11-23_18:11:47.14-timslab:bbb"] = {"state": "pending", "host": "timsl\u00e4b"}
    listed = ftc("list-requests", "--host", "timslab")
    assert listed.status == 1
    assert "letters beyond ASCII" in listed.err
