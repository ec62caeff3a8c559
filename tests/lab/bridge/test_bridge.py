"""The bridge's threads, over a hub and a Jenkins that answer as they are told."""

from __future__ import annotations

import itertools
import os
import threading
import time
from typing import Any

import pytest

from bridge_world import Running, attempt, won
from fuego_jenkins_remote.client.errors import ClientError, NotAllowed, NotFound, Unreachable
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.bridge import sweeping
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jenkins.overview import SeenNode
from fuego_jenkins_remote.lab.serving.hands import in_hand
from fuego_jenkins_remote.lab.serving.serve import only_one
from fuego_jenkins_remote.network.identities import AttemptId
from until import until

# -- claims


def test_an_idle_board_is_claimed_for_and_its_request_taken_through(running: Running) -> None:
    running.start()
    assert running.ready.wait(90)
    until(lambda: running.hub.waiting == ("bbb",))
    which = running.hub.put(0)
    running.job_asks(which)
    running.job_ends(which)
    until(lambda: running.phase(which) == "closed")
    assert running.bench.jenkins.triggered == 1
    assert [one[0] for one in running.hub.told if one[0] != "heartbeat"] == ["start", "tested", "done"]


def test_nothing_is_claimed_for_a_board_that_works(running: Running) -> None:
    running.start()
    which = running.hub.put(0)
    running.job_asks(which)
    before = len(running.hub.claimed)
    time.sleep(0.3)
    assert {boards for _, boards in running.hub.claimed[before:]} <= {()}


def test_a_board_that_got_free_is_claimed_for_at_once(running: Running) -> None:
    running.start()
    first = running.hub.put(0)
    running.job_asks(first)
    second = running.hub.put(1)
    running.job_ends(first)
    until(lambda: running.phase(second))


def test_a_newer_claim_takes_the_older_ones_place(running: Running, lab: Any) -> None:
    for name in ("ccc", "ddd"):
        (lab.fuego_ro / "boards" / f"{name}.board").write_text('ARCHITECTURE="arm"\n')
    running.bench.jenkins.seen_nodes = [SeenNode(name=name, online=True) for name in ("bbb", "ccc", "ddd")]
    running.hub.names = ["bbb", "ccc"]
    running.start()
    until(lambda: running.hub.waiting == ("bbb", "ccc"))
    running.hub.put(0, "bbb")
    until(lambda: running.hub.waiting == ("ccc",))
    running.hub.names.append("ddd")  # the lab shares one more
    until(lambda: running.hub.waiting == ("ccc", "ddd"))
    until(lambda: sum(thread.name.startswith("claim-") for thread in threading.enumerate()) == 1)
    assert len(running.bench.journal.open_claims()) == 1


def test_a_board_that_is_withdrawn_or_without_a_node_is_not_claimed_for(running: Running) -> None:
    running.start()
    until(lambda: running.hub.waiting == ("bbb",))
    running.bench.jenkins.seen_nodes = [SeenNode(name="bbb", online=False)]
    until(lambda: running.bridge and not running.bridge.looking.free())
    running.hub.put(0)
    # The claim that waited may have won it; no other is made.
    until(lambda: {boards for _, boards in running.hub.claimed} == {("bbb",), ()})
    since = len(running.hub.claimed)
    time.sleep(0.15)
    assert {boards for _, boards in running.hub.claimed[since:]} <= {()}


def test_a_claim_that_waits_is_told_of_cancels(running: Running, lab: Any) -> None:
    (lab.fuego_ro / "boards" / "ccc.board").write_text('ARCHITECTURE="arm"\n')
    running.bench.jenkins.seen_nodes = [SeenNode(name=name, online=True) for name in ("bbb", "ccc")]
    running.hub.names = ["bbb", "ccc"]
    running.start()
    which = running.hub.put(0)
    running.job_asks(which)
    running.bench.jenkins.build(building=True)
    until(lambda: running.hub.waiting == ("ccc",))
    running.hub.tell_of(which)
    until(lambda: running.bench.jenkins.stopped)
    entry = running.bench.journal.entry(which)
    assert entry.stopping


def test_the_word_to_stop_comes_at_once_when_all_boards_work_too(running: Running) -> None:
    running.start()
    which = running.hub.put(0)
    running.job_asks(which)
    running.bench.jenkins.build(building=True)
    until(lambda: running.hub.claimed[-1][1] == ())
    running.hub.tell_of(which)
    until(lambda: running.bench.jenkins.stopped)


