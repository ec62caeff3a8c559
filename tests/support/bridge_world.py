"""A bridge in a thread, over a hub that answers as it is told."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fuego_jenkins_remote.client.values import Attempt, Beaten, Board, Claims, Request
from fuego_jenkins_remote.lab.bridge.bridge import Bridge
from fuego_jenkins_remote.network.identities import AttemptId
from until import until

REQUEST = "20261123-101500123-k3j7x2m{}"


def attempt(number: int) -> AttemptId:
    """The attempt of the request that was put as number `number`."""
    return AttemptId(REQUEST.format("abcdefg"[number]), 1)


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
    left: list[str] = field(default_factory=list)
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

    def board(self, host: str, board: str) -> Board:
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
            return Claims(attempts=tuple(won(*one) for one in found), cancels=cancels)

    def leave(self, claim_id: str, instance: str) -> None:
        self.left.append(instance)
        with self.changed:
            self._newest = claim_id
            self.changed.notify_all()

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


def won(number: int, board: str) -> Attempt:
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
            self.thread.join(30)
            assert not self.thread.is_alive()
        return time.monotonic() - began

    def has_looked(self, times: int = 2) -> None:
        """Wait until as many looks at Jenkins are over that began from now on, but for one that may be under way."""
        for _ in range(times + 1):
            before = self.bench.steps.looks.latest
            until(lambda before=before: self.bench.steps.looks.latest is not before, "a look at Jenkins")

    def rests(self, which: AttemptId) -> None:
        """Wait until no step of an attempt is under way, and none is due before something moves."""
        assert self.bridge is not None
        watched = self.bridge.schedule._watched
        until(lambda: not watched[which].busy and watched[which].due == math.inf, f"{which} rests")

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
