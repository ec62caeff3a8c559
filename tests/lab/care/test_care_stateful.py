"""Any order of trouble, kills, lost answers and restarts, while boards are checked: what holds in all of them.

A board is checked, and until then nobody may claim for it. A check's test is started at most once for each of its
ids, never beside another. In the end a well board is back, and a sick one is out, at the hub as in the lab.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from types import SimpleNamespace

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from fuego_jenkins_remote.client.errors import Unreachable
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.care.book import Step
from fuego_jenkins_remote.lab.care.checks import Checks
from lab_places import lab_at
from model_jenkins import ModelJenkins, ModelLabDir, ScriptRunner
from mortality import Fates, KillableJournal, Mortal, lab_folders
from state_machines import few_and_many

BOARDS = ("b1", "b2")
FATES = st.sampled_from(["well"] * 5 + ["never arrives", "answer lost", "killed before", "killed after"])


class ModelHub:
    """Keeps how boards are, and how often it had to tell people that one is broken."""

    def __init__(self, fates: Fates) -> None:
        self.fates = fates
        self.health = dict.fromkeys(BOARDS, "online")

    def put_health(self, host: str, board: str, health: str, reason: str = "") -> None:
        def put() -> None:
            assert bool(reason) is (health == "broken")
            self.health[board] = health

        self.fates.call("health", Unreachable("the hub cannot be reached"), put)

    def board(self, host: str, board: str) -> SimpleNamespace:
        away = Unreachable("the hub cannot be reached")
        found: SimpleNamespace = self.fates.call("board", away, lambda: SimpleNamespace(health=self.health[board]))
        return found


class Care(Mortal):
    """A lab with two boards, each of which may be well or not."""

    def __init__(self) -> None:
        super().__init__()
        self.root = lab_folders("care-", BOARDS)
        # One board has a command, too, which may be run twice; it reads whether the board is well.
        self.now = 1_000_000.0
        self.sick: set[str] = set()
        command = f"[/bin/bash, -c, '! test -e {self.root}/sick-b2']"
        (self.root / "ro/conf/boards.yaml").write_text(
            f"boards: {{b1: {{check: {{test: Functional.x}}}}, b2: {{check: {{command: {command}}}}}}}\n"
        )
        self.fates = Fates()
        self.hub = ModelHub(self.fates)
        self.jenkins = ModelJenkins(self.fates)
        self.jenkins.nodes = list  # type: ignore[attr-defined]
        self.folders = ModelLabDir(self.root / "rw/remote", self.jenkins)
        self.scripts = ScriptRunner(self.folders, lambda: self.now)
        self.start()

    def start(self) -> None:
        """A new process: all it has is the journal."""
        self.journal = KillableJournal(self.root / "state/journal.sqlite")
        steps = Steps(
            lab_at(self.root),
            journal=self.journal,
            folders=self.folders,
            hub=lambda: self.hub,  # type: ignore[arg-type,return-value]
            controller=lambda: self.jenkins,  # type: ignore[arg-type,return-value]
            targets={},
            clock=lambda: self.now,
        )
        self.checks = Checks(steps)
        self.journal.fates = self.fates

    def finish_scripts(self) -> None:
        """Each script does its next thing; a test on a sick board fails."""
        for script in self.jenkins.scripts:
            self.scripts.step(script)
            run = self.folders.outbox_folder(script.attempt) / "run" / "run.json"
            if script.board in self.sick and run.exists():
                run.write_text(json.dumps({**json.loads(run.read_text()), "status": "FAIL"}))

    @initialize(board=st.sampled_from(BOARDS))
    def begins_with_trouble(self, board: str) -> None:
        self.checks.book.due(board, "the job was aborted", self.now)

    @rule(board=st.sampled_from(BOARDS))
    def a_test_is_in_trouble(self, board: str) -> None:
        if board not in self.checks.boards():
            self.checks.book.due(board, "the job was aborted", self.now)

    @rule(board=st.sampled_from(BOARDS), sick=st.booleans())
    def a_board_breaks_or_is_mended(self, board: str, sick: bool) -> None:
        self.make(board, sick)

    def make(self, board: str, sick: bool) -> None:
        (self.sick.add if sick else self.sick.discard)(board)
        if sick:
            (self.root / f"sick-{board}").touch()
        else:
            (self.root / f"sick-{board}").unlink(missing_ok=True)

    @rule(board=st.sampled_from(BOARDS))
    def a_person_asks_for_a_check(self, board: str) -> None:
        self.checks.book.ask(board, "asked for by hand", self.now)

    @rule(data=st.data(), times=st.integers(1, 4))
    def steps(self, data: st.DataObject, times: int) -> None:
        board = data.draw(st.sampled_from(BOARDS))
        for _ in range(times):
            self.fates.draw = lambda: data.draw(FATES)
            self.survive(lambda: self.checks.take(board))

    @rule(times=st.integers(1, 4))
    def a_while_without_trouble(self, times: int) -> None:
        for _ in range(times):
            self.all_work()

    def all_work(self) -> None:
        for board in BOARDS:
            self.survive(lambda board=board: self.checks.take(board))
        self.jenkins.schedule()
        self.finish_scripts()

    @rule(times=st.integers(1, 4))
    def jenkins_works(self, times: int) -> None:
        for _ in range(times):
            self.jenkins.schedule()
            self.finish_scripts()

    @rule()
    def jenkins_is_killed(self) -> None:
        self.jenkins.forget()

    @rule(data=st.data())
    @precondition(lambda self: any(one.lives for one in self.jenkins.scripts))
    def a_script_is_killed_or_aborted(self, data: st.DataObject) -> None:
        script = data.draw(st.sampled_from([one for one in self.jenkins.scripts if one.lives]))
        if data.draw(st.booleans()):
            self.jenkins.abort(script)
        else:
            script.at = "dead"

    @rule(seconds=st.sampled_from([1.0, 30.0, 90.0, 1000.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        if seconds >= 60:
            for script in self.jenkins.scripts:
                self.scripts.give_up_waiting(script)

    # -- what must hold

    @invariant()
    def a_check_is_started_at_most_once(self) -> None:
        assert max(Counter(self.scripts.started).values(), default=0) <= 1

    @invariant()
    def no_two_tests_are_on_a_board(self) -> None:
        for board in BOARDS:
            assert sum(one.board == board and one.at == "testing" for one in self.jenkins.scripts) <= 1

    @invariant()
    def what_the_hub_calls_broken_the_lab_keeps_from_claims(self) -> None:
        broken = {board for board, health in self.hub.health.items() if health == "broken"}
        assert broken <= self.checks.boards()

    def teardown(self) -> None:
        """Nothing fails any more: every board comes to where it belongs, and stays there."""
        try:
            # What is under way may have seen the board as it was before.
            self.come_to_rest()
            for board in BOARDS:
                self.survive(lambda board=board: self.checks.book.ask(board, "asked for by hand", self.now))
            self.come_to_rest()
            for board in BOARDS:
                assert (board in self.checks.boards()) is (board in self.sick)
                assert self.hub.health[board] == ("broken" if board in self.sick else "online")
            self.nothing_is_left_over()
        finally:
            self.journal.close()
            shutil.rmtree(self.root, ignore_errors=True)

    def come_to_rest(self) -> None:
        for _ in range(400):
            self.all_work()
            if not {entry.step for entry in self.checks.book.entries()} - {Step.OUT}:
                return
            self.time_passes(30.0)

    def nothing_is_left_over(self) -> None:
        """At most what a kill between a move and its cleaning up has left: no check still waits for an answer."""
        assert not any(one.lives and one.at == "testing" for one in self.jenkins.scripts)


TestCare, TestCareAtLength = few_and_many(Care, few=15, many=100, steps=30)
