"""A lab serves the requests of an old Fuego server: claimed by a mark, run as any other, ended there with the run."""

from __future__ import annotations

import contextlib

import pytest

import model_jenkins
from fserver_server import FserverServer
from fuego_jenkins_remote.client.errors import Conflict
from fuego_jenkins_remote.client.fserver.calls import Fserver
from fuego_jenkins_remote.client.fserver.hub import FserverHub
from fuego_jenkins_remote.lab.fserver import book
from fuego_jenkins_remote.lab.fserver.hub import ASIDE, LEFTOVERS_EVERY, LOOK_EVERY
from fuego_jenkins_remote.lab.fserver.marks import request_name
from fuego_jenkins_remote.network.identities import check_request_id

from .conftest import MortalFserver, World

NAME = "2026-11-23_10:15:00-Functional.hello-on-demolab:bbb"


def test_a_request_goes_the_whole_way(world: World, server: FserverServer) -> None:
    request = world.put()
    world.to_the_end(request)
    kept = server.requests[request]
    assert (kept["state"], kept["run_id"], kept["reason"]) == ("done", NAME, "PASS")
    assert kept["done_time"].endswith("+0000")
    metadata = server.data[f"run-{NAME}"]["metadata"]
    assert (metadata["fserver_request"], metadata["requester"]) == (request, "otherlab:ann")
    assert not world.journal.open_entries()


def test_what_a_request_says_reaches_the_script(world: World, server: FserverServer) -> None:
    world.put(phases="r", dynamic_vars="LOOPS=5,WORD=a b", reboot="true", timeout="90s")
    world.work(3)
    (folder,) = world.folders.requests.iterdir()
    arguments = (folder / "args").read_bytes().split(b"\0")
    assert arguments[:9] == [
        b"run-test",
        b"-b",
        b"bbb",
        b"-t",
        b"Functional.hello",
        b"-s",
        b"default",
        b"--timeout",
        b"90s",
    ]
    assert b"LOOPS=5,WORD=a b" in arguments
    assert arguments[arguments.index(b"--reboot") + 1] == b"true"


@pytest.mark.parametrize(
    "more", [{"test_name": "x; rm -rf /"}, {"test_spec": "../x"}, {"dynamic_vars": "PATH=/tmp"}, {"phases": "xyz"}]
)
def test_what_may_reach_no_script_ends_with_the_reason(
    world: World, server: FserverServer, more: dict[str, str]
) -> None:
    request = world.put(**more)
    world.work(4)
    assert server.requests[request]["state"] == "error"
    assert server.requests[request]["reason"]
    assert not world.scripts.started


def test_others_boards_and_hosts_are_left_alone(world: World, server: FserverServer) -> None:
    server.boards["otherlab:bbb"] = server.boards["demolab:pi"] = {}
    others = [world.put(host="otherlab"), world.put(board="pi")]
    world.work(3)
    assert {server.requests[one]["state"] for one in others} == {"pending"}


def test_one_at_a_time_for_a_board_the_oldest_first(world: World, server: FserverServer) -> None:
    first, second = world.put(), world.put()
    world.work(2)
    assert (server.requests[first]["state"], server.requests[second]["state"]) == ("running", "pending")


def test_a_test_longer_than_the_board_is_free_is_not_taken(world: World) -> None:
    world.put(timeout="2h")
    assert world.hub.claim("a-claim-id", ["bbb"], limits={"bbb": 3600}).attempts == ()
    assert world.hub.claim("b-claim-id", ["bbb"], limits={"bbb": 7200}).attempts


def test_who_finds_anothers_mark_backs_off(world: World, server: FserverServer) -> None:
    request = world.put()

    def another(seconds: float) -> None:
        server.requests[request] |= {"reason": "claimed by demolab (00000000.000000000000)"}

    world.hub._sleep = another  # type: ignore[method-assign]
    assert world.hub.claim("a-claim-id", ["bbb"]).attempts == ()
    assert server.requests[request]["reason"] == "claimed by demolab (00000000.000000000000)"
    assert not world.book.marks()


