"""The job's script is killed: the request ends with a reason, an error run brings the logs, the board is free again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from points import POINTS, locked

from fuego_jenkins_remote.network.reasons import Reason, meaning
from fuego_jenkins_remote.network.states import State

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where the script is killed, on a board of its own, and what the request then says."""

    point: str
    board: str
    with_its_group: bool
    reason: Reason
    has_begun: bool = True


WAYS = {
    "waiting for the board": Way(
        point="board locked", board="zwei", with_its_group=True, reason=Reason.NEVER_STARTED, has_begun=False
    ),
    "at the gate": Way(
        point="started", board="drei", with_its_group=False, reason=Reason.NEVER_STARTED, has_begun=False
    ),
    "alone, mid-test": Way(point="running", board="vier", with_its_group=False, reason=Reason.SCRIPT),
    "with its group, mid-test": Way(point="running", board="eins", with_its_group=True, reason=Reason.SCRIPT),
    "collecting": Way(point="collecting", board="sechs", with_its_group=False, reason=Reason.SCRIPT),
}


@pytest.fixture(scope="module")
def killed(whole_stage: Any) -> Iterator[dict[str, str]]:
    """The requests whose script was killed; all wait at the same time until the bridge believes in their end."""
    requests = {}
    with whole_stage.more_boards("zwei", "drei", "vier", "sechs"):
        for name, way in WAYS.items():
            reach = locked(whole_stage, way.board) if way.point == "board locked" else POINTS[way.point](whole_stage)
            with reach as stop:
                requests[name] = whole_stage.put(selector=f"demolab:{way.board}")
                stop.reached(requests[name])
                whole_stage.kill_script(requests[name], with_its_group=way.with_its_group)
                stop.go_on("script")
        yield requests


@pytest.mark.parametrize("name", WAYS)
def test_the_request_ends_with_a_reason_and_what_logs_there_are(stage: Any, killed: dict[str, str], name: str) -> None:
    way, request = WAYS[name], killed[name]
    ended = stage.comes_to(request, State.ERROR)
    assert (ended.reason, ended.attempt) == (meaning(way.reason), 1)
    assert stage.begun(request) == way.has_begun
    stage.until(lambda: not list((stage.rw / "remote").glob(f"*/.{request}.*")), "nothing half-written is left")
    if not way.has_begun:
        assert stage.runs_of(request) == []
        return
    stage.until(lambda: stage.runs_of(request), "its error run is there")
    [key] = stage.runs_of(request)
    run = stage.results.run(key)
    assert run["status"] == "ERROR"
    assert "consolelog.txt" in {file["name"] for file in run["files"]}
    assert stage.test_processes(request) == []


@pytest.mark.parametrize("name", WAYS)
def test_the_board_is_free_for_the_next(stage: Any, killed: dict[str, str], name: str) -> None:
    stage.comes_to(killed[name], State.ERROR)
    request = stage.put(selector=f"demolab:{WAYS[name].board}")
    stage.comes_to(request, State.DONE)
    stage.assert_one_run(request)


def test_with_retries_another_board_runs_it(stage: Any, killed: dict[str, str]) -> None:
    request = stage.running(selector="arch=x86_64", retries=1)
    first = stage.anna.request(request).board
    stage.kill_script(request, with_its_group=True)
    stage.release()
    ended = stage.comes_to(request, State.DONE)
    assert (ended.attempt, ended.status) == (2, "PASS")
    assert ended.board != first
    assert stage.begun(request) == 2
    stage.until(lambda: len(stage.runs_of(request)) == 2, "the first attempt's error run is there, too")
    assert {key: stage.results.run(key)["status"] for key in stage.runs_of(request)} == {
        f"demolab/{request}.1": "ERROR",
        f"demolab/{request}.2": "PASS",
    }
