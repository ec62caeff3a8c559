"""What a lab has allowed for good answers in place of its people; its own policy decides last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.hub import approvals, records, standing
from fuego_jenkins_remote.hub.errors import NotKnown, NotYours, Refused
from fuego_jenkins_remote.hub.schema import memberships

from .conftest import World, lab


@pytest.fixture
def tim(world: World) -> records.Caller:
    world.add_lab("demolab", "one")
    world.add_lab("otherlab", "two")
    return world.add_user("tim", "demolab:maintainer")


def allow(world: World, who: records.Caller, host: str = "demolab", **what: Any) -> records.StandingApproval:
    with world.hub.change() as change:
        return standing.allow(change, who, host, **{"user": "ann", "test": "Functional.hello", **what})


def ask(world: World, host: str = "demolab", board: str = "one") -> records.Request:
    which = world.claim(host, board)
    assert which is not None
    return world.give_back(host, which, "asks", approval="requested")


def answers(request: records.Request) -> list[tuple[str, str, str]]:
    return [(one.host, one.answer, one.by) for one in request.approvals]


def test_what_is_allowed_for_good_needs_no_answer(world: World, ann: records.Caller, tim: records.Caller) -> None:
    kept = allow(world, tim)
    world.put(ann, "demolab:one")
    asked = ask(world)
    assert answers(asked) == [("demolab", "approved", "tim")]
    assert kept.id in asked.approvals[0].reason
    [again] = world.take("demolab", "one").assignments
    assert again.approved_by == "tim"


def test_a_lab_that_does_not_count_who_allowed_it_has_its_people_asked(
    world: World, ann: records.Caller, tim: records.Caller
) -> None:
    allow(world, tim)
    world.put(ann, "demolab:one")
    ask(world)
    assert answers(ask(world)) == [("demolab", "requested", "demolab")]


def test_it_is_the_lab_that_allows_not_another(world: World, ann: records.Caller, tim: records.Caller) -> None:
    allow(world, tim)
    world.put(ann, "otherlab:two")
    assert answers(ask(world, "otherlab", "two")) == [("otherlab", "requested", "otherlab")]


def test_always_answers_what_waits_already_and_what_comes(
    world: World, ann: records.Caller, tim: records.Caller
) -> None:
    first, other, foreign = (world.put(ann, "demolab:one", test=f"Functional.{name}") for name in ("a", "b", "a"))
    for _ in range(3):
        ask(world)
    with world.hub.change() as change:
        approvals.answer(change, tim, first.id, "demolab", given="approved", always=approvals.Always())
    held = {one.id: world.get(one.id).held for one in (first, other, foreign)}
    assert held == {first.id: False, other.id: True, foreign.id: False}


def test_a_package_is_never_allowed_by_the_way(world: World, ann: records.Caller, tim: records.Caller) -> None:
    allow(world, tim)
    source = records.GitSource(url="https://git.example.org/t", ref="v1")
    request = world.put(ann, "demolab:one", git=source)
    assert answers(ask(world)) == [("demolab", "requested", "demolab")]
    with world.hub.change() as change, pytest.raises(Refused, match="installed tests only"):
        approvals.answer(change, tim, request.id, "demolab", given="approved", always=approvals.Always())
    with world.hub.change() as change:
        said = approvals.Always(outside=True)
        approvals.answer(change, tim, request.id, "demolab", given="approved", always=said)
    world.claim("demolab", "one")
    world.put(ann, "demolab:one", git=source)
    world.error("demolab", world.attempts(request.id)[-1].id)
    assert answers(ask(world)) == [("demolab", "approved", "tim")]


def test_only_a_yes_is_given_for_good(world: World, ann: records.Caller, tim: records.Caller) -> None:
    request = world.put(ann, "demolab:one")
    with world.hub.change() as change, pytest.raises(Refused, match="only a yes"):
        approvals.answer(change, tim, request.id, "demolab", given="rejected", always=approvals.Always())


def test_what_was_allowed_ends_with_its_time(world: World, ann: records.Caller, tim: records.Caller) -> None:
    allow(world, tim, until=world.clock.at + timedelta(hours=1))
    world.clock.forward(hours=2)
    world.put(ann, "demolab:one")
    assert answers(ask(world)) == [("demolab", "requested", "demolab")]


def test_what_was_taken_back_is_asked_again(world: World, ann: records.Caller, tim: records.Caller) -> None:
    kept = allow(world, tim)
    with world.hub.change() as change:
        standing.disallow(change, tim, kept.id)
    world.put(ann, "demolab:one")
    assert answers(ask(world)) == [("demolab", "requested", "demolab")]
    with world.hub.change() as change, pytest.raises(NotKnown):
        standing.disallow(change, tim, kept.id)


def test_the_word_of_one_who_has_left_counts_no_more(world: World, ann: records.Caller, tim: records.Caller) -> None:
    kept = allow(world, tim)
    with world.hub.change() as change:
        change.conn.execute(memberships.delete().where(memberships.c.user == "tim"))
    with world.hub.reading() as conn:
        assert not standing.counts(conn, kept)
    world.put(ann, "demolab:one")
    assert answers(ask(world)) == [("demolab", "requested", "demolab")]


def test_the_same_again_says_anew_until_when(world: World, ann: records.Caller, tim: records.Caller) -> None:
    first = allow(world, tim)
    again = allow(world, tim, until=world.clock.at + timedelta(days=9))
    assert again.id == first.id
    with world.hub.reading() as conn:
        assert standing.listed(conn, tim) == [again]
        assert standing.listed(conn, lab("otherlab")) == []


def test_only_the_labs_people_allow(world: World, ann: records.Caller, tim: records.Caller) -> None:
    for who in (ann, lab("otherlab"), world.add_user("member", "demolab")):
        with pytest.raises(NotYours):
            allow(world, who)
    allow(world, lab("demolab"))


_NAMES = st.sampled_from(["ann", "bob", ""])
_TESTS = st.sampled_from(["Functional.a", "Functional.*", "Functional.a*", "Benchmark.*", "*", "Functional.ab"])


@given(user=_NAMES, team=st.sampled_from(["x", "y", ""]), test=_TESTS, outside=st.booleans(), package=st.booleans())
def test_it_fits_when_each_part_does(user: str, team: str, test: str, outside: bool, package: bool) -> None:
    class Asked:
        requester, from_outside = "ann", package
        team = "x"
        test = "Functional.ab"

    made = datetime(2026, 11, 23, tzinfo=UTC)
    one = records.StandingApproval(
        id="a-1",
        host="h",
        user=user,
        team=team,
        test=test,
        outside=outside,
        until=None,
        by="t",
        by_kind="user",
        at=made,
    )
    fits = user in ("ann", "") and team in ("x", "") and test not in ("Functional.a", "Benchmark.*")
    assert one.fits(Asked, made) == (fits and (outside or not package))  # type: ignore[arg-type]
