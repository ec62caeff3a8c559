"""A lab's surroundings as plain objects, for tests that lose answers and kill processes on any line.

The hub, the Jenkins and the job's script keep to the protocol (docs/protocol.md) and to what a real Jenkins does when
it is stopped or killed: its queue may be lost, its builds forgotten, while the script's process lives on.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from fuego_jenkins_remote.client.errors import ClientError, Conflict, Unreachable
from fuego_jenkins_remote.client.values import Attempt, Claims, Request
from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.attempts.journal import Journal
from fuego_jenkins_remote.lab.errors import ControllerDown, LabError
from fuego_jenkins_remote.lab.jenkins.controller import Build, QueueItem
from fuego_jenkins_remote.lab.jenkins.overview import Overview
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import FINAL, LIVE, Event, State, advance
from fuego_jenkins_remote.publish.targets import NotDelivered, RunPackage

LEASE = 60.0
GRACE = 600.0
GIVE_UP = 86400.0
RUN = {"name": "Functional.x", "status": "PASS", "metadata": {}, "test_sets": []}


class Killed(BaseException):
    """The process that does this dies here."""


class Fates:
    """What befalls the next calls: taken from `draw`, once faults are on; each call is asked for before it is made."""

    def __init__(self) -> None:
        self.draw: Callable[[], str] | None = None

    def call(self, name: str, lost: Exception, do: Callable[[], Any]) -> Any:
        """Do it, unless the call or its answer is lost, or the caller dies before or after it."""
        fate = self.draw() if self.draw else "well"
        if fate == "killed before":
            raise Killed(name)
        if fate == "never arrives":
            raise lost
        answer = do()
        if fate == "killed after":
            raise Killed(name)
        if fate == "answer lost":
            raise lost
        return answer


class Mortal(RuleBasedStateMachine):
    """A state machine whose processes may die on any line: `start` makes the next one, out of what the journal has."""

    fates: Fates
    journal: Journal

    def start(self) -> None:
        """A new process."""
        raise AssertionError("each machine has its own")

    def survive(self, do: Callable[[], object]) -> None:
        """Do something of the lab's; if it is killed there, another process starts."""
        try:
            with contextlib.suppress(ClientError, LabError):
                do()
        except Killed:
            self.fates.draw = None
            self.journal.close()
            self.start()
        finally:
            self.fates.draw = None