def test_an_old_lab_writes_no_mark_and_is_known_by_its_time(world: World, server: FserverServer) -> None:
    request = world.put()
    attempt = world.hub.claim("a-claim-id", ["bbb"]).attempts[0]
    server.requests[request]["start_time"] = "2026-11-23T10:00:09+0000"
    with pytest.raises(Conflict, match="somebody else"):
        world.hub.start(attempt.id, "nonce-of-a-build", "", "")


def test_of_two_bridges_one_wins(world: World, server: FserverServer) -> None:
    request = world.put()
    other = World(server, "second")
    other.now = world.now
    try:
        # The second one marks while the first one waits to look again.
        world.hub._sleep = lambda _: other.hub.server.change(  # type: ignore[method-assign]
            "update_request",
            {
                "request_id": request,
                "state": "running",
                "start_time": "2026-11-23T10:00:00+0000",
                "reason": f"claimed by demolab ({other.book.bridge}.000000000000)",
            },
        )
        assert world.hub.claim("a-claim-id", ["bbb"]).attempts == ()
    finally:
        other.close()


def test_the_pause_before_the_second_look_is_there(world: World) -> None:
    world.put()
    world.hub.claim("a-claim-id", ["bbb"])
    assert world.pauses == [3.0]


def test_a_claim_that_wins_nothing_comes_back_when_most_of_its_time_is_over(world: World) -> None:
    assert world.hub.claim("a-claim-id", ["bbb"], wait=25).attempts == ()
    assert world.pauses == [25]


def test_a_claim_says_again_what_it_has_won(world: World, server: FserverServer) -> None:
    world.put()
    won = world.hub.claim("a-claim-id", ["bbb"]).attempts
    asked = server.seen.count("update_request")
    assert [one.id for one in world.hub.claim("a-claim-id", ()).attempts] == [one.id for one in won]
    assert server.seen.count("update_request") == asked


def test_only_one_build_passes_the_gate(world: World) -> None:
    world.put()
    attempt = world.hub.claim("a-claim-id", ["bbb"]).attempts[0].id
    assert world.hub.start(attempt, "first-nonce", "", "")
    assert world.hub.start(attempt, "first-nonce", "", "")
    with pytest.raises(Conflict, match="another build"):
        world.hub.start(attempt, "second-nonce", "", "")


def test_a_request_that_is_removed_there_is_stopped_here(world: World, server: FserverServer) -> None:
    request = world.put()
    attempt = world.hub.claim("a-claim-id", ["bbb"]).attempts[0].id
    world.hub.start(attempt, "first-nonce", "", "")
    assert world.hub.heartbeats([{"attempt": str(attempt)}])[0].cancel is False
    del server.requests[request]
    world.now += LOOK_EVERY
    assert world.hub.heartbeats([{"attempt": str(attempt)}])[0].cancel is True
    with pytest.raises(Conflict):
        world.hub.cancelled(attempt, "call-id-1", "stopped")


def test_its_test_is_ended_and_nothing_delivered(world: World, server: FserverServer) -> None:
    request = world.put()
    while not any(script.at == "testing" for script in world.jenkins.scripts):
        world.work()
    (entry,) = world.journal.open_entries()
    del server.requests[request]
    world.now += LOOK_EVERY
    assert world.steps.beat(entry)
    world.work(6)
    assert not world.journal.open_entries()
    assert not server.requests
    assert not server.data


def test_signs_of_life_cost_the_server_a_look_a_minute(world: World, server: FserverServer) -> None:
    world.put()
    attempt = world.hub.claim("a-claim-id", ["bbb"]).attempts[0].id
    before = len(server.seen)
    for _ in range(50):
        world.hub.heartbeat(attempt)
    assert len(server.seen) - before == 1


def test_a_run_after_the_servers_own_limit_still_ends_the_request(world: World, server: FserverServer) -> None:
    request = world.put()
    attempt = world.hub.claim("a-claim-id", ["bbb"]).attempts[0].id
    world.hub.start(attempt, "first-nonce", "", "")
    server.requests[request] |= {"state": "error", "reason": "Request timed out."}
    world.hub.tested(attempt, "call-id-1", "PASS", "", "")
    world.hub.done(attempt, "call-id-2", "fserver", f"http://f/fserver-data/files/runs/{NAME}/")
    assert (server.requests[request]["state"], server.requests[request]["run_id"]) == ("done", NAME)


