"""A bridge and the boards that are to be checked: nothing is claimed for them, and only a check takes `broken` back."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bridge_world import Running
from fuego_jenkins_remote.lab.care import keeper
from fuego_jenkins_remote.lab.care.book import Step
from fuego_jenkins_remote.lab.jenkins.overview import SeenNode
from until import until


@pytest.fixture
def going_on(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The board's check passes when this file says 0, fails when it says 1, and waits for either."""
    monkeypatch.setattr(keeper, "LOOK", 0.05)
    verdict = tmp_path / "verdict"
    script = tmp_path / "check-board"
    ends = f"[ -s {verdict} ] || [ ! -e $0 ]"  # it may be left behind, and its folder be removed
    script.write_text(f"#!/bin/bash\nuntil {ends}; do sleep 0.02; done\nexit $(cat {verdict})\n")
    script.chmod(0o755)
    conf = running.bench.lab.conf_dir / "boards.yaml"
    conf.write_text(f"boards: {{bbb: {{check: {{command: [{script}], timeout: 60s}}}}}}\n")
    return verdict


def _says(verdict: Path, status: int) -> None:
    """The file appears whole."""
    partial = verdict.with_suffix(".tmp")
    partial.write_text(f"{status}\n")
    partial.rename(verdict)


def _step(running: Running) -> Step | None:
    entry = running.bench.steps.care.entry("bbb")
    return entry.step if entry else None


def test_nothing_is_claimed_until_the_check_is_passed_and_then_at_once(running: Running, going_on: Path) -> None:
    running.bench.steps.care.due("bbb", "an abort", 1.0)
    running.start()
    assert running.ready.wait(90)
    until(lambda: _step(running) is Step.COMMAND)
    running.hub.put(0)
    time.sleep(0.3)
    assert {boards for _, boards in running.hub.claimed} <= {()}
    _says(going_on, 0)
    until(running.bench.journal.open_entries)


def test_a_board_that_fails_stays_broken_whatever_its_node_does(running: Running, going_on: Path) -> None:
    _says(going_on, 1)
    running.bench.steps.care.due("bbb", "an abort", time.time())
    running.start()
    until(lambda: _step(running) is Step.OUT)
    assert running.hub.health["bbb"][0] == "broken"
    for online in (False, True):
        running.bench.jenkins.seen_nodes = [SeenNode(name="bbb", online=online)]
        running.has_looked(4)
    assert running.hub.health["bbb"][0] == "broken"
    assert {boards for _, boards in running.hub.claimed} <= {()}


def test_a_board_is_taken_back_by_a_check_alone(running: Running, going_on: Path) -> None:
    _says(going_on, 1)
    running.bench.steps.care.due("bbb", "an abort", time.time())
    running.start()
    until(lambda: _step(running) is Step.OUT)
    _says(going_on, 0)
    running.bench.steps.care.ask("bbb", "asked for by hand", time.time())
    until(lambda: _step(running) is None)
    assert running.hub.health["bbb"] == ("online", "")
    until(lambda: running.hub.waiting == ("bbb",))


def test_a_bridge_that_stops_leaves_the_check_to_the_next_one(running: Running, going_on: Path) -> None:
    running.bench.steps.care.due("bbb", "an abort", 1.0)
    running.start()
    until(lambda: _step(running) is Step.COMMAND)
    assert running.end() < 10
    assert _step(running) is Step.COMMAND
    _says(going_on, 0)  # lets the command that was left behind end


def test_what_a_test_wrote_into_the_folder_of_questions_ends_nothing(running: Running, going_on: Path) -> None:
    running.start()
    assert running.ready.wait(90)
    asked: Any = running.bench.lab.lab_dir / "asked"
    (asked / "bbb.ask").write_text("\x00" * 100)
    (asked / "..ask").write_text("x")
    (asked / "-x.ask").mkdir()
    running.hub.put(0)
    until(running.bench.journal.open_entries)
    assert running.failed is None
