"""`ftc lab check-board`: a check by hand, and a person's word that a board is well."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from fuego_jenkins_remote.client.errors import NotFound
from fuego_jenkins_remote.lab.attempts.stepping import AT_ONCE
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.care.book import CareEntry, Step
from fuego_jenkins_remote.lab.care.checks import ONLINE, Checks
from fuego_jenkins_remote.lab.care.wanted import BOARD_CHECK
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving.serve import AtWork, only_one
from fuego_jenkins_remote.lab.serving.wiring import Links, open_steps

LOOK = 0.5
"""Seconds between two looks at how far a check is that the bridge carries out."""


def check_board(config: LabConfig, links: Links, board: str, say: Callable[[str], None]) -> str:
    """Check a board now and wait for the verdict: why it is not well, empty where it is.

    The bridge carries it out; where none runs, we do. A check that is under way already is the one that counts. Raises
    LabError where no check is possible, and what the systems raise that it talks to.
    """
    steps = open_steps(config, links)
    check = config.board_check(board)
    if check is None:
        raise LabError(
            f"no check of {board} is possible: name one under 'check' in {config.conf_dir / 'boards.yaml'}, or install"
            f" {BOARD_CHECK}; --now-well takes a board back without one"
        )
    say(f"{board} is checked: {check.words()}, at most {check.timeout} s each")
    began = steps.clock()
    steps.care.ask(board, "asked for by hand", began)
    return _follow(steps, board, began, say)


def take_back(config: LabConfig, links: Links, board: str) -> None:
    """A person says that the board is well: no check is due, and the hub is told. Raises LabError, ClientError."""
    steps = open_steps(config, links)
    with contextlib.suppress(NotFound):  # it is not shared
        steps.hub().put_health(config.host, board, ONLINE, "")
    steps.care.forget(board)


def _follow(steps: Steps, board: str, began: float, say: Callable[[str], None]) -> str:
    said = ""
    while True:
        entry = steps.care.entry(board)
        if entry is None:
            return ""
        if entry.step is Step.OUT and entry.since >= began:
            return entry.reason
        words = _words(steps, entry)
        if words != said:
            say(words)
            said = words
        time.sleep(_carried_on(steps, board))


def _carried_on(steps: Steps, board: str) -> float:
    """Take the next step, unless the bridge does; seconds until the next look."""
    try:
        with only_one(steps.lab.state_dir / "bridge.lock"):
            pause = Checks(steps).take(board)
    except AtWork:
        return LOOK
    return min(pause or AT_ONCE, LOOK)


def _words(steps: Steps, entry: CareEntry) -> str:
    job = steps.lab.job(entry.board)
    if entry.step is Step.DUE and entry.due_at > steps.clock():
        return "no verdict yet: it is tried again within a minute"
    if entry.step is Step.DUE and entry.board in steps.journal.busy_boards():
        return "waits until the test that runs on it is over"
    return {
        Step.DUE: "is due",
        Step.COMMAND: "the lab's command runs",
        Step.TRIGGER: f"Jenkins is called: {job}",
        Step.GATE: f"waits in Jenkins: {job}",
        Step.RUN: f"the test runs: {job}",
        Step.WELL: "well",
        Step.SICK: f"not well: {entry.reason}",
        Step.OUT: "out of the network",
    }[entry.step]
