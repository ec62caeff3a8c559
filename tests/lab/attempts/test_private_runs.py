"""The run of a private request: it says so, and it goes only where the lab sends such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.fuego.packages import read_member
from fuego_jenkins_remote.fuego.runs import Run, read_run
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving import by_hand
from fuego_jenkins_remote.network.identities import AttemptId

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)
WHY = "not sent: its request is private, and private_targets in fuego.conf does not name squad"


def with_targets(bench: Any, *targets: str, private: tuple[str, ...] = ("vision",)) -> Any:
    """More targets of the lab, of which one is squad, and which of them get private runs."""
    squad = bench.steps.targets["squad"] = type(bench.target)(name="squad")
    object.__setattr__(bench.lab, "targets", targets)
    object.__setattr__(bench.lab, "private_targets", private)
    return squad


def run_of(package: Path) -> Run:
    return read_run(read_member(package, "run/run.json", 10000))


def packaged(bench: Any, run_json: dict[str, Any], **more: Any) -> Run:
    """The run as it is delivered, which waits."""
    bench.target.away = True
    bench.running(**more)
    bench.job_ends(run=run_json)
    bench.until("deliver")
    return run_of(bench.steps.package_path(ATTEMPT))


def test_it_says_that_it_is_private_and_of_which_team(bench: Any, run_json: dict[str, Any]) -> None:
    run = packaged(bench, run_json, private=True, team="demolab")
    assert (run.is_private, run.text("team")) == (True, "demolab")


def test_a_run_that_anybody_may_see_says_so_whatever_its_test_says(bench: Any, run_json: dict[str, Any]) -> None:
    run_json["metadata"] = {**run_json["metadata"], "private": True}
    assert not packaged(bench, run_json, private=False).is_private


def test_a_test_cannot_make_a_private_one_public(bench: Any, run_json: dict[str, Any]) -> None:
    run_json["metadata"] = {**run_json["metadata"], "private": False, "team": "evil"}
    run = packaged(bench, run_json, private=True, team="demolab")
    assert (run.is_private, run.text("team")) == (True, "demolab")


def test_the_run_of_what_could_not_be_run_says_it_too(bench: Any) -> None:
    bench.target.away = True
    bench.running(private=True, team="demolab")
    (bench.folders.request_folder(ATTEMPT) / "started").mkdir()
    bench.job_ends(reason="no-run")
    bench.until("deliver")
    assert run_of(bench.steps.package_path(ATTEMPT)).is_private


def test_it_goes_to_vision_alone_and_the_journal_says_why(bench: Any, run_json: dict[str, Any]) -> None:
    squad = with_targets(bench, "vision", "squad")
    bench.running(private=True)
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert (len(bench.target.got), squad.got) == (1, [])
    assert [(one.attempt, one.target, one.trouble) for one in bench.journal.not_sent()] == [(ATTEMPT, "squad", WHY)]
    assert not list(bench.lab.packages_dir.rglob("*.frp"))  # it is not refused: vision has it


def test_a_request_that_is_not_private_goes_to_all(bench: Any, run_json: dict[str, Any]) -> None:
    squad = with_targets(bench, "vision", "squad")
    bench.running()
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert (len(bench.target.got), len(squad.got), bench.journal.not_sent()) == (1, 1, [])


def test_a_lab_may_send_private_ones_elsewhere_too(bench: Any, run_json: dict[str, Any]) -> None:
    squad = with_targets(bench, "vision", "squad", private=("vision", "squad"))
    bench.running(private=True)
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert (len(bench.target.got), len(squad.got)) == (1, 1)


def test_the_word_of_the_first_that_gets_it_makes_the_request_done(bench: Any, run_json: dict[str, Any]) -> None:
    with_targets(bench, "squad", "vision")
    bench.running(private=True)
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert bench.hub.told[-1][:2] == ("done", "vision")


def test_where_no_target_gets_it_the_request_is_done_with_the_reason_and_the_package_stays(
    bench: Any, run_json: dict[str, Any]
) -> None:
    squad = with_targets(bench, "squad")
    bench.running(private=True)
    bench.job_ends(run=run_json)
    bench.until("closed")
    assert squad.got == []
    assert bench.hub.told[-1][:2] == ("done", "squad")
    assert WHY in str(bench.hub.told[-1])
    assert [path.name for path in (bench.lab.packages_dir / "refused").iterdir()] == [f"{ATTEMPT}.frp"]


def test_by_hand_it_goes_nowhere_else_until_the_lab_says_so(
    bench: Any, run_json: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    squad = with_targets(bench, "vision", "squad")
    packaged(bench, run_json, private=True)
    monkeypatch.setattr(by_hand, "open_steps", lambda *_: bench.steps)
    links: Any = None
    with pytest.raises(LabError, match="private_targets"):
        by_hand.deliver(bench.lab, links, ATTEMPT, ("squad",))
    bench.target.away = False
    object.__setattr__(bench.lab, "private_targets", ("vision", "squad"))
    by_hand.deliver(bench.lab, links, ATTEMPT, ("squad",))
    assert (len(bench.target.got), len(squad.got)) == (1, 1)


def test_whoever_pushes_runs_is_told_what_was_not_sent(
    bench: Any, run_json: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_targets(bench, "vision", "squad")
    packaged(bench, run_json, private=True)
    bench.target.away = False
    monkeypatch.setattr(by_hand, "open_steps", lambda *_: bench.steps)
    told: list[str] = []
    links: Any = None
    assert by_hand.push_runs(bench.lab, links, None, told.append)
    assert told == [f"{ATTEMPT}: squad: {WHY}", f"{ATTEMPT}: delivered"]
