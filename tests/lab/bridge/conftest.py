"""A bridge that is not started yet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from bridge_world import Hub, Running
from fuego_jenkins_remote.client.errors import Unreachable
from fuego_jenkins_remote.lab.bridge import claiming, in_touch, looking, rounds, schedule


@pytest.fixture
def running(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A bridge that is not started yet; its pauses are short."""
    for module in (schedule, claiming, in_touch):
        monkeypatch.setattr(module, "FIRST_PAUSE", 0.02)
    for module in (schedule, claiming):
        monkeypatch.setattr(module, "LONGEST_PAUSE", 0.32)
    monkeypatch.setattr(in_touch, "BOARDS_EVERY", 0.1)
    monkeypatch.setattr(looking, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(rounds, "ROUND", 0.05)
    bench.steps.clock = time.time
    hub = Hub()
    bench.steps.hub = lambda: hub
    one = Running(bench, hub)
    yield one
    one.end()
    hub.breaks(Unreachable("the test is over"))
    if hub.silent:
        hub.silent.set()
    for thread in threading.enumerate():
        if thread.name.startswith(("claim-", "boards", "look", "rounds", "step-", "sweep", "care", "asked", "leave")):
            thread.join(30)
