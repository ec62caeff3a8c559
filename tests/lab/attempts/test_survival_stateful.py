"""Any order of crashes, lost and repeated answers, and restarts of bridge, hub and Jenkins: what holds in all of them.

An accepted request ends in a final state, with a reason where it is not done. A test is started at most once an
attempt, at most one attempt is live on a board, and a finished run is delivered once.
"""

from __future__ import annotations

import shutil
from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.errors import ControllerError
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id
from fuego_jenkins_remote.network.states import FINAL, LIVE, State
from lab_places import lab_at
from model_hub import Asked, ModelHub
from model_jenkins import ModelJenkins, ModelLabDir, ScriptRunner
from model_target import ModelTarget
from mortality import Fates, KillableJournal, Mortal, lab_folders
from state_machines import few_and_many

BOARDS = ("b1", "b2")
FATES = st.sampled_from(["well"] * 6 + ["never arrives", "answer lost", "killed before", "killed after"])


class Survival(Mortal):
    """A lab with two boards, and everything that can happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = lab_folders("survival-", BOARDS)
        (self.root / "ro/conf/lab-policy.yaml").write_text("default: run\nrules: []\n")
        self.now = 1_000_000.0
        self.fates = Fates()
        self.hub = ModelHub(self.fates, lambda: self.now)
        self.jenkins = ModelJenkins(self.fates)
        self.target = ModelTarget(self.fates)
        self.folders = ModelLabDir(self.root / "rw/remote", self.jenkins)
        self.scripts = ScriptRunner(self.folders, lambda: self.now)
        self.start()

    def start(self) -> None:
        """A new process: all it has is the journal."""
        self.journal = KillableJournal(self.root / "state/journal.sqlite")
        self.journal.fates = self.fates
        self.steps = Steps(
            lab_at(self.root),
            journal=self.journal,
            folders=self.folders,
            hub=lambda: self.hub,  # type: ignore[arg-type,return-value]
            controller=lambda: self.jenkins,  # type: ignore[arg-type,return-value]
            targets={"vision": self.target},
            clock=lambda: self.now,
        )

    def claim(self) -> None:
        """What the bridge does for idle boards; claims whose answer is not known come first, under their id."""
        for claim_id, boards in self.journal.open_claims():
            self.journal.end_claim(claim_id, self.hub.claim(claim_id, boards).attempts, self.now)
        idle = sorted(set(BOARDS) - self.journal.busy_boards())
        if idle:
            claim_id = new_call_id()
            self.journal.begin_claim(claim_id, idle)
            self.journal.end_claim(claim_id, self.hub.claim(claim_id, idle).attempts, self.now)

    def look(self) -> None:
        """What the bridge does every few seconds: one look at Jenkins for all."""
        try:
            self.steps.looks.keep(self.jenkins.overview(lambda: self.now))
        except ControllerError as error:
            self.steps.looks.keep(error)

    def all_work(self) -> None:
        """Look, claim, one step for each attempt, one for each script."""
        self.survive(self.look)
        self.survive(self.claim)
        for entry in self.journal.open_entries():
            self.survive(lambda id_=entry.id: self.steps.take(id_))
        self.jenkins_works(1)

    @initialize(retries=st.integers(0, 1))
    def begins_with_a_request(self, retries: int) -> None:
        self.hub.put(retries)

    @rule(times=st.integers(1, 5))
    def a_while_without_trouble(self, times: int) -> None:
        for _ in range(times):
            self.all_work()

    # -- the bridge

    @rule(data=st.data())
    def bridge_claims(self, data: st.DataObject) -> None:
        self.fates.draw = lambda: data.draw(FATES)
        self.survive(self.claim)

    @rule(data=st.data())
    def bridge_looks(self, data: st.DataObject) -> None:
        self.fates.draw = lambda: data.draw(FATES)
        self.survive(self.look)

    @rule(data=st.data())
    @precondition(lambda self: self.journal.open_entries())
    def bridge_gives_back_what_waits(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from([one.id for one in self.journal.open_entries()]))
        self.fates.draw = lambda: data.draw(FATES)
        self.survive(lambda: self.steps.leave_queue(entry, "its board is offline"))

    @rule(data=st.data(), times=st.integers(1, 4))
    def bridge_steps(self, data: st.DataObject, times: int) -> None:
        entries = self.journal.open_entries()
        if entries:
            entry = data.draw(st.sampled_from([one.id for one in entries]))
            for _ in range(times):
                self.fates.draw = lambda: data.draw(FATES)
                self.survive(lambda: self.steps.take(entry))

    @rule()
    def bridge_is_killed_between_steps(self) -> None:
        self.journal.close()
        self.start()

    # -- requesters

    @rule(retries=st.integers(0, 1))
    @precondition(lambda self: len(self.hub.asked) < 4)
    def a_request_is_put(self, retries: int) -> None:
        self.hub.put(retries)

    @rule(data=st.data())
    @precondition(lambda self: any(one.state in LIVE for one in self.hub.asked.values()))
    def a_requester_cancels(self, data: st.DataObject) -> None:
        # Now and then: a world of cancelled requests shows little.
        if data.draw(st.integers(0, 4)) == 4:
            self.hub.cancel(self.hub.asked[data.draw(st.sampled_from(sorted(self.hub.asked)))])

    # -- Jenkins and the scripts

    @rule(times=st.integers(1, 6))
    def jenkins_works(self, times: int) -> None:
        for _ in range(times):
            self.jenkins.schedule()
            for script in self.jenkins.scripts:
                self.scripts.step(script)

    @rule()
    def jenkins_is_killed(self) -> None:
        self.jenkins.forget()

    @rule()
    def jenkins_is_restarted(self) -> None:
        """The queue survives; running builds are lost, and their scripts get TERM."""
        for script in self.jenkins.builds:
            self.jenkins.abort(script)
        self.jenkins.builds.clear()

    @rule(data=st.data())
    @precondition(lambda self: any(one.lives for one in self.jenkins.scripts))
    def a_person_aborts_a_build(self, data: st.DataObject) -> None:
        living = [number for number, one in enumerate(self.jenkins.scripts) if one.lives]
        self.jenkins.abort(self.jenkins.scripts[data.draw(st.sampled_from(living))])

    @rule(data=st.data())
    @precondition(lambda self: self.jenkins.queue)
    def a_person_cancels_a_queue_item(self, data: st.DataObject) -> None:
        self.jenkins.take_out(data.draw(st.integers(0, len(self.jenkins.queue) - 1)))

    @rule(data=st.data())
    @precondition(lambda self: any(one.lives for one in self.jenkins.scripts))
    def a_script_is_killed(self, data: st.DataObject) -> None:
        living = [number for number, one in enumerate(self.jenkins.scripts) if one.lives]
        self.jenkins.scripts[data.draw(st.sampled_from(living))].at = "dead"

    # -- the rest of the world

    @rule(away=st.booleans())
    def vision_goes_or_comes(self, away: bool) -> None:
        self.target.away = away

    @rule(seconds=st.sampled_from([1.0, 30.0, 90.0, 1000.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        if seconds >= 60:
            for script in self.jenkins.scripts:
                self.scripts.give_up_waiting(script)
        self.hub.sweep()

    # -- what must hold

    @invariant()
    def a_test_is_started_at_most_once_an_attempt(self) -> None:
        assert max(Counter(self.scripts.started).values(), default=0) <= 1
        for one in self.hub.asked.values():
            assert len(one.starts) == len(set(one.starts))

    @invariant()
    def a_board_has_at_most_one_live_attempt_and_one_test(self) -> None:
        for board in BOARDS:
            assert sum(one.board == board and one.state in LIVE for one in self.hub.asked.values()) <= 1
            assert sum(one.board == board and one.at == "testing" for one in self.jenkins.scripts) <= 1

    @invariant()
    def a_run_is_one_and_the_same_however_often_it_is_delivered(self) -> None:
        assert all(len(contents) == 1 for contents in self.target.runs.values())

    def teardown(self) -> None:
        """The world is well again: everything comes to its end."""
        try:
            self.target.away = False
            for _ in range(300):
                before = self.picture()
                self.all_work()
                if all(one.state in FINAL for one in self.hub.asked.values()) and not self.journal.open_entries():
                    break
                # Only where nothing else moves does time bring on what is waited for.
                self.now += 5.0
                if before == self.picture():
                    self.time_passes(600.0)
            for one in self.hub.asked.values():
                self.check_end(one)
        finally:
            self.journal.close()
            shutil.rmtree(self.root, ignore_errors=True)

    def picture(self) -> object:
        """Where everything stands."""
        requests = [(one.id, one.state, one.attempt) for one in self.hub.asked.values()]
        scripts = [(one.attempt, one.at) for one in self.jenkins.scripts]
        return requests, scripts, [(one.id, one.phase) for one in self.journal.open_entries()]

    def check_end(self, one: Asked) -> None:
        """A final state, with a reason or a delivered run."""
        assert one.state in FINAL, (one, self.journal.open_entries())
        if one.state is State.DONE:
            key = f"demolab/{AttemptId(one.id, one.attempt)}"
            assert key in self.target.runs
        else:
            assert one.reason, one


TestSurvival, TestSurvivalAtLength = few_and_many(Survival, few=20, many=100, steps=40)
