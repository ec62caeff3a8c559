"""Claims while the hub is away: their number stays small, however the boards come and go."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest

from bridge_world import Hub, Running, attempt
from fuego_jenkins_remote.client.errors import Unreachable
from fuego_jenkins_remote.lab.asking import answering
from fuego_jenkins_remote.lab.bridge.claiming import Claiming
from until import until


def claims_under_way() -> int:
    return sum(thread.name.startswith("claim-") for thread in threading.enumerate())


def make_claiming(running: Running, free: Any) -> Claiming:
    """The part of a bridge that claims, alone."""
    return Claiming(
        running.bench.steps,
        Any,  # type: ignore[arg-type]  # nothing is won
        instance="bridge-0001",
        free=free,
        failed=lambda error: None,
        stop=running.stop,
        wake=lambda: None,
    )


def test_while_the_hub_is_away_boards_that_come_and_go_cost_no_thread_each(running: Running) -> None:
    hub: Hub = running.hub
    hub.breaks(Unreachable("the hub is away"))
    seen = itertools.cycle([{"bbb": None}, {"bbb": None, "ccc": None}])
    boards: list[dict[str, None]] = [next(seen)]
    claiming = make_claiming(running, lambda: boards[0])
    claiming.renew()
    until(lambda: len(hub.claimed) > 1)  # it is asked again: what it won is not known
    for _ in range(30):
        boards[0] = next(seen)
        claiming.renew()
    assert claims_under_way() <= 2
    assert len(running.bench.journal.open_claims()) <= 2


def test_a_hub_that_is_back_is_asked_for_the_boards_that_are_free_now(running: Running) -> None:
    hub: Hub = running.hub
    hub.breaks(Unreachable("the hub is away"))
    boards: list[dict[str, None]] = [{"bbb": None}]
    claiming = make_claiming(running, lambda: boards[0])
    claiming.renew()
    until(lambda: len(hub.claimed) > 1)
    boards[0] = {"ccc": None}
    claiming.renew()
    hub.breaks(None)

    def waits_for_the_new_ones() -> bool:
        claiming.renew()  # as the bridge does when it is woken
        return hub.waiting == ("ccc",)

    until(waits_for_the_new_ones)
    assert running.bench.journal.open_claims() != []


def test_builds_that_ask_wait_until_the_claims_of_before_are_known(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "LOOK", 0.01)
    hub: Hub = running.hub
    hub.breaks(Unreachable("the hub is away"))
    running.start()
    asked = running.bench.folders.path / "asked"
    (asked / "bbb.ask").write_text(f"0123456789abcdef {attempt(0).request} 7\n")
    until(lambda: len(hub.claimed) > 4)
    assert not (asked / "bbb.answer").exists()
    assert running.bench.journal.open_claims() == []
    hub.breaks(None)
    until((asked / "bbb.answer").exists)
