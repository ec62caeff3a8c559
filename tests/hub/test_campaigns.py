"""Campaigns: put together, read together, called off together, put again where they failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.campaigns import again, calling_off, putting, reading, told
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, NotYours, Refused
from fuego_jenkins_remote.hub.schema import requests as request_table
from fuego_jenkins_remote.hub.statements import campaigns as sql
from fuego_jenkins_remote.network.campaigns import USUALLY_AGAIN, Group
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import State

from .conftest import World, lab


@dataclass
class Ends:
    """The campaigns of whose end somebody was told."""

    told: list[records.Campaign] = field(default_factory=list)

    def __call__(self, _change: object, campaign: records.Campaign) -> None:
        self.told.append(campaign)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Ends:
    seen = Ends()
    monkeypatch.setattr(told, "campaign_ended", seen)
    return seen


@pytest.fixture
def labs(world: World) -> World:
    world.add_lab("demolab", "one", "two")
    world.add_lab("otherlab", "one")
    return world


def part(selector: str, test: str = "Functional.hello", **values: Any) -> dict[str, Any]:
    return {"selector": selector, "test": test, "variables": {}, **values}


def put(world: World, who: records.Caller, *parts: dict[str, Any], **values: Any) -> reading.Whole:
    whole = {"call_id": values.pop("call_id", "") or world.call_id(), "team": values.pop("team", None)}
    private = {"private": values.get("private", False)}
    made = tuple(records.NewRequest(**one, **whole, **private) for one in parts)
    with world.hub.change() as change:
        campaign = putting.put(change, who, records.NewCampaign(parts=made, **whole, **values))
    return whole_of(world, who, campaign.id)


def whole_of(world: World, who: records.Caller | None, campaign_id: str) -> reading.Whole:
    with world.hub.reading() as conn:
        return reading.whole(conn, who, campaign_id)


def rerun(world: World, who: records.Caller, campaign_id: str, *groups: Group, call_id: str = "") -> again.Again:
    with world.hub.change() as change:
        return again.rerun(change, who, campaign_id, call_id or world.call_id(), groups or USUALLY_AGAIN)


def cancel(world: World, who: records.Caller, campaign_id: str, call_id: str = "") -> calling_off.CalledOff:
    return calling_off.cancel(world.hub, who, campaign_id, call_id or world.call_id(), "enough")


def ids(whole: reading.Whole) -> list[str]:
    return [one.part.id for one in whole.requests]


def words(whole: reading.Whole) -> dict[str, int]:
    return dict(whole.progress.counts)


def end(world: World, host: str, board: str, status: str = "PASS") -> AttemptId:
    """Have what is next for a board run to its end."""
    which = world.running(host, board)
    if status == "error":
        world.error(host, which)
        return which
    world.tested(host, which)
    if status != "PASS":
        with world.hub.change() as change:
            set_status = request_table.update().where(request_table.c.id == which.request).values(status=status)
            change.conn.execute(set_status)
    world.done(host, which)
    return which


# -- put


def test_several_tests_for_several_selectors_are_one_campaign(labs: World, ann: records.Caller) -> None:
    parts = [part(where, test) for test in ("Functional.a", "Functional.b") for where in ("demolab:one", "otherlab:*")]
    made = put(labs, ann, *parts, name="für heute", notes="grüße")
    assert (made.campaign.name, made.campaign.notes, made.campaign.requester) == ("für heute", "grüße", "ann")
    assert {(one.part.test, one.part.selector) for one in made.requests} == {
        (one["test"], one["selector"]) for one in parts
    }
    assert words(made) == {"pending": 4}


def test_each_and_count_are_for_each_part(labs: World, ann: records.Caller) -> None:
    made = put(labs, ann, part("arch=x86_64", count="each"), part("demolab:*", "Functional.b", count=2))
    assert sorted(one.part.selector for one in made.requests) == [
        "demolab:*",
        "demolab:*",
        "demolab:one",
        "demolab:two",
        "otherlab:one",
    ]


def test_two_tests_may_run_on_one_board_though_each_is_spread(labs: World, ann: records.Caller) -> None:
    put(labs, ann, part("demolab:*", "Functional.a", count=2), part("demolab:*", "Functional.b", count=2))
    tests = {labs.get(end(labs, "demolab", "one").request).test for _ in range(2)}
    assert tests == {"Functional.a", "Functional.b"}
    assert labs.claim("demolab", "one") is None, "two requests of one count on one board"


def test_one_part_that_cannot_be_put_keeps_all_from_being_made(labs: World, ann: records.Caller) -> None:
    with pytest.raises(Refused, match="1 of 2 parts cannot be") as refused:
        put(labs, ann, part("demolab:one"), part("arch=m68k", "Functional.b"))
    assert "Functional.b on arch=m68k: no board may run this" in str(refused.value)
    assert refused.value.code == "no-board"
    with labs.hub.reading() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(request_table)).scalar_one() == 0


def test_the_refusal_of_the_only_part_is_what_a_request_would_get(labs: World, ann: records.Caller) -> None:
    with pytest.raises(Refused, match="there is no board demolab:nosuch; demolab has one, two") as refused:
        put(labs, ann, part("demolab:nosuch"))
    assert refused.value.code == "unknown-board"


def test_all_of_it_is_for_one_team(world: World) -> None:
    both = world.add_user("both", "second", "first")
    world.add_lab("demolab", "one", open_to=("first",))
    world.add_lab("otherlab", "one", open_to=("first", "second"))
    assert put(world, both, part("otherlab:one"), part("demolab:one")).campaign.team == "first"
    assert put(world, both, part("otherlab:one"), part("otherlab:one", "Functional.b")).campaign.team == "second"


def test_a_team_in_which_one_only_looks_on_is_passed_over(world: World) -> None:
    world.add_lab("demolab", "one")
    both = world.add_user("both", "first:guest", "second")
    assert put(world, both, part("demolab:one"), part("demolab:one", "Functional.b")).campaign.team == "second"
    guest = world.add_user("guest", "first:guest")
    with pytest.raises(NotYours, match="may not ask for tests in the name of first"):
        put(world, guest, part("demolab:one"))


def test_parts_that_no_one_team_may_have_are_refused_with_what_to_do(world: World) -> None:
    both = world.add_user("both", "second", "first")
    world.add_lab("demolab", "one", open_to=("first",))
    world.add_lab("otherlab", "one", open_to=("second",))
    with pytest.raises(Refused, match="put the parts apart, each for its team"):
        put(world, both, part("otherlab:one"), part("demolab:one"))


def test_the_same_call_again_gives_what_it_made(labs: World, ann: records.Caller) -> None:
    first = put(labs, ann, part("demolab:one"), part("otherlab:one"), call_id="call-campaign")
    again_ = put(labs, ann, part("demolab:one"), part("otherlab:one"), call_id="call-campaign")
    assert (again_.campaign, ids(again_)) == (first.campaign, ids(first))


def test_another_campaign_under_the_same_call_id_is_refused(labs: World, ann: records.Caller) -> None:
    put(labs, ann, part("demolab:one"), call_id="call-campaign")
    with pytest.raises(Conflict, match="already used"):
        put(labs, ann, part("demolab:two"), call_id="call-campaign")
    with pytest.raises(Conflict, match="already used"):
        labs.put(ann, "demolab:one", call_id="call-campaign")


def test_a_campaign_is_bounded(labs: World, ann: records.Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(putting, "MAX_CAMPAIGN", 5)
    with pytest.raises(Refused, match="it comes to 6 requests; one call may make at most 5"):
        put(labs, ann, part("arch=x86_64", count="each"), part("arch=x86_64", "Functional.b", count="each"))


def test_what_each_and_count_make_of_a_plain_put_is_a_campaign_as_well(labs: World, ann: records.Caller) -> None:
    made = labs.put_all(ann, "arch=x86_64", count="each")
    whole = whole_of(labs, ann, str(made[0].campaign))
    assert sorted(ids(whole)) == sorted(one.id for one in made)


def test_more_tests_on_the_same_selector_look_at_the_boards_no_more_often(labs: World, ann: records.Caller) -> None:
    asked: list[str] = []

    def count(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    def looks(number: int) -> int:
        put(labs, ann, part("arch=x86_64"))
        asked.clear()
        put(labs, ann, *(part("arch=x86_64", f"Functional.t{one}") for one in range(number)))
        return sum("FROM boards" in one or "JOIN boards" in one for one in asked)

    sa.event.listen(labs.hub.engine, "before_cursor_execute", count)
    assert looks(40) == looks(2) > 0


# -- progress and end


def test_the_version_grows_with_each_step_of_any_request_but_not_with_its_log(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one"), part("otherlab:one")).campaign.id
    seen = [whole_of(labs, ann, campaign).version]
    which = labs.running("demolab", "one")
    seen.append(whole_of(labs, ann, campaign).version)
    labs.heartbeat("demolab", which, log_tail="a line\n")
    labs.tell_news()
    assert whole_of(labs, ann, campaign).version == seen[-1]
    labs.tested("demolab", which)
    seen.append(whole_of(labs, ann, campaign).version)
    assert seen == sorted(set(seen))


def test_a_campaign_ends_with_its_last_request_and_that_is_told_once(
    labs: World, ann: records.Caller, ends: Ends
) -> None:
    campaign = put(labs, ann, part("demolab:one"), part("otherlab:one")).campaign.id
    end(labs, "demolab", "one")
    assert (ends.told, whole_of(labs, ann, campaign).campaign.ended_at) == ([], None)
    which = end(labs, "otherlab", "one")
    ended = whole_of(labs, ann, campaign)
    assert [one.id for one in ends.told] == [campaign]
    assert ended.campaign.ended_at == labs.get(which.request).ended_at
    assert ended.progress.all_well


def test_an_error_that_is_tried_elsewhere_is_no_end(labs: World, ann: records.Caller, ends: Ends) -> None:
    put(labs, ann, part("demolab:*", retries=1))
    end(labs, "demolab", "one", "error")
    assert ends.told == []
    end(labs, "demolab", "two", "error")
    assert len(ends.told) == 1


def test_a_board_that_goes_away_ends_what_was_for_it_alone(labs: World, ann: records.Caller, ends: Ends) -> None:
    put(labs, ann, part("otherlab:one"), part("otherlab:one", "Functional.b"))
    labs.remove_board("otherlab", "one")
    assert len(ends.told) == 1


def test_requests_without_a_campaign_end_none(labs: World, ann: records.Caller, ends: Ends) -> None:
    labs.put(ann, "demolab:one")
    end(labs, "demolab", "one")
    assert ends.told == []


# -- again


def test_what_failed_or_was_lost_is_put_again_in_its_place(labs: World, ann: records.Caller) -> None:
    whole = put(labs, ann, part("demolab:one"), part("demolab:two"), part("otherlab:one"))
    passed = end(labs, "demolab", "one").request
    failed, broken = end(labs, "demolab", "two", "FAIL").request, end(labs, "otherlab", "one", "error").request
    done = rerun(labs, ann, whole.campaign.id)
    assert {one.rerun_of for one in done.made} == {failed, broken}
    now = whole_of(labs, ann, whole.campaign.id)
    assert set(ids(now)) == {passed, *(one.id for one in done.made)}
    assert (words(now), now.campaign.round) == ({"pending": 2, "PASS": 1}, 1)
    assert labs.get(failed).replaced_by in {one.id for one in done.made}
    assert now.version > whole.version


def test_a_campaign_goes_on_when_requests_are_put_again_and_its_next_end_is_told_too(
    labs: World, ann: records.Caller, ends: Ends
) -> None:
    campaign = put(labs, ann, part("demolab:one")).campaign.id
    end(labs, "demolab", "one", "FAIL")
    rerun(labs, ann, campaign)
    assert whole_of(labs, ann, campaign).campaign.ended_at is None
    end(labs, "demolab", "one")
    assert [one.round for one in ends.told] == [0, 1]


def test_what_failed_and_then_lost_its_last_other_board_is_put_again(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:*", retries=2)).campaign.id
    labs.error("demolab", labs.running("demolab", "one"))
    labs.remove_board("demolab", "two")
    assert words(whole_of(labs, ann, campaign)) == {"error": 1}
    assert len(rerun(labs, ann, campaign).made) == 1
    assert labs.claim("demolab", "one") is not None


def test_it_is_asked_for_as_before_but_for_the_deadline(labs: World, ann: records.Caller) -> None:
    deadline = labs.clock.at.replace(year=2027)
    wanted = part(
        "demolab:one",
        spec="quick",
        timeout=60,
        variables={"LOOPS": "5"},
        options=records.Options(reboot=True),
        priority=70,
        retries=2,
        notes="grüße",
        deadline=deadline,
        needs=("arch=x86_64",),
    )
    campaign = put(labs, ann, wanted).campaign.id
    end(labs, "demolab", "one", "FAIL")
    [new] = rerun(labs, ann, campaign).made
    old = labs.get(str(new.rerun_of))
    same = set(wanted) - {"deadline"}
    assert {key: getattr(new, key) for key in same} == {key: getattr(old, key) for key in same}
    assert (old.deadline, new.deadline) == (deadline, None)


def test_where_it_failed_does_not_keep_it_away_from_that_board(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:*", count=2)).campaign.id
    end(labs, "demolab", "one", "FAIL")
    end(labs, "demolab", "two")
    [new] = rerun(labs, ann, campaign).made
    assert labs.claim("demolab", "two") is None, "the other one of the two has been there"
    which = labs.claim("demolab", "one")
    assert which is not None
    assert which.request == new.id


def test_a_lost_one_is_called_off_so_that_it_has_one_result(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one")).campaign.id
    which = labs.running("demolab", "one")
    labs.clock.forward(hours=2)
    labs.sweep()
    assert labs.get(which.request).state is State.LOST
    rerun(labs, ann, campaign)
    assert labs.get(which.request).state is State.CANCELLED
    with pytest.raises(Conflict):
        labs.tested("demolab", which)


@pytest.mark.parametrize(
    ("groups", "found"), [((Group.FAILED,), {"FAIL"}), ((Group.LOST,), {"error"}), ((Group.CANCELLED,), {"cancelled"})]
)
def test_only_what_was_asked_for_is_put_again(
    labs: World, ann: records.Caller, groups: tuple[Group, ...], found: set[str]
) -> None:
    whole = put(labs, ann, part("demolab:one"), part("demolab:two"), part("otherlab:one"))
    end(labs, "demolab", "one", "FAIL")
    end(labs, "demolab", "two", "error")
    cancel(labs, ann, whole.campaign.id)
    old = {one.part.id: one.part.word for one in whole_of(labs, ann, whole.campaign.id).requests}
    assert {old[str(one.rerun_of)] for one in rerun(labs, ann, whole.campaign.id, *groups).made} == found


def test_what_was_called_off_or_rejected_is_not_put_again_unasked(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one")).campaign.id
    cancel(labs, ann, campaign)
    with pytest.raises(Refused, match="nothing of .* is failed or lost; 1 cancelled$"):
        rerun(labs, ann, campaign)


def test_the_same_call_puts_nothing_again_twice(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one")).campaign.id
    end(labs, "demolab", "one", "FAIL")
    first = rerun(labs, ann, campaign, call_id="call-again")
    assert rerun(labs, ann, campaign, call_id="call-again").made == first.made
    with pytest.raises(Refused, match="nothing of"):
        rerun(labs, ann, campaign)


def test_what_cannot_be_put_again_stays_and_says_why(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one"), part("otherlab:one")).campaign.id
    end(labs, "demolab", "one", "FAIL")
    gone = end(labs, "otherlab", "one", "FAIL").request
    labs.remove_board("otherlab", "one")
    done = rerun(labs, ann, campaign)
    assert len(done.made) == 1
    [(left, why)] = done.left
    assert (left, "there is no board otherlab:one" in why) == (gone, True)
    end(labs, "demolab", "one")
    with pytest.raises(Refused, match="can be put again"):
        rerun(labs, ann, campaign)


def test_one_that_was_put_again_is_put_again_from_the_newest(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one")).campaign.id
    first = end(labs, "demolab", "one", "FAIL").request
    [second] = rerun(labs, ann, campaign).made
    end(labs, "demolab", "one", "FAIL")
    [third] = rerun(labs, ann, campaign).made
    assert (second.rerun_of, third.rerun_of) == (first, second.id)
    assert ids(whole_of(labs, ann, campaign)) == [third.id]


# -- called off


def test_what_waits_is_called_off_what_runs_is_stopped_what_ended_stays(labs: World, ann: records.Caller) -> None:
    whole = put(labs, ann, part("demolab:one"), part("demolab:two"), part("otherlab:one"))
    ended = end(labs, "demolab", "one")
    running = labs.running("demolab", "two")
    done = cancel(labs, ann, whole.campaign.id, "call-cancel")
    assert list(done.stopping) == [running.request]
    assert set(done.cancelled) == set(ids(whole)) - {ended.request, running.request}
    assert labs.get(ended.request).state is State.DONE
    assert cancel(labs, ann, whole.campaign.id, "call-cancel") == done
    labs.cancelled("demolab", running)
    assert whole_of(labs, ann, whole.campaign.id).campaign.ended_at is not None


def test_there_is_nothing_to_call_off_of_what_has_ended(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one")).campaign.id
    end(labs, "demolab", "one")
    with pytest.raises(Conflict, match="too late"):
        cancel(labs, ann, campaign)


def test_many_are_called_off_in_several_changes_and_end_once(
    labs: World, ann: records.Caller, ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling_off, "A_CHANGE", 2)
    campaign = put(labs, ann, *(part("demolab:one", f"Functional.t{number}") for number in range(5))).campaign.id
    assert len(cancel(labs, ann, campaign).cancelled) == 5
    assert len(ends.told) == 1


# -- who


def test_others_and_labs_neither_call_off_nor_put_again(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one")).campaign.id
    other = labs.add_user("other", "otherteam")
    for who in (other, lab("demolab")):
        with pytest.raises(NotYours):
            cancel(labs, who, campaign)
        with pytest.raises(NotYours):
            rerun(labs, who, campaign)


def test_maintainers_of_the_team_call_off_and_put_again(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one")).campaign.id
    keeper = labs.add_user("keeper", "annslab:maintainer")
    end(labs, "demolab", "one", "FAIL")
    [new] = rerun(labs, keeper, campaign).made
    assert (new.requester, new.team) == ("keeper", "annslab")


def test_a_private_campaign_is_there_for_its_team_alone(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one"), private=True).campaign.id
    assert all(labs.get(one).private for one in ids(whole_of(labs, ann, campaign)))
    mate = labs.add_user("mate", "annslab:guest")
    assert whole_of(labs, mate, campaign).campaign.id == campaign
    for who in (labs.add_user("other", "otherteam"), lab("demolab"), None):
        with pytest.raises(NotKnown, match=f"there is no campaign {campaign}"):
            whole_of(labs, who, campaign)
        with labs.hub.reading() as conn:
            assert reading.listed(conn, who, sql.Filter(), 10) == []


def test_what_is_put_again_of_a_private_campaign_is_private(labs: World, ann: records.Caller) -> None:
    campaign = put(labs, ann, part("demolab:one"), private=True).campaign.id
    end(labs, "demolab", "one", "FAIL")
    [new] = rerun(labs, ann, campaign).made
    assert new.private


# -- lists


def test_lists_are_narrowed_and_say_how_far_each_is(labs: World, ann: records.Caller) -> None:
    first = put(labs, ann, part("demolab:one"), part("demolab:two")).campaign.id
    end(labs, "demolab", "one")
    end(labs, "demolab", "two", "FAIL")
    bob = labs.add_user("bob", "bobslab")
    second = put(labs, bob, part("demolab:one")).campaign.id

    def listed(**wanted: Any) -> list[tuple[str, dict[str, int]]]:
        with labs.hub.reading() as conn:
            found = reading.listed(conn, ann, sql.Filter(**wanted), 10)
        return [(one.campaign.id, dict(one.progress.counts)) for one in found]

    both = [(second, {"pending": 1}), (first, {"FAIL": 1, "PASS": 1})]
    assert listed() == both
    assert listed(open=True) == both[:1]
    assert listed(requester="ann") == both[1:]
    assert listed(team="bobslab") == both[:1]
    assert listed(before=second) == both[1:]
