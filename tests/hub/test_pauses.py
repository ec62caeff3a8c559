"""A board that gave a request back is not offered it at once; a claim that waits is answered when the pause ends."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta

from fuego_jenkins_remote.hub import records

from .conftest import Service, World


def test_a_claim_that_gets_nothing_knows_when_a_pause_ends(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put(ann, "demolab:one")
    which = world.claim("demolab", "one")
    assert which
    world.give_back("demolab", which)
    [paused] = world.attempts(which.request)
    answer = world.take("demolab", "one")
    assert (answer.assignments, answer.again_at) == ((), paused.pause_until)
    world.clock.forward(seconds=11)
    assert world.take("demolab", "one").assignments != ()
    assert world.take("demolab", "one").again_at is None


def test_pauses_of_other_labs_are_not_waited_for(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.add_lab("otherlab", "two")
    world.put(ann, "demolab:one")
    which = world.claim("demolab", "one")
    assert which
    world.give_back("demolab", which)
    assert world.take("otherlab", "two").again_at is None


def test_a_claim_that_waits_is_answered_when_the_pause_ends(service: Service) -> None:
    hub = service.client.app.state.hub  # type: ignore[attr-defined]
    hub.times = replace(hub.times, pause=timedelta(seconds=0.4))
    put = {"call_id": "call-1-x", "selector": "demolab:qemu", "test": "Functional.a"}
    [request] = service.ok("ann", "POST", "/requests", 201, json=put)["requests"]
    service.ok("demolab", "POST", "/claims", json={"claim_id": "claim-1-x", "boards": ["qemu"]})
    back = {"call_id": "call-2-x", "reason": "busy"}
    start = time.monotonic()
    service.ok("demolab", "POST", f"/requests/{request['id']}/attempts/1/give-back", json=back)
    again = service.ok("demolab", "POST", "/claims", json={"claim_id": "claim-2-x", "boards": ["qemu"], "wait": 20})
    assert [one["number"] for one in again["attempts"]] == [2]
    assert 0.4 < time.monotonic() - start < 15
