"""A board is asked what it is, through the lab's Jenkins, and what it says chooses it; a person takes its node out."""

from __future__ import annotations

import json
import platform
from typing import Any

import jenkins
import pytest

from fuego_jenkins_remote.network.states import State

pytestmark = pytest.mark.slow


def test_what_a_board_says_of_itself_chooses_it(network: Any) -> None:
    requests = network.rw / "remote" / "requests"
    before = set(requests.iterdir())
    said = json.loads(network.well("put-board", "-b", "eins", "--probe", "--json"))
    facts = said[0]["facts"]
    assert facts["kernel"] == platform.release()
    assert facts["arch"] == {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
    assert [str(one) for one in network.anna.boards(selector=f'kernel="{platform.release()}"')] == ["demolab:eins"]
    # It is told again by who does not ask the board again, and nothing of the probe is left behind.
    again = json.loads(network.well("put-board", "-b", "eins", "--json"))
    assert again[0]["facts"] == facts
    assert set(requests.iterdir()) <= before


def test_a_board_is_asked_after_the_test_that_has_it(network: Any, until: Any) -> None:
    request = network.running()
    asking = network.started(network.lab_conf, "put-board", "-b", "eins", "--probe")
    until(network.controller.queue, "the probe waits in Jenkins for the board")
    assert asking.poll() is None
    assert network.begun(request) == 1
    network.release()
    _, said = asking.communicate(timeout=120)
    assert asking.returncode == 0, said
    network.assert_one_run(request)


def test_a_probe_that_is_told_to_end_leaves_nothing_in_the_queue(network: Any, until: Any) -> None:
    request = network.running()
    asking = network.started(network.lab_conf, "put-board", "-b", "eins", "--probe")
    until(network.controller.queue, "the probe waits in Jenkins for the board")
    asking.terminate()
    _, said = asking.communicate(timeout=120)
    assert asking.returncode == 130, said
    assert not network.controller.queue()
    network.release()
    network.comes_to(request, State.DONE)


def test_a_node_that_a_person_takes_out_is_in_maintenance(network: Any, until: Any) -> None:
    server = jenkins.Jenkins(network.urls["jenkins"])
    try:
        server.disable_node("eins", "Umbau bis Montag")
        board = until(lambda: _with_health(network, "maintenance"), "the hub knows of it", 90)
        assert board.health_reason == "Umbau bis Montag"
    finally:
        server.enable_node("eins")
    until(lambda: _with_health(network, "online"), "the hub knows that it is back", 90)


def _with_health(network: Any, health: str) -> Any:
    board = network.anna.board("demolab", "eins")
    return board if board.health == health else None
