"""The bridge or the hub is away beyond time limit and grace, which are moments here and hours elsewhere."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from holding_proxy import At

from fuego_jenkins_remote.network.states import State

pytestmark = pytest.mark.slow

LEASE, GRACE, TIME_LIMIT = 30.0, 0.5, 6


class ImpatientHub:
    """In the place of the network's hub."""

    def __init__(self, stage: Any) -> None:
        self._port = stage.urls["hub"].rpartition(":")[2]
        self._data = stage.root / "hub"
        self._log = stage.hub.log
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        program = Path(__file__).parent / "parts" / "impatient_hub.py"
        command = [sys.executable, str(program), str(self._data), self._port, str(LEASE), str(GRACE)]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("hub ready"), self._log.read_text()[-2000:]

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


@pytest.fixture
def hub(stage: Any) -> Iterator[ImpatientHub]:
    """It serves the network's data."""
    stage.hub.end()
    impatient = ImpatientHub(stage)
    try:
        impatient.start()
        yield impatient
    finally:
        impatient.kill()
        stage.hub.start()


def _outcome_of(stage: Any, request: str) -> None:
    stage.until(lambda: list(stage.outbox.glob(f"{request}.*")), "the script has left its outcome")


def test_a_late_result_of_a_lost_attempt_counts(stage: Any, hub: ImpatientHub) -> None:
    request = stage.running(timeout=TIME_LIMIT)
    stage.bridge.kill()
    stage.release()
    _outcome_of(stage, request)
    stage.comes_to(request, State.LOST)
    stage.bridge.start()
    ended = stage.comes_to(request, State.DONE)
    assert (ended.attempt, ended.status) == (1, "PASS")
    stage.assert_one_run(request)


def test_a_lost_attempt_that_still_has_its_board_brings_its_run(stage: Any, hub: ImpatientHub) -> None:
    (stage.rw / "hold-collecting").touch()
    request = stage.running(timeout=TIME_LIMIT)
    stage.bridge.kill()
    stage.release()
    stage.until((stage.rw / "collecting").exists, "the script collects")
    other = stage.put()
    stage.comes_to(request, State.LOST)
    stage.bridge.start()
    with stage.proxies["hub"].holding("POST", "/heartbeats$", At.AFTER) as beat:
        beat.wait()  # the bridge has looked after it
    assert stage.anna.request(other).state is State.PENDING
    (stage.rw / "hold-collecting").unlink()
    for one in (request, other):
        stage.comes_to(one, State.DONE)
        stage.assert_one_run(one)


def test_no_time_passes_for_an_attempt_while_the_hub_is_away(stage: Any, hub: ImpatientHub) -> None:
    request = stage.running(timeout=TIME_LIMIT)
    hub.kill()
    stage.release()
    _outcome_of(stage, request)
    time.sleep(TIME_LIMIT + GRACE)
    hub.start()
    ended = stage.comes_to(request, State.DONE)
    assert (ended.attempt, ended.status) == (1, "PASS")
    stage.assert_one_run(request)
