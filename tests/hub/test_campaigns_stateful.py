"""Whatever happens to the requests of campaigns, in whichever order: counts are right, and each end is told once."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.campaigns import again, calling_off, putting, reading, told
from fuego_jenkins_remote.hub.errors import Conflict, Refused
from fuego_jenkins_remote.network.campaigns import Group
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import FINAL
from state_machines import few_and_many

from .conftest import open_world

BOARDS = [("demolab", "one"), ("demolab", "two"), ("otherlab", "one")]
SELECTORS = ["demolab:one", "demolab:*", "*:one", "otherlab:one"]


class Campaigns(RuleBasedStateMachine):
    """Puts, claims, ends, cancels, retries, reruns and the clock, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.world = open_world(self.folder / "hub")
        self.ann = self.world.add_user("ann", "annslab")
        self.world.add_lab("demolab", "one", "two")
        self.world.add_lab("otherlab", "one")
        self.ids: list[str] = []
        self.versions: dict[str, int] = {}
        self.given: list[tuple[str, AttemptId]] = []
        self.told: Counter[tuple[str, int]] = Counter()
        self.patch = mock.patch.object(told, "campaign_ended", self._told)
        self.patch.start()

    def teardown(self) -> None:
        self.patch.stop()
        self.world.hub.engine.dispose()
        shutil.rmtree(self.folder)

    def _told(self, _change: object, campaign: records.Campaign) -> None:
        self.told[campaign.id, campaign.round] += 1

    @rule(
        parts=st.lists(
            st.tuples(st.sampled_from(SELECTORS), st.sampled_from([1, 1, "each"]), st.integers(0, 1)),
            min_size=1,
            max_size=3,
        )
    )
    def put(self, parts: list[tuple[str, records.Count, int]]) -> None:
        call_id = self.world.call_id()
        wanted = tuple(
            records.NewRequest(
                call_id=call_id,
                selector=selector,
                test=f"Functional.t{number}",
                variables={},
                count=count,
                retries=retries,
                timeout=60,
            )
            for number, (selector, count, retries) in enumerate(parts)
        )
        with self.world.hub.change() as change:
            made = putting.put(change, self.ann, records.NewCampaign(call_id=call_id, parts=wanted))
        self.ids.append(made.id)

    @rule(place=st.sampled_from(BOARDS), start=st.booleans())
    def claim(self, place: tuple[str, str], start: bool) -> None:
        which = self.world.claim(*place)
        if which is None:
            return
        self.given.append((place[0], which))
        if start:
            self.world.start(place[0], which)

    @precondition(lambda self: self.given)
    @rule(data=st.data(), verb=st.sampled_from(["start", "tested", "done", "done", "error", "cancelled", "give_back"]))
    def say(self, data: st.DataObject, verb: str) -> None:
        host, which = data.draw(st.sampled_from(self.given))
        try:
            if verb == "done":
                self.world.tested(host, which)
            getattr(self.world, verb)(host, which)
        except Conflict:
            return

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def cancel_one(self, data: st.DataObject) -> None:
        whole = self._whole(data.draw(st.sampled_from(self.ids)))
        request = data.draw(st.sampled_from([one.part.id for one in whole.requests]))
        try:
            self.world.cancel(self.ann, request)
        except Conflict:
            return

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def cancel_all(self, data: st.DataObject) -> None:
        campaign = data.draw(st.sampled_from(self.ids))
        try:
            calling_off.cancel(self.world.hub, self.ann, campaign, self.world.call_id(), "")
        except Conflict:
            return

    @precondition(lambda self: self.ids)
    @rule(data=st.data(), groups=st.sets(st.sampled_from(list(Group)), min_size=1))
    def rerun(self, data: st.DataObject, groups: set[Group]) -> None:
        campaign = data.draw(st.sampled_from(self.ids))
        before = self._whole(campaign)
        try:
            with self.world.hub.change() as change:
                done = again.rerun(change, self.ann, campaign, self.world.call_id(), groups)
        except Refused:
            return
        after = self._whole(campaign)
        assert after.progress.total == before.progress.total, "a request has no successor, or two"
        assert {one.rerun_of for one in done.made} <= {one.part.id for one in before.requests}

    @rule(place=st.sampled_from(BOARDS))
    def board_goes_and_comes_back(self, place: tuple[str, str]) -> None:
        self.world.remove_board(*place)
        self.world.put_board(*place)

    @rule(minutes=st.sampled_from([0.2, 15, 2000]))
    def time_goes_by(self, minutes: float) -> None:
        self.world.clock.forward(minutes=minutes)
        self.world.sweep()

    @invariant()
    def each_end_is_told_once_and_only_when_it_is_one(self) -> None:
        assert all(count == 1 for count in self.told.values()), self.told
        for campaign in self.ids:
            whole = self._whole(campaign)
            over = all(self.world.get(one.part.id).state in FINAL for one in whole.requests)
            assert over == whole.progress.over == (whole.campaign.ended_at is not None)
            assert over == ((campaign, whole.campaign.round) in self.told)

    @invariant()
    def versions_only_grow(self) -> None:
        for campaign in self.ids:
            version = self._whole(campaign).version
            assert version >= self.versions.get(campaign, 0)
            self.versions[campaign] = version

    def _whole(self, campaign: str) -> reading.Whole:
        with self.world.hub.reading() as conn:
            return reading.whole(conn, self.ann, campaign)


TestCampaigns, TestCampaignsAtLength = few_and_many(Campaigns, few=3, many=40, steps=30)