def lab_folders(prefix: str, boards: Sequence[str]) -> Path:
    """A lab's folders with board files, in memory where that can be had: a journal writes to the disk each time."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    root = Path(tempfile.mkdtemp(prefix=prefix, dir=memory))
    for folder in ("ro/boards", "ro/conf", "rw", "core", "state"):
        (root / folder).mkdir(parents=True)
    for board in boards:
        (root / "ro/boards" / f"{board}.board").write_text('PASSWORD="x"\n')
    return root


@dataclass
class Asked:
    """A request in the hub."""

    id: str
    state: State = State.PENDING
    attempt: int = 0
    board: str = ""
    reason: str = ""
    retries: int = 0
    avoid: str = ""
    cancel_requested: bool = False
    due: float = 0.0
    calls: dict[tuple[int, str], str] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    status: str = ""

    def move(self, event: Event) -> None:
        self.state = advance(self.state, event)


class KillableJournal(Journal):
    """A journal whose process may die just before or just after it writes."""

    fates: Fates

    def write(self, statement: str, *values: Any) -> int:
        if not hasattr(self, "fates"):
            return super().write(statement, *values)
        return int(
            self.fates.call("journal", LabError("the disk is full"), lambda: Journal.write(self, statement, *values))
        )


class ModelHub:
    """The hub's side of a lab's calls."""

    def __init__(self, fates: Fates, clock: Callable[[], float]) -> None:
        self.fates, self.clock = fates, clock
        self.asked: dict[str, Asked] = {}
        self.claims: dict[str, Claims] = {}

    def put(self, retries: int = 0) -> Asked:
        number = len(self.asked)
        one = Asked(id=f"20261123-{100000000 + number}-aaaaaaaa", retries=retries)
        self.asked[one.id] = one
        return one

    # -- the lab's calls

    def claim(self, claim_id: str, boards: Sequence[str], **_: Any) -> Claims:
        return self._call("claim", lambda: self._claim(claim_id, boards))

    def start(self, attempt: AttemptId, call_id: str, build_url: str, build_number: str) -> bool:
        def begin(one: Asked) -> None:
            one.move(Event.START)
            one.starts.append(one.attempt)
            one.due = self.clock() + 60 + GRACE

        self._changing("start", attempt, call_id, (State.ASSIGNED,), begin)
        return True

    def heartbeat(self, attempt: AttemptId, **said: str) -> dict[str, Any]:
        def beat() -> dict[str, Any]:
            one = self._current(attempt, (State.ASSIGNED, State.RUNNING, State.LOST))
            if one.state is State.ASSIGNED:
                one.due = self.clock() + LEASE
            elif one.state is State.RUNNING:
                one.due = max(one.due, self.clock() + GRACE)
            return {"lease_seconds": LEASE, "cancel": one.cancel_requested, "state": one.state}

        return self._call("heartbeat", beat)

    def give_back(self, attempt: AttemptId, call_id: str, reason: str, approval: str | None = None) -> None:
        self._changing("give-back", attempt, call_id, (State.ASSIGNED,), lambda one: self._free(one, Event.GIVE_BACK))

    def tested(self, attempt: AttemptId, call_id: str, status: str, run_key: str, summary: str) -> None:
        def end(one: Asked) -> None:
            one.move(Event.TESTED)
            one.status, one.board = status, ""

        self._changing("tested", attempt, call_id, (State.RUNNING, State.LOST), end)

    def done(self, attempt: AttemptId, call_id: str, target: str, run_url: str, note: str = "") -> None:
        self._changing("done", attempt, call_id, (State.TESTED,), lambda one: one.move(Event.DELIVERED))

    def error(
        self, attempt: AttemptId, call_id: str, reason: str, detail: str, console_tail: str, *, run_key: str = ""
    ) -> None:
        allowed = (State.ASSIGNED, State.RUNNING, State.LOST)
        self._changing("error", attempt, call_id, allowed, lambda one: self._fail(one, Event.FAILED, reason))

    def cancelled(self, attempt: AttemptId, call_id: str, reason: str) -> None:
        def end(one: Asked) -> None:
            if one.state is State.LOST:
                self._fail(one, Event.FAILED, reason)
            else:
                one.move(Event.CANCEL)
                one.reason, one.board = reason, ""

        self._changing("cancelled", attempt, call_id, (State.ASSIGNED, State.RUNNING, State.LOST), end)

    # -- what happens without the lab

    def cancel(self, one: Asked) -> None:
        """Its requester calls it off."""
        if one.state in (State.PENDING, State.ASSIGNED, State.LOST):
            one.move(Event.CANCEL)
            one.reason, one.board = "its requester", ""
        elif one.state is State.RUNNING:
            one.cancel_requested = True

    def sweep(self) -> None:
        """Leases that are over, silent attempts, those that nothing came of for a day."""
        for one in self.asked.values():
            if one.state not in (State.ASSIGNED, State.RUNNING, State.LOST) or one.due > self.clock():
                continue
            if one.state is State.ASSIGNED:
                self._free(one, Event.LEASE_OVER)
            elif one.state is State.RUNNING:
                one.move(Event.SILENT)
                one.due = self.clock() + (GRACE if one.retries else GIVE_UP)
                one.board = ""
            else:
                self._fail(one, Event.GIVEN_UP, "lost")

    def _claim(self, claim_id: str, boards: Sequence[str]) -> Claims:
        if claim_id in self.claims:
            return self.claims[claim_id]
        won = []
        for board in boards:
            busy = any(one.board == board and one.state in LIVE for one in self.asked.values())
            waiting = (one for one in self.asked.values() if one.state is State.PENDING and one.avoid != board)
            if busy or (one := next(waiting, None)) is None:
                continue
            one.move(Event.CLAIM)
            one.attempt, one.board, one.due = one.attempt + 1, board, self.clock() + LEASE
            request = Request.from_json(
                {
                    **{"id": one.id, "state": "assigned", "selector": "*:b", "test": "Functional.x", "timeout": 60},
                    **{"requester": "anna", "team": "demolab", "attempt": one.attempt},
                }
            )
            won.append(Attempt(request=request, number=one.attempt, board=board, lease_seconds=LEASE, approved_by=None))
        self.claims[claim_id] = Claims(attempts=tuple(won), cancels=())
        return self.claims[claim_id]

    def _free(self, one: Asked, event: Event) -> None:
        one.move(event)
        one.board = ""

    def _fail(self, one: Asked, event: Event, reason: str) -> None:
        failed_on = one.board
        one.move(event)
        one.reason, one.board = reason, ""
        if one.retries:
            one.retries -= 1
            one.move(Event.RETRY)
            one.avoid = failed_on

    def _current(self, attempt: AttemptId, allowed: tuple[State, ...]) -> Asked:
        one = self.asked[attempt.request]
        if one.attempt != attempt.number or one.state not in allowed:
            raise Conflict(f"attempt {attempt} is over", status=409)
        return one

    def _changing(
        self, verb: str, attempt: AttemptId, call_id: str, allowed: tuple[State, ...], do: Callable[[Asked], None]
    ) -> None:
        def change() -> None:
            one = self.asked[attempt.request]
            if one.calls.get((attempt.number, verb)) == call_id:
                return
            do(self._current(attempt, allowed))
            one.calls[attempt.number, verb] = call_id

        self._call(verb, change)

    def _call(self, name: str, do: Callable[[], Any]) -> Any:
        return self.fates.call(name, Unreachable("the hub cannot be reached"), do)


@dataclass
class Script:
    """The job's script, as a process: what it has reached, and whether Jenkins knows its build."""

    attempt: AttemptId
    board: str
    number: int
    at: str = "starting"  # starting, asking, testing, over, dead
    nonce: str = ""

    @property
    def lives(self) -> bool:
        return self.at in {"starting", "asking", "testing"}


