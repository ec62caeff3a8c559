"""What happens to campaigns when two transactions are at them at one moment."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.campaigns import again, putting, reading, told
from fuego_jenkins_remote.network.campaigns import USUALLY_AGAIN

from ..conftest import World
from .together import at_once

ROUNDS = 20


def put(world: World, who: records.Caller, *selectors: str) -> str:
    call_id = world.call_id()
    parts = tuple(
        records.NewRequest(call_id=call_id, selector=selector, test="Functional.hello", variables={})
        for selector in selectors
    )
    with world.hub.change() as change:
        return putting.put(change, who, records.NewCampaign(call_id=call_id, parts=parts)).id


def test_of_last_requests_that_end_at_one_moment_one_ends_the_campaign(
    world: World, ann: records.Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[str] = []
    monkeypatch.setattr(told, "campaign_ended", lambda _change, campaign: ends.append(campaign.id))
    world.add_lab("demolab", "one", "two")
    world.add_lab("otherlab", "one")
    places = [("demolab", "one"), ("demolab", "two"), ("otherlab", "one")]
    made = []
    for _ in range(ROUNDS):
        made.append(put(world, ann, *(f"{host}:{board}" for host, board in places)))
        running = [(host, world.running(host, board)) for host, board in places]
        for host, which in running:
            world.tested(host, which)
        at_once(*(lambda host=host, which=which: world.done(host, which) for host, which in running))
        with world.hub.reading() as conn:
            assert reading.whole(conn, ann, made[-1]).campaign.ended_at is not None
    assert ends == made


def test_of_two_who_put_again_at_one_moment_one_does(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    campaign = put(world, ann, "demolab:one", "demolab:two")

    def rerun() -> again.Again:
        with world.hub.change() as change:
            return again.rerun(change, ann, campaign, world.call_id(), USUALLY_AGAIN)

    for _ in range(ROUNDS):
        for board in ("one", "two"):
            world.error("demolab", world.running("demolab", board))
            world.health("demolab", board, "broken")
            world.health("demolab", board, "online")  # else three errors in a row would take it out
        done = at_once(rerun, rerun)
        assert sorted(isinstance(one, again.Again) for one in done) == [False, True], done
        with world.hub.reading() as conn:
            assert reading.whole(conn, ann, campaign).progress.total == 2