def test_an_error_names_the_run_that_shows_why(
    world: World, server: FserverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_jenkins, "RUN", "torn")
    request = world.put()
    world.to_the_end(request)
    world.work(3)
    (run,) = server.data
    told = server.requests[request]
    assert (told["state"], f"run-{told['run_id']}") == ("error", run)
    assert FserverHub(Fserver(server.url), "demolab:ann").request(request).run_key == run


def test_what_another_has_taken_meanwhile_is_not_given_our_run(world: World, server: FserverServer) -> None:
    request = world.put()
    attempt = world.hub.claim("a-claim-id", ["bbb"]).attempts[0].id
    world.hub.error(attempt, "call-id-1", "no-run", "", "")
    server.requests[request]["start_time"] = "2026-11-23T11:00:00+0000"
    world.hub.run_came(attempt, f"http://f/fserver-data/files/runs/{NAME}/")
    assert "run_id" not in server.requests[request]


def test_a_request_that_another_has_taken_meanwhile_is_left_as_it_is(world: World, server: FserverServer) -> None:
    request = world.put()
    attempt = world.hub.claim("a-claim-id", ["bbb"]).attempts[0].id
    server.requests[request]["start_time"] = "2026-11-23T11:00:00+0000"
    with pytest.raises(Conflict):
        world.hub.error(attempt, "call-id-1", "no-run", "", "")
    assert server.requests[request]["state"] == "running"


@pytest.mark.slow
def test_an_update_that_the_server_forgets_is_written_again(world: World, server: FserverServer) -> None:
    request = world.put()
    world.work(3)
    forgotten = []

    def forget(action: str, form: dict[str, str]) -> None:
        if form.get("state") == "done" and len(forgotten) < 2:
            forgotten.append(dict(form))
            for name in {*form} - {"request_id"}:
                del form[name]

    server.before = forget
    world.to_the_end(request)
    assert len(forgotten) == 2
    assert server.requests[request]["state"] == "done"


@pytest.mark.slow
def test_the_labs_people_are_asked_and_their_yes_counts(world: World, server: FserverServer) -> None:
    world.policy("default: ask\nrules: []\n")
    request = world.put()
    world.work(3)
    kept = server.requests[request]
    assert kept["state"] == "pending"
    assert "waits for the people of demolab" in kept["reason"]
    (asked,) = world.book.asked()
    world.work(5)
    assert not world.jenkins.scripts
    world.book.approve(asked.request, "tim", world.now)
    world.to_the_end(request)
    assert server.requests[request]["state"] == "done"


def test_nobody_is_of_the_labs_own_team_by_saying_so(world: World, server: FserverServer) -> None:
    (world.root / "ro/conf/lab-policy.yaml").unlink()
    request = world.put(requestor="demolab:tim")
    world.work(5)
    assert server.requests[request]["state"] == "pending"
    assert world.book.asked()


def test_a_rule_for_requesters_lets_theirs_run(world: World, server: FserverServer) -> None:
    world.policy('default: refuse\nrules:\n  - users: ["otherlab:*"]\n    do: run\n')
    known, unknown = world.put(), world.put(requestor="strangers:bob")
    world.to_the_end(known, unknown)
    assert server.requests[known]["state"] == "done"
    assert server.requests[unknown]["state"] == "error"
    assert "refused by demolab" in server.requests[unknown]["reason"]


@pytest.mark.slow
def test_what_is_given_back_is_left_alone_for_a_while(world: World, server: FserverServer) -> None:
    request = world.put()
    board = world.root / "ro/boards/bbb.board"
    text = board.read_text()
    board.unlink()
    world.work(3)
    claims = server.seen.count("update_request")
    world.work(3)
    assert server.requests[request]["state"] == "pending"
    assert server.seen.count("update_request") == claims
    board.write_text(text)
    world.now += ASIDE
    world.to_the_end(request)
    assert server.requests[request]["state"] == "done"