class ModelJenkins:
    """One executor a board; what it forgets, its scripts' processes do not."""

    def __init__(self, fates: Fates) -> None:
        self.fates = fates
        self.queue: list[QueueItem] = []
        self.builds: list[Script] = []
        self.scripts: list[Script] = []
        self.numbers = 0
        self.taken_out: set[AttemptId] = set()

    # -- the lab's calls

    def trigger(self, job: str, attempt: AttemptId) -> int:
        def add() -> int:
            self.numbers += 1
            if not any(item.attempt == attempt for item in self.queue):
                self.queue.append(QueueItem(id=self.numbers, job=job, why="waits", attempt=attempt))
            return self.numbers

        return int(self._call("trigger", add))

    def find(self, job: str, attempt: AttemptId) -> Build | QueueItem | None:
        found: Build | QueueItem | None = self._call("find", lambda: self.find_now(attempt))
        return found

    def overview(self, clock: Callable[[], float], *, view: str = "", folder: str = "") -> Overview:
        begun = clock()

        def look() -> Overview:
            found = {one.attempt: self.find_now(one.attempt) for one in self.builds}
            builds = {attempt: one for attempt, one in found.items() if isinstance(one, Build)}
            return Overview(begun=begun, queue=tuple(self.queue), builds=builds)

        seen: Overview = self._call("look", look)
        return seen

    def find_now(self, attempt: AttemptId) -> Build | QueueItem | None:
        """Where an attempt's build is."""
        waiting = next((item for item in self.queue if item.attempt == attempt), None)
        if waiting:
            return waiting
        script = next((one for one in reversed(self.builds) if one.attempt == attempt), None)
        if script is None:
            return None
        job = f"remote-request-{script.board}"
        return Build(job=job, number=script.number, building=script.lives, result="", url="http://j/", attempt=attempt)

    def stop_build(self, job: str, number: int) -> None:
        self._call("stop", lambda: [self.abort(one) for one in self.builds if one.number == number])

    def cancel_queue_item(self, item: int) -> None:
        self._call("cancel", lambda: self.queue.__setitem__(slice(None), [one for one in self.queue if one.id != item]))

    def was_cancelled(self, item: int, attempt: AttemptId) -> bool:
        return bool(self._call("was cancelled", lambda: attempt in self.taken_out))

    def console_tail(self, job: str, number: int, limit: int) -> str:
        return "Aborted by tim\n"

    def build_url(self, job: str, number: str) -> str:
        return f"http://j/job/{job}/{number}/"

    # -- what happens

    def schedule(self) -> None:
        """Queued items whose board's executor is free become builds."""
        for item in list(self.queue):
            board = item.job.removeprefix("remote-request-")
            if item.attempt and not any(one.board == board and one.lives for one in self.builds):
                self.queue.remove(item)
                self.numbers += 1
                script = Script(attempt=item.attempt, board=board, number=self.numbers)
                self.builds.append(script)
                self.scripts.append(script)

    def take_out(self, place: int) -> None:
        """A person takes an item out of the queue; Jenkins knows that for a while."""
        item = self.queue.pop(place)
        if item.attempt is not None:
            self.taken_out.add(item.attempt)

    def forget(self) -> None:
        """It is killed: the queue and the running builds are forgotten, and who was taken out; processes live on."""
        self.queue.clear()
        self.taken_out.clear()
        self.builds = [one for one in self.builds if not one.lives]

    def abort(self, script: Script) -> None:
        """TERM reaches the script: it ends the test and leaves what there is."""
        if script.lives:
            script.at = "aborted" if script.at == "testing" else "gone"

    def _call(self, name: str, do: Callable[[], Any]) -> Any:
        return self.fates.call(name, ControllerDown("Jenkins does not answer"), do)


