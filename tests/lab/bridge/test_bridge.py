"""The bridge's threads, over a hub and a Jenkins that answer as they are told."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from fuego_jenkins_remote.client.errors import ClientError, NotAllowed, NotFound, Unreachable
from fuego_jenkins_remote.client.values import Attempt, Beaten, Board, Claims, Request
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.bridge import claiming, in_touch, looking, rounds, schedule, sweeping
from fuego_jenkins_remote.lab.bridge.bridge import Bridge
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jenkins.overview import SeenNode
from fuego_jenkins_remote.lab.serving.hands import in_hand
from fuego_jenkins_remote.lab.serving.serve import only_one
from fuego_jenkins_remote.network.identities import AttemptId

REQUEST = "20261123-101500123-k3j7x2m{}"
_T = TypeVar("_T")


def attempt(number: int) -> AttemptId:
    """The attempt of the request that was put as number `number`."""
    return AttemptId(REQUEST.format("abcdefg"[number]), 1)


def until(condition: Callable[[], _T | None], seconds: float = 5) -> _T:
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)
    return value


@dataclass
class Hub:
    """Gives requests to claims that wait; a newer claim lets the older one go, empty."""

    names: list[str] = field(default_factory=lambda: ["bbb"])
    pending: list[tuple[int, str]] = field(default_factory=list)
    cancels: list[AttemptId] = field(default_factory=list)
    waiting: tuple[str, ...] = ()
    claimed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    told: list[tuple[Any, ...]] = field(default_factory=list)
    trouble: Exception | None = None
    claim_error: Exception | None = None
    step_error: Exception | None = None
    silent: threading.Event | None = None
    health: dict[str, tuple[str, str]] = field(default_factory=dict)
    rounds: list[list[dict[str, str]]] = field(default_factory=list)
    over: set[AttemptId] = field(default_factory=set)
    wanted_stopped: set[AttemptId] = field(default_factory=set)
    limits: dict[str, float] = field(default_factory=dict)
    instance: str = ""
    changed: threading.Condition = field(default_factory=threading.Condition)
    _newest: str = ""

    def boards(self, *, host: str) -> list[Board]:
        if self.silent:
            self.silent.wait(30)
        if self.trouble:
            raise self.trouble
        return [self._board(name) for name in self.names]

    def put_health(self, host: str, board: str, health: str, reason: str = "") -> Board:
        self.health[board] = (health, reason)
        return self._board(board)

    def _board(self, name: str) -> Board:
        health, reason = self.health.get(name, ("online", ""))
        return Board.from_json({"host": "demolab", "name": name, "health": health, "health_reason": reason})

    def heartbeats(self, beats: Sequence[Mapping[str, str]]) -> list[Beaten]:
        self.rounds.append([dict(one) for one in beats])
        if self.trouble:
            raise self.trouble
        answers = []
        for one in beats:
            which = AttemptId.parse(one["attempt"])
            state, cancel = "over" if which in self.over else "running", which in self.wanted_stopped
            answers.append(Beaten(attempt=which, lease_seconds=60, cancel=cancel, state=state))
        return answers

    def claim(
        self,
        claim_id: str,
        boards: Sequence[str],
        *,
        wait: float = 0,
        limits: Mapping[str, float] | None = None,
        instance: str = "",
    ) -> Claims:
        self.limits, self.instance = dict(limits or {}), instance
        self.claimed.append((claim_id, tuple(boards)))
        if self.trouble or self.claim_error:
            raise self.trouble or self.claim_error or AssertionError
        with self.changed:
            if wait:
                self._newest, self.waiting = claim_id, tuple(boards)
                self.changed.notify_all()
            end = time.monotonic() + wait
            while True:
                found = [one for one in self.pending if one[1] in boards]
                if found or self.cancels or self.trouble or time.monotonic() >= end or self._newest != claim_id:
                    break
                self.changed.wait(max(0.0, end - time.monotonic()))
            if self.trouble:
                raise self.trouble
            for one in found:
                self.pending.remove(one)
            cancels, self.cancels = tuple(self.cancels), []
            return Claims(attempts=tuple(_won(*one) for one in found), cancels=cancels)

    def put(self, number: int, board: str = "bbb") -> AttemptId:
        """Somebody has put a request."""
        with self.changed:
            self.pending.append((number, board))
            self.changed.notify_all()
        return attempt(number)

    def breaks(self, error: Exception | None) -> None:
        """All calls, waiting ones too, get an error; None: no more."""
        with self.changed:
            self.trouble = error
            self.changed.notify_all()

    def tell_of(self, cancelled: AttemptId) -> None:
        with self.changed:
            self.cancels.append(cancelled)
            self.changed.notify_all()

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        if verb not in {"start", "heartbeat", "tested", "done", "error", "give_back", "cancelled"}:
            raise AttributeError(verb)

        def call(which: AttemptId, *said: Any, **more: Any) -> Any:
            self.told.append((verb, which, time.monotonic()))
            if self.trouble or self.step_error:
                raise self.trouble or self.step_error or AssertionError
            return {"cancel": False}

        return call

    def was_told(self, verb: str) -> int:
        return sum(one[0] == verb for one in self.told)


def _won(number: int, board: str) -> Attempt:
    which = attempt(number)
    data = {"id": which.request, "state": "assigned", "selector": f"demolab:{board}", "test": "Functional.hello"}
    request = Request.from_json({**data, "team": "demolab", "timeout": 60})
    return Attempt(request=request, number=1, board=board, lease_seconds=60, approved_by=None)


@dataclass
class Running:
    """A bridge in a thread."""

    bench: Any
    hub: Hub
    ready: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    failed: Exception | None = None
    thread: threading.Thread | None = None
    bridge: Bridge | None = None

    def start(self) -> None:
        self.bridge = Bridge(self.bench.steps, ready=self.ready.set, stop=self.stop)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        assert self.bridge
        try:
            self.bridge.run()
        except Exception as error:
            self.failed = error

    def end(self) -> float:
        """Stop it; the seconds that took."""
        began = time.monotonic()
        self.stop.set()
        if self.bridge and self.thread:
            self.bridge.wake()
            self.thread.join(10)
            assert not self.thread.is_alive()
        return time.monotonic() - began

    def phase(self, which: AttemptId) -> str:
        entry = self.bench.journal.entry(which)
        return str(entry.phase) if entry else ""

    def job_asks(self, which: AttemptId) -> None:
        folder = self.bench.folders.request_folder(which)
        until(lambda: self.phase(which) == "gate")
        (folder / ".gate.ask").write_text("0123456789abcdef 3 http://127.0.0.1:1/job/3/\n")
        (folder / ".gate.ask").rename(folder / "gate.ask")
        until(lambda: self.phase(which) == "run")

    def job_ends(self, which: AttemptId) -> None:
        entry = self.bench.folders.outbox / f".{which}.tmp"
        entry.mkdir()
        (entry / "outcome.json").write_text('{"outcome":"ran"}')
        (entry / "run").mkdir()
        (entry / "run" / "run.json").write_text('{"name":"Functional.hello","status":"PASS","metadata":{}}')
        entry.rename(self.bench.folders.outbox_folder(which))


@pytest.fixture
def running(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A bridge that is not started yet; its pauses are short."""
    for module in (schedule, claiming, in_touch):
        monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)
    for module in (schedule, claiming):
        monkeypatch.setattr(module, "LONGEST_PAUSE", 0.32)
    monkeypatch.setattr(in_touch, "BOARDS_EVERY", 0.1)
    monkeypatch.setattr(looking, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(rounds, "ROUND", 0.05)
    bench.steps.clock = time.time
    hub = Hub()
    bench.steps.hub = lambda: hub
    one = Running(bench, hub)
    yield one
    one.end()
    hub.breaks(Unreachable("the test is over"))
    if hub.silent:
        hub.silent.set()
    for thread in threading.enumerate():
        if thread.name.startswith(("claim-", "boards", "look", "rounds", "step-", "sweep")):
            thread.join(5)


# -- claims


def test_an_idle_board_is_claimed_for_and_its_request_taken_through(running: Running) -> None:
    running.start()
    assert running.ready.wait(5)
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
    until(lambda: running.phase(second), 1.0)


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
    time.sleep(0.15)
    # The claim that waited may have won it; no other is made.
    assert {boards for _, boards in running.hub.claimed} == {("bbb",), ()}


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
    until(lambda: running.bench.jenkins.stopped, 1)


# -- a hub that is away


def test_while_the_hub_is_away_at_the_start_the_bridge_waits_for_it(running: Running) -> None:
    running.hub.trouble = Unreachable("the hub cannot be reached")
    running.start()
    assert not running.ready.wait(0.3)
    running.hub.breaks(None)
    assert running.ready.wait(5)
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
    assert running.ready.wait(5)
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
        assert running.ready.wait(5)
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
    time.sleep(0.6)
    assert 1 <= running.hub.was_told("start") <= 7  # not one each hundredth of a second
    running.hub.step_error = None
    until(lambda: running.phase(which) == "run")


def test_one_attempt_in_trouble_holds_up_no_other(running: Running, lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (lab.fuego_ro / "boards" / "ccc.board").write_text('ARCHITECTURE="arm"\n')
    running.bench.jenkins.seen_nodes = [SeenNode(name=name, online=True) for name in ("bbb", "ccc")]
    running.hub.names = ["bbb", "ccc"]
    original, stuck = running.bench.steps.take, threading.Event()

    def take(which: AttemptId) -> float | None:
        if which == attempt(0):
            stuck.wait(20)
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
    journal.end_claim("claim-0001", (_won(0, "bbb"),), time.time())
    running.start()
    until(lambda: running.phase(attempt(0)) == "gate")


def test_what_a_person_left_in_the_middle_is_given_back_and_its_board_free_again(running: Running) -> None:
    running.start()
    assert running.ready.wait(5)
    journal = running.bench.journal
    with in_hand(running.bench.lab.state_dir):
        journal.begin_claim("claim-0001", ["bbb"])
        journal.end_claim("claim-0001", (_won(0, "bbb"),), time.time())
        journal.move(attempt(0), Phase.DECIDE, Phase.TRIGGER, time.time(), by_hand=1, called=1)
        time.sleep(0.3)
        assert running.phase(attempt(0)) == "trigger"
    until(lambda: running.phase(attempt(0)) == "closed")
    assert "give_back" in [told[0] for told in running.hub.told]
    until(lambda: running.hub.waiting == ("bbb",))


def test_a_run_that_was_packaged_by_hand_waits_for_who_made_it(running: Running) -> None:
    journal = running.bench.journal
    running.start()
    assert running.ready.wait(5)
    with in_hand(running.bench.lab.state_dir):
        journal.begin_claim("claim-0001", ["bbb"])
        journal.end_claim("claim-0001", (_won(0, "bbb"),), time.time())
        journal.move(attempt(0), Phase.DECIDE, Phase.DELIVER, time.time(), by_hand=1)
    time.sleep(0.3)
    assert running.phase(attempt(0)) == "deliver"


# -- stopping


def test_a_stop_waits_for_no_claim(running: Running) -> None:
    running.start()
    until(lambda: running.hub.waiting)
    assert running.end() < 1


def test_a_stop_waits_for_no_hub_that_hangs(running: Running) -> None:
    running.hub.silent = threading.Event()
    running.start()
    time.sleep(0.05)
    assert running.end() < 2


def test_a_stop_waits_for_no_step_that_hangs(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, let_go = threading.Event(), threading.Event()

    def take(which: AttemptId) -> float:
        hangs.set()
        let_go.wait(20)
        return 1.0

    monkeypatch.setattr(running.bench.steps, "take", take)
    running.start()
    running.hub.put(0)
    assert hangs.wait(5)
    assert running.end() < 2
    let_go.set()


def test_of_two_bridges_for_one_state_dir_the_second_says_so(lab: Any) -> None:
    path = lab.state_dir / "bridge.lock"
    with only_one(path):
        with pytest.raises(LabError, match=f"another ftc lab serve or poll is at work with {lab.state_dir}"):
            with only_one(path):
                pass
    with only_one(path):
        pass


# -- what is left over


def test_old_folders_of_closed_attempts_are_swept_away_and_open_ones_stay(running: Running) -> None:
    journal, folders = running.bench.journal, running.bench.folders
    journal.begin_claim("claim-0001", ["bbb"])
    journal.end_claim("claim-0001", (_won(0, "bbb"),), time.time())
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
