"""Runs that have waited go to a target that takes many in batches; none of them holds up another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from fuego_jenkins_remote.client.values import Attempt, Claims, Request
from fuego_jenkins_remote.lab.attempts import ending
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.publish.targets import Handed, NeverDelivered, NotDelivered, RunPackage

from ..conftest import wire_request


@dataclass
class ManyTarget:
    """Takes several runs in one go; `bad` are the keys of those that it never takes."""

    name: str = "vision"
    away: bool = False
    bad: str = ""
    batches: list[list[str]] = field(default_factory=list)

    def deliver(self, run: RunPackage) -> str:
        error = self.deliver_many([run])[run.key].error
        if error is not None:
            raise error
        return ""

    def deliver_many(self, runs: Sequence[RunPackage]) -> dict[str, Handed]:
        if self.away:
            return {run.key: Handed(error=NotDelivered("nothing answers there", receipt=run.receipt)) for run in runs}
        self.batches.append([run.key for run in runs])
        refused = Handed(error=NeverDelivered("does not fit the schema"))
        return {run.key: refused if self.bad and self.bad in run.key else Handed() for run in runs}


@pytest.fixture
def target(bench: Any) -> ManyTarget:
    target = ManyTarget(away=True)
    bench.steps.targets["vision"] = target
    return target


def waiting(bench: Any, number: int) -> list[AttemptId]:
    """Attempts whose runs were tried once and wait."""
    found = []
    for at in range(number):
        request = Request.from_json(wire_request(id=f"20261123-{at:09d}-k3j7x2m4"))
        attempt = AttemptId(request.id, 1)
        bench.journal.begin_claim(f"claim-{at:04d}", ["bbb"])
        claims = Claims(
            attempts=(Attempt(request=request, number=1, board="bbb", lease_seconds=60, approved_by=None),), cancels=()
        )
        bench.journal.end_claim(f"claim-{at:04d}", claims.attempts, bench.now[0])
        bench.journal.write("UPDATE attempts SET phase = 'deliver', status = 'PASS' WHERE attempt = ?", str(attempt))
        bench.journal.plan_deliveries(attempt, ["vision"], {})
        package = bench.steps.package_path(attempt)
        package.parent.mkdir(exist_ok=True)
        package.write_bytes(b"x" * 10)
        bench.steps.take(attempt)
        found.append(attempt)
    return found


def test_what_waited_for_a_day_goes_in_one_batch(bench: Any, target: ManyTarget) -> None:
    attempts = waiting(bench, 5)
    target.away = False
    bench.steps.take(attempts[0])
    assert [len(batch) for batch in target.batches] == [5]
    for attempt in attempts[1:]:
        bench.steps.take(attempt)
    assert [len(batch) for batch in target.batches] == [5]
    assert bench.hub.words().count("done") == 5
    assert bench.journal.open_entries() == []


def test_a_batch_is_bounded_by_number_and_by_bytes(
    bench: Any, target: ManyTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = waiting(bench, 6)
    target.away = False
    monkeypatch.setattr(ending, "BATCH_BYTES", 25)
    bench.steps.take(attempts[5])
    monkeypatch.setattr(ending, "BATCH", 2)
    bench.steps.take(attempts[4])
    assert [len(batch) for batch in target.batches] == [3, 3]


def test_a_run_that_does_not_fit_holds_up_no_other(bench: Any, target: ManyTarget) -> None:
    attempts = waiting(bench, 3)
    target.away, target.bad = False, str(attempts[1])
    for attempt in attempts:
        bench.steps.take(attempt)
    assert len(target.batches) == 1
    assert bench.journal.open_entries() == []
    assert [bool(bench.journal.deliveries(attempt)[0].trouble) for attempt in attempts] == [False, True, False]
    assert (bench.lab.packages_dir / "refused" / f"{attempts[1]}.frp").is_file()


def test_a_run_that_was_not_tried_yet_is_left_to_whoever_has_it(bench: Any, target: ManyTarget) -> None:
    attempts = waiting(bench, 2)
    bench.journal.write("UPDATE deliveries SET tries = 0 WHERE attempt = ?", str(attempts[1]))
    target.away = False
    bench.steps.take(attempts[0])
    assert target.batches == [[f"demolab/{attempts[0]}"]]


def test_a_target_that_says_nothing_of_a_run_does_not_have_it(
    bench: Any, target: ManyTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = waiting(bench, 2)
    target.away = False
    monkeypatch.setattr(target, "deliver_many", lambda _runs: {})
    bench.steps.take(attempts[0])
    assert [bench.journal.deliveries(attempt)[0].delivered for attempt in attempts] == [False, False]


def test_the_backlog_is_read_in_the_index_of_what_is_open(bench: Any) -> None:
    plan = bench.journal.read(
        "EXPLAIN QUERY PLAN SELECT attempts.attempt FROM attempts JOIN deliveries USING (attempt)"
        " WHERE phase != 'closed' AND phase = 'deliver' AND target = 'x' AND NOT delivered AND tries > 0"
    )
    assert any("open_attempts" in row["detail"] for row in plan)
