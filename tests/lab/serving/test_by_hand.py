"""A person runs a request without Jenkins, and delivers what waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.client.errors import Unreachable
from fuego_jenkins_remote.client.values import Attempt, Board, Claims, Request
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving import by_hand
from fuego_jenkins_remote.network.identities import AttemptId

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)
WIRE = {
    "id": ATTEMPT.request,
    "state": "assigned",
    "selector": "*:bbb",
    "test": "Functional.hello_world",
    "team": "demolab",
    "timeout": 60,
}
RUN = '{"name":"Functional.hello_world","status":"PASS","metadata":{"board":"bbb"},"test_sets":[]}'
FTC = """#!/bin/bash
env >"$FUEGO_RW/environment"
echo hello
folder=$FUEGO_RW/logs/Functional.hello_world/bbb.default.1.1
"""
LEAVES_A_RUN = f"mkdir -p $folder\necho '{RUN}' >$folder/run.json\n"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def hand(bench: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """By hand on the bench, without a Jenkins; gives what sets the body of ftc."""

    def no_jenkins() -> Any:
        raise LabError("no Jenkins is set")

    def claim(claim_id: str, names: list[str], *, request: str | None = None) -> Claims:
        bench.hub.claimed = names
        won = Attempt(request=Request.from_json(WIRE), number=1, board=names[0], lease_seconds=60, approved_by=None)
        return Claims(attempts=(won,) if bench.hub.waits else (), cancels=())

    bench.hub.waits = True
    bench.hub.claim = claim
    bench.hub.boards = lambda *, host: [Board.from_json({"host": host, "name": "bbb"})]
    bench.hub.request = lambda request: Request.from_json({**WIRE, "state": "cancelled"})
    bench.steps.controller = no_jenkins
    bench.steps.lab = bench.lab = replace(bench.lab, ftc=str(tmp_path / "ftc"))
    monkeypatch.setattr(by_hand, "open_steps", lambda config, links: bench.steps)
    monkeypatch.setattr(by_hand, "BEAT", 0.1)
    bench.steps.clock = time.time

    def body(text: str) -> None:
        path = tmp_path / "ftc"
        path.write_text(FTC + text)
        path.chmod(0o755)

    body(LEAVES_A_RUN)
    return body


def _run(bench: Any, said: list[str], board: str | None = None) -> AttemptId:
    return by_hand.run_request(bench.lab, None, ATTEMPT.request, board, said.append)  # type: ignore[arg-type]


def test_a_request_is_run_here_and_now_and_its_run_packaged(
    bench: Any, hand: Callable[[str], None], said: list[str]
) -> None:
    assert _run(bench, said) == ATTEMPT
    assert bench.phase() == "deliver"
    assert bench.hub.words() == ["start", "tested"]
    assert said[-1] == f"PASS: demolab/{ATTEMPT} is packaged: {bench.steps.package_path(ATTEMPT)}"
    assert bench.target.got == []


def test_it_is_delivered_when_asked(bench: Any, hand: Callable[[str], None], said: list[str]) -> None:
    _run(bench, said)
    assert by_hand.deliver(bench.lab, None, ATTEMPT) == f"http://vision/runs/demolab/{ATTEMPT}"  # type: ignore[arg-type]
    assert by_hand.deliver(bench.lab, None, ATTEMPT) == f"http://vision/runs/demolab/{ATTEMPT}"  # type: ignore[arg-type]
    assert bench.hub.words() == ["start", "tested", "done"]
    assert len(bench.target.got) == 1


def test_what_cannot_be_delivered_stays_and_is_said(bench: Any, hand: Callable[[str], None], said: list[str]) -> None:
    _run(bench, said)
    bench.target.away = True
    with pytest.raises(LabError, match=r"vision: vision cannot be reached \(it stays in the outbox\)"):
        by_hand.deliver(bench.lab, None, ATTEMPT)  # type: ignore[arg-type]
    assert bench.steps.package_path(ATTEMPT).is_file()


def test_what_this_lab_has_not_run_cannot_be_delivered(bench: Any, hand: Callable[[str], None]) -> None:
    with pytest.raises(LabError, match=r"knows nothing of|no run of"):
        by_hand.deliver(bench.lab, None, ATTEMPT)  # type: ignore[arg-type]


def test_only_boards_that_the_lab_shares_are_claimed_for(
    bench: Any, hand: Callable[[str], None], said: list[str]
) -> None:
    (bench.lab.fuego_ro / "boards" / "private.board").write_text('ARCHITECTURE="arm"\n')
    _run(bench, said)
    assert bench.hub.claimed == ["bbb"]


def test_a_request_that_is_not_to_be_had_is_said_with_its_state(
    bench: Any, hand: Callable[[str], None], said: list[str]
) -> None:
    bench.hub.waits = False
    with pytest.raises(LabError, match=f"request {ATTEMPT.request} is cancelled"):
        _run(bench, said, "bbb")


def test_another_request_that_the_claim_brings_is_not_run(
    bench: Any, hand: Callable[[str], None], said: list[str]
) -> None:
    with pytest.raises(LabError, match="was not given out"):
        by_hand.run_request(bench.lab, None, "20261123-101500123-aaaaaaaa", "bbb", said.append)  # type: ignore[arg-type]
    assert bench.journal.entry(ATTEMPT).phase == "decide"


def test_what_the_policy_refuses_is_not_run_by_hand_either(
    bench: Any, hand: Callable[[str], None], said: list[str]
) -> None:
    (bench.lab.conf_dir / "lab-policy.yaml").write_text("default: refuse\n")
    with pytest.raises(LabError, match="not run: "):
        _run(bench, said)
    assert bench.hub.words() == ["give-back"]
    assert bench.phase() == "closed"


def test_a_test_without_a_run_is_an_error_and_said(bench: Any, hand: Callable[[str], None], said: list[str]) -> None:
    hand("exit 1\n")
    with pytest.raises(LabError, match="no run: the "):
        _run(bench, said)
    assert bench.hub.told[-1] == ("error", "no-run", "hello\n")
    assert bench.journal.busy_boards() == set()


def test_a_cancel_ends_the_test_and_is_told(bench: Any, hand: Callable[[str], None], said: list[str]) -> None:
    hand(': >"$FUEGO_RW/test-runs"; sleep 30\n')
    beat = bench.hub.heartbeat

    def heartbeat(*attempt: Any, **said: str) -> dict[str, Any]:
        bench.hub.wants_stop = (bench.lab.fuego_rw / "test-runs").exists()
        return beat(*attempt, **said)

    bench.hub.heartbeat = heartbeat
    with pytest.raises(LabError, match="stopped for its requester"):
        _run(bench, said)
    assert bench.hub.told[-1] == ("cancelled", "stopped for its requester")


def test_no_token_of_the_caller_reaches_the_test(
    bench: Any, hand: Callable[[str], None], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FUEGO_HUB_TOKEN", "FUEGO_VISION_TOKEN", "JENKINS_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "token-0815")
    _run(bench, said)
    seen = (bench.lab.fuego_rw / "environment").read_text()
    assert "FUEGO_REMOTE_ATTEMPT=" in seen
    assert "token-0815" not in seen


def test_a_hub_that_is_away_while_the_test_runs_stops_nothing(
    bench: Any, hand: Callable[[str], None], said: list[str]
) -> None:
    def heartbeat(*args: Any, **more: Any) -> Any:
        raise Unreachable("gone")

    hand(LEAVES_A_RUN + "sleep 0.5\n")
    bench.hub.heartbeat = heartbeat
    assert _run(bench, said) == ATTEMPT


# -- push-runs


def _ended(bench: Any, run_json: dict[str, Any]) -> None:
    bench.claim()
    bench.steps.controller = lambda: bench.jenkins
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.job_ends(run=run_json)


def _push(bench: Any, said: list[str], into: Path | None = None) -> bool:
    return by_hand.push_runs(bench.lab, None, into, said.append)  # type: ignore[arg-type]


def test_pushing_delivers_what_waits_and_leaves_the_packages(
    bench: Any, hand: Callable[[str], None], said: list[str], run_json: dict[str, Any], tmp_path: Path
) -> None:
    _ended(bench, run_json)
    assert _push(bench, said, tmp_path)
    assert said == [f"{ATTEMPT}: delivered"]
    assert (tmp_path / f"{ATTEMPT}.frp").is_file()
    assert bench.phase() == "closed"
    said.clear()
    assert _push(bench, said)
    assert said == []


def test_what_still_waits_is_said(
    bench: Any, hand: Callable[[str], None], said: list[str], run_json: dict[str, Any]
) -> None:
    _ended(bench, run_json)
    bench.target.away = True
    assert not _push(bench, said)
    assert said == [f"{ATTEMPT}: vision: vision cannot be reached"]


def test_a_hub_that_is_away_is_said_for_each_run(
    bench: Any, hand: Callable[[str], None], said: list[str], run_json: dict[str, Any]
) -> None:
    def tested(*args: Any) -> None:
        raise Unreachable("the hub cannot be reached")

    _ended(bench, run_json)
    bench.hub.tested = tested
    assert not _push(bench, said)
    assert said == [f"{ATTEMPT}: the hub cannot be reached"]


def test_a_test_that_left_no_run_is_not_called_delivered(
    bench: Any, hand: Callable[[str], None], said: list[str]
) -> None:
    bench.claim()
    bench.steps.controller = lambda: bench.jenkins
    bench.until("gate")
    bench.job_asks()
    bench.until("run")
    bench.job_ends(reason="no-run")
    assert _push(bench, said)
    assert said == [f"{ATTEMPT}: no run: the test ended without a run.json; see the end of its console"]


def test_a_run_that_the_bridge_delivers_at_the_same_time_is_delivered(
    bench: Any, hand: Callable[[str], None], said: list[str], run_json: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package is gone from under us: the bridge was quicker."""
    _ended(bench, run_json)
    bench.until("deliver")
    take = bench.steps.take

    def quicker(which: AttemptId) -> Any:
        take(which)
        raise FileNotFoundError(2, "No such file", "run.frp")

    monkeypatch.setattr(bench.steps, "take", quicker)
    assert _push(bench, said)
    assert said == [f"{ATTEMPT}: delivered"]


def test_a_delivery_that_waits_is_given_up_and_the_requester_told(
    bench: Any, hand: Callable[[str], None], said: list[str]
) -> None:
    _run(bench, said)
    bench.target.away = True
    with pytest.raises(LabError, match="stays in the outbox"):
        by_hand.deliver(bench.lab, None, ATTEMPT)  # type: ignore[arg-type]
    assert by_hand.drop(bench.lab, None, ATTEMPT, None, "vision was set up anew") == ["vision"]  # type: ignore[arg-type]
    why = "vision does not have the run: dropped by hand: vision was set up anew"
    assert bench.hub.told[-1] == ("done", "vision", "", why)
    assert bench.phase() == "closed"
    assert list((bench.lab.packages_dir / "refused").iterdir())


def test_what_does_not_wait_cannot_be_given_up(bench: Any, hand: Callable[[str], None], said: list[str]) -> None:
    _run(bench, said)
    with pytest.raises(LabError, match="no delivery of .* waits for squad"):
        by_hand.drop(bench.lab, None, ATTEMPT, "squad", "")  # type: ignore[arg-type]