@pytest.mark.slow
def test_a_yes_still_counts_when_the_request_was_given_back_for_another_reason(
    world: World, server: FserverServer
) -> None:
    world.policy("default: ask\n")
    request = world.put()
    world.work(3)
    [asked] = world.book.asked()
    world.book.approve(asked.request, "ann", world.now)
    [attempt] = world.hub.claim("a-claim-id", ["bbb"]).attempts
    world.hub.give_back(attempt.id, "a-call-id", "the board is taken")
    world.now += ASIDE + 1
    world.to_the_end(request)
    assert (world.book.asked(), server.requests[request]["state"]) == ([], "done")


def test_what_was_tried_too_often_holds_up_no_other(
    world: World, server: FserverServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "MAX_ATTEMPTS", 1)
    tired = world.put()
    [attempt] = world.hub.claim("a-claim-id", ["bbb"]).attempts
    world.hub.give_back(attempt.id, "a-call-id", "not now")
    world.now += ASIDE + 1
    other = world.put()
    [attempt] = world.hub.claim("b-claim-id", ["bbb"]).attempts
    assert attempt.request.raw["fserver_request"] == other
    assert server.requests[tired]["state"] == "pending"


def test_a_request_whose_file_is_torn_holds_up_no_other(world: World, server: FserverServer) -> None:
    torn, other = world.put(), world.put()
    whole = server.requests[torn]

    def tear(action: str, form: dict[str, str]) -> None:
        is_read = action == "get_request" and form["request_id"] == torn
        server.requests[torn] = "{" if is_read else whole  # type: ignore[assignment]

    server.before = tear
    world.to_the_end(other)
    assert server.requests[other]["state"] == "done"


def test_a_mark_of_ours_that_belongs_to_no_claim_is_taken_off(world: World, server: FserverServer) -> None:
    request = world.put()
    mark = f"claimed by demolab ({world.book.bridge}.0123456789ab)"
    server.requests[request] |= {"state": "running", "start_time": "2026-11-23T09:00:00+0000", "reason": mark}
    world.now += LEFTOVERS_EVERY
    world.to_the_end(request)
    assert server.requests[request]["state"] == "done"


def test_health_is_told_beside_what_the_lab_wishes(world: World, server: FserverServer) -> None:
    world.put()
    told = world.hub.put_health("demolab", "bbb", "offline", "its node is offline")
    assert (told.health, told.health_reason, told.online) == ("offline", "its node is offline", True)
    well = world.hub.put_health("demolab", "bbb", "online")
    assert (well.health, well.health_reason, well.up) == ("online", "", True)


def test_a_request_has_one_name_here_that_folders_can_have(world: World) -> None:
    from fuego_jenkins_remote.fuego.fserver_format import RequestId

    one = RequestId.parse(world.put())
    assert request_name(one) == request_name(RequestId.parse(str(one)))
    assert check_request_id(request_name(one))


@pytest.mark.slow
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_kill_at_each_call_leaves_one_test_and_one_run(
    world: World, server: FserverServer, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.to_the_end(world.put())
    calls = MortalFserver.calls
    assert 10 < calls < 200
    for at in range(calls):
        server.requests.clear()
        server.files.clear()
        server.data.clear()
        other = World(server)
        request = other.put()
        monkeypatch.setattr(MortalFserver, "calls", 0)
        monkeypatch.setattr(MortalFserver, "dies_at", at)
        monkeypatch.setattr(MortalFserver, "dies_before", before)
        with contextlib.closing(other):
            for _ in range(60):
                other.work()
                if server.requests[request]["state"] in {"done", "error"} and not other.journal.open_entries():
                    break
                if server.requests[request]["state"] == "pending":
                    other.now += ASIDE
            kept = server.requests[request]
            assert (kept["state"], kept.get("run_id")) == ("done", NAME), (at, kept)
            assert len(other.scripts.started) == 1, at
            assert list(server.data) == [f"run-{NAME}"], at
