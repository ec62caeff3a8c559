"""A target that takes a call and says nothing: neither the first target's word nor another run waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bridge_world import won
from fuego_jenkins_remote.client.errors import Unreachable
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.bridge.schedule import WORKERS, Schedule
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.publish.targets import NotDelivered, RunPackage
from fuego_jenkins_remote.publish.turns import AT_ONCE
from until import until


@dataclass
class SilentTarget:
    """Answers nothing until it is let go; then it is away."""

    name: str = "squad"
    let_go: threading.Event = field(default_factory=threading.Event)
    there: list[str] = field(default_factory=list)
    most: int = 0

    def deliver(self, run: RunPackage) -> str:
        self.there.append(run.key)
        self.most = max(self.most, len(self.there))
        self.let_go.wait(30)
        self.there.remove(run.key)
        raise NotDelivered("SQUAD cannot be reached: it did not answer in time")


@pytest.fixture
def silent(bench: Any) -> Iterator[SilentTarget]:
    one = SilentTarget()
    bench.steps.targets["squad"] = one
    yield one
    one.let_go.set()


def _packaged(bench: Any, number: int, targets: list[str]) -> AttemptId:
    """An attempt whose run is to be delivered."""
    which = AttemptId(f"20261123-{number:09d}-k3j7x2m4", 1)
    claimed = won(0, "bbb")
    bench.journal.begin_claim(f"claim-{number:04d}", ["bbb"])
    request = replace(claimed.request, id=which.request)
    bench.journal.end_claim(f"claim-{number:04d}", (replace(claimed, request=request),), 1000.0)
    bench.journal.move(which, Phase.DECIDE, Phase.DELIVER, 1000.0, status="PASS", sha256="0" * 64)
    bench.journal.plan_deliveries(which, targets, {})
    package = bench.steps.package_path(which)
    package.parent.mkdir(exist_ok=True)
    package.write_bytes(b"x")
    return which


def test_the_hub_hears_of_the_first_target_before_the_second_is_tried(bench: Any, silent: SilentTarget) -> None:
    which = _packaged(bench, 1, ["vision", "squad"])
    step = threading.Thread(target=bench.steps.take, args=(which,))
    step.start()
    until(lambda: silent.there)
    assert bench.hub.words() == ["done"]
    silent.let_go.set()
    step.join(30)
    assert bench.hub.words() == ["done"]


def test_a_hub_that_is_away_keeps_no_run_from_the_second_target(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    squad = bench.steps.targets["squad"] = type(bench.target)(name="squad")
    which = _packaged(bench, 1, ["vision", "squad"])
    with monkeypatch.context() as without_hub:
        without_hub.setattr(type(bench.hub), "done", _unreachable)
        with pytest.raises(Unreachable):
            bench.steps.take(which)
    assert len(squad.got) == 1
    bench.steps.take(which)
    assert bench.hub.words() == ["done"]


def _unreachable(*_arguments: object) -> None:
    raise Unreachable("the hub cannot be reached")


def test_many_runs_that_wait_for_it_leave_workers_for_all_else(bench: Any, silent: SilentTarget) -> None:
    stop = threading.Event()
    schedule = Schedule(bench.steps, stop=stop, wake=lambda: None)
    schedule.start()
    for number in range(2 * WORKERS):
        which = _packaged(bench, number, ["squad"])
        schedule.watch(bench.journal.entry(which))
    schedule.take_due()
    until(lambda: len(silent.there) == AT_ONCE)
    other = _packaged(bench, 99, ["vision"])
    schedule.watch(bench.journal.entry(other))
    schedule.take_due()
    until(lambda: bench.target.got, seconds=20)
    stop.set()
    silent.let_go.set()
    schedule.end()
    assert silent.most == AT_ONCE


def test_once_in_trouble_it_is_tried_with_one_run_and_the_others_say_so(bench: Any, silent: SilentTarget) -> None:
    first, second = _packaged(bench, 1, ["squad"]), _packaged(bench, 2, ["squad"])
    silent.let_go.set()
    bench.steps.take(first)
    silent.let_go.clear()
    step = threading.Thread(target=bench.steps.take, args=(first,))
    step.start()
    until(lambda: silent.there)
    assert bench.steps.take(second) >= 1
    (waits,) = bench.journal.deliveries(second)
    assert "in trouble with the run before" in waits.trouble
    silent.let_go.set()
    step.join(30)