# -- a hub that is away


def test_while_the_hub_is_away_at_the_start_the_bridge_waits_for_it(running: Running) -> None:
    running.hub.trouble = Unreachable("the hub cannot be reached")
    running.start()
    assert not running.ready.wait(0.3)
    running.hub.breaks(None)
    assert running.ready.wait(90)
    which = running.hub.put(0)
    until(lambda: running.phase(which))


def test_a_claim_whose_answer_was_lost_is_asked_again_by_its_id(running: Running) -> None:
    running.start()
    until(lambda: running.hub.waiting)
    lost = running.hub.claimed[-1][0]
    running.hub.breaks(Unreachable("gone"))
    until(lambda: [claim for claim, _ in running.hub.claimed].count(lost) >= 3)
    which = running.hub.put(0)
    running.hub.breaks(None)
    until(lambda: running.phase(which))
    assert running.bench.journal.open_claims() == []


def test_a_claim_of_the_bridge_before_is_asked_first(running: Running) -> None:
    running.bench.journal.begin_claim("claim-of-before", ["bbb"])
    which = running.hub.put(0)
    running.start()
    until(lambda: running.phase(which))
    assert running.hub.claimed[0] == ("claim-of-before", ())


def test_a_claim_that_the_hub_cannot_take_any_more_holds_up_nothing(running: Running) -> None:
    running.bench.journal.begin_claim("claim-of-before", ["withdrawn"])
    running.hub.claim_error = NotFound("there is no board demolab:withdrawn", status=404)
    running.start()
    assert running.ready.wait(90)
    running.hub.claim_error = None
    which = running.hub.put(0)
    until(lambda: running.phase(which))
    assert running.bench.journal.open_claims() == []


@pytest.mark.parametrize("at_start", [True, False])
def test_a_token_that_the_hub_does_not_accept_ends_the_bridge(running: Running, at_start: bool) -> None:
    refusal = NotAllowed("the token has expired", status=401)
    if at_start:
        running.hub.trouble = refusal
        running.start()
    else:
        running.start()
        assert running.ready.wait(90)
        running.hub.breaks(refusal)
    until(lambda: running.failed)
    assert running.failed is refusal


def test_a_lab_without_a_jenkins_says_so(running: Running) -> None:
    def none() -> Any:
        raise LabError("no Jenkins is set")

    running.bench.steps.controller = none
    running.start()
    assert str(until(lambda: running.failed)) == "no Jenkins is set"


# -- steps