class ModelTarget:
    """A results service that may be away, or lose its answer; it takes the same run twice without harm."""

    name = "vision"

    def __init__(self, fates: Fates) -> None:
        self.fates = fates
        self.away = False
        self.runs: dict[str, set[str]] = {}

    def deliver(self, run: RunPackage) -> str:
        if self.away:
            raise NotDelivered("vision cannot be reached")

        def take() -> str:
            self.runs.setdefault(run.key, set()).add(run.sha256)
            return f"http://vision/{run.key}"

        return str(self.fates.call("deliver", NotDelivered("the answer was lost"), take))


class ModelLabDir(LabDir):
    """The real folders; who holds a board's lock is known from the scripts."""

    def __init__(self, path: Path, jenkins: ModelJenkins) -> None:
        super().__init__(path)
        self.jenkins = jenkins

    def holder(self, board: str) -> Script | None:
        return next(
            (one for one in self.jenkins.scripts if one.board == board and one.at in {"asking", "testing"}), None
        )

    def board_is_free(self, board: str) -> bool:
        return self.holder(board) is None


class ScriptRunner:
    """Moves scripts on as shell/remote-request.sh does, over the real folders."""

    def __init__(self, folders: ModelLabDir, clock: Callable[[], float]) -> None:
        self.folders, self.clock = folders, clock
        self.started: list[AttemptId] = []
        self.finished: set[AttemptId] = set()
        self.nonces = 0

    def step(self, script: Script) -> None:
        """One thing that the script does next."""
        folder = self.folders.request_folder(script.attempt)
        if script.at == "starting":
            self._ask(script, folder)
        elif script.at == "asking":
            self._read_answer(script, folder)
        elif script.at == "testing":
            self._finish(script, ran=True)
        elif script.at == "aborted":
            self._finish(script, ran=False, aborted=True)

    def give_up_waiting(self, script: Script) -> None:
        """Nobody said go in time."""
        folder = self.folders.request_folder(script.attempt)
        if script.at == "asking":
            self._refuse(script, folder, "nobody said go")

    def _ask(self, script: Script, folder: Path) -> None:
        if not folder.is_dir() or (folder / "started").exists() or (folder / "refused").exists():
            script.at = "over"
        elif self.folders.holder(script.board) is None:
            self.nonces += 1
            script.nonce = f"{self.nonces:032x}"
            (folder / "gate.ask").write_text(f"{script.nonce} {script.number} \n")
            script.at = "asking"

    def _read_answer(self, script: Script, folder: Path) -> None:
        answer = folder / "gate.answer"
        if not folder.is_dir():
            script.at = "over"
        elif answer.exists():
            said = answer.read_text().split()
            if said[:2] == [script.nonce, "go"]:
                (folder / "started").mkdir()
                self.started.append(script.attempt)
                script.at = "testing"
            elif said[0] == script.nonce:
                self._refuse(script, folder, "no")

    def _refuse(self, script: Script, folder: Path, why: str) -> None:
        if folder.is_dir():
            (folder / "refused").write_text(why)
        script.at = "over"

    def _finish(self, script: Script, *, ran: bool, aborted: bool = False) -> None:
        entry = self.folders.outbox / f".{script.attempt}.tmp"
        entry.mkdir()
        said = {"outcome": "ran" if ran else "failed", "aborted": aborted, "exit_status": 0}
        (entry / "outcome.json").write_text(json.dumps({**said, "reason": "aborted" if aborted else ""}))
        if ran:
            (entry / "run").mkdir()
            (entry / "run" / "run.json").write_text(json.dumps(RUN))
            self.finished.add(script.attempt)
        entry.rename(self.folders.outbox_folder(script.attempt))
        script.at = "over"


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a time."""
    return datetime.fromtimestamp(seconds, UTC)


def is_over(one: Asked) -> bool:
    """Whether nothing more happens to it."""
    return one.state in FINAL
