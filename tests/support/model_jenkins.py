"""A Jenkins and its jobs' scripts as plain objects, which do what real ones do when Jenkins is stopped or killed.

Its queue may be lost and its builds forgotten, while the script's process lives on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.errors import ControllerDown
from fuego_jenkins_remote.lab.jenkins.controller import Build, QueueItem
from fuego_jenkins_remote.lab.jenkins.overview import Overview
from fuego_jenkins_remote.network.identities import AttemptId
from mortality import Fates

RUN = {"name": "Functional.x", "status": "PASS", "metadata": {}, "test_sets": []}


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