@pytest.mark.parametrize(
    "error", [Unreachable("gone"), LabError("odd"), OSError("disk full"), RuntimeError("nobody expected this")]
)
def test_a_step_that_raises_is_taken_again_with_growing_pauses(
    running: Running, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[float] = []
    original = running.bench.steps.take

    def take(which: AttemptId) -> float | None:
        tries.append(time.monotonic())
        if len(tries) < 5:
            raise error
        return original(which)  # type: ignore[no-any-return]

    monkeypatch.setattr(running.bench.steps, "take", take)
    running.start()
    which = running.hub.put(0)
    until(lambda: running.phase(which) == "gate")
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert pauses[0] >= 0.02
    assert pauses[1] >= 0.04
    assert pauses[2] >= 0.08


def test_a_job_at_the_gate_does_not_undo_the_pauses(running: Running) -> None:
    running.start()
    which = running.hub.put(0)
    until(lambda: running.phase(which) == "gate")
    running.hub.step_error = Unreachable("gone")
    (running.bench.folders.request_folder(which) / "gate.ask").write_text("0123456789abcdef 3 x\n")
    began = time.monotonic()
    until(lambda: running.hub.was_told("start"))
    time.sleep(0.6)
    told, longest = running.hub.was_told("start"), 0.32
    assert told <= 6 + (time.monotonic() - began) / longest  # not one each hundredth of a second
    running.hub.step_error = None
    until(lambda: running.phase(which) == "run")


def test_one_attempt_in_trouble_holds_up_no_other(running: Running, lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (lab.fuego_ro / "boards" / "ccc.board").write_text('ARCHITECTURE="arm"\n')
    running.bench.jenkins.seen_nodes = [SeenNode(name=name, online=True) for name in ("bbb", "ccc")]
    running.hub.names = ["bbb", "ccc"]
    original, stuck = running.bench.steps.take, threading.Event()

    def take(which: AttemptId) -> float | None:
        if which == attempt(0):
            stuck.wait(30)
        return original(which)  # type: ignore[no-any-return]

    monkeypatch.setattr(running.bench.steps, "take", take)
    running.start()
    running.hub.put(0, "bbb")
    other = running.hub.put(1, "ccc")
    until(lambda: running.phase(other) == "gate")
    stuck.set()


def test_what_was_open_is_taken_up_again(running: Running) -> None:
    journal = running.bench.journal
    journal.begin_claim("claim-0001", ["bbb"])
    journal.end_claim("claim-0001", (won(0, "bbb"),), time.time())
    running.start()
    until(lambda: running.phase(attempt(0)) == "gate")


def test_what_a_person_left_in_the_middle_is_given_back_and_its_board_free_again(running: Running) -> None:
    running.start()
    assert running.ready.wait(90)
    journal = running.bench.journal
    with in_hand(running.bench.lab.state_dir):
        journal.begin_claim("claim-0001", ["bbb"])
        journal.end_claim("claim-0001", (won(0, "bbb"),), time.time())
        journal.move(attempt(0), Phase.DECIDE, Phase.TRIGGER, time.time(), by_hand=1, called=1)
        time.sleep(0.3)
        assert running.phase(attempt(0)) == "trigger"
    until(lambda: running.phase(attempt(0)) == "closed")
    assert "give_back" in [told[0] for told in running.hub.told]
    until(lambda: running.hub.waiting == ("bbb",))


def test_a_run_that_was_packaged_by_hand_waits_for_who_made_it(running: Running) -> None:
    journal = running.bench.journal
    running.start()
    assert running.ready.wait(90)
    with in_hand(running.bench.lab.state_dir):
        journal.begin_claim("claim-0001", ["bbb"])
        journal.end_claim("claim-0001", (won(0, "bbb"),), time.time())
        journal.move(attempt(0), Phase.DECIDE, Phase.DELIVER, time.time(), by_hand=1)
    time.sleep(0.3)
    assert running.phase(attempt(0)) == "deliver"


# -- stopping


def test_a_stop_waits_for_no_claim(running: Running) -> None:
    running.start()
    until(lambda: running.hub.waiting)
    assert running.end() < 10


def test_a_stop_waits_for_no_hub_that_hangs(running: Running) -> None:
    running.hub.silent = threading.Event()
    running.start()
    time.sleep(0.05)
    assert running.end() < 10


def test_a_stop_waits_for_no_step_that_hangs(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, let_go = threading.Event(), threading.Event()

    def take(which: AttemptId) -> float:
        hangs.set()
        let_go.wait(30)
        return 1.0

    monkeypatch.setattr(running.bench.steps, "take", take)
    running.start()
    running.hub.put(0)
    assert hangs.wait(90)
    assert running.end() < 10
    let_go.set()


def test_of_two_bridges_for_one_state_dir_the_second_says_so(lab: Any) -> None:
    path = lab.state_dir / "bridge.lock"
    with only_one(path, "a much longer name"):
        pass
    with only_one(path, "rack7"):
        at_work = f"another ftc lab serve or poll is at work with {lab.state_dir}, for the lab rack7$"
        with pytest.raises(LabError, match=at_work):
            with only_one(path, "rack8"):
                pass
    with only_one(path):
        pass


# -- what is left over


def test_old_folders_of_closed_attempts_are_swept_away_and_open_ones_stay(running: Running) -> None:
    journal, folders = running.bench.journal, running.bench.folders
    journal.begin_claim("claim-0001", ["bbb"])
    journal.end_claim("claim-0001", (won(0, "bbb"),), time.time())
    journal.move(attempt(0), "decide", "deliver", time.time())
    long_ago = time.time() - sweeping.SWEEP_AFTER - 60
    for number in (0, 1, 2):
        folder = folders.request_folder(attempt(number))
        folder.mkdir()
        if number != 2:
            os.utime(folder, (long_ago, long_ago))
    running.hub.trouble = ClientError("away")
    running.start()
    until(lambda: not folders.request_folder(attempt(1)).exists())
    assert folders.request_folder(attempt(0)).exists()
    assert folders.request_folder(attempt(2)).exists()
