"""A request's life is drawn as a bar of stretches, and told try by try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.hub.pages import lives
from fuego_jenkins_remote.hub.records import HistoryEntry
from fuego_jenkins_remote.network.states import State

from .conftest import World

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def history(*steps: tuple[float, str]) -> list[HistoryEntry]:
    """States with the seconds at which they began."""
    entries, old = [], ""
    for at, new in steps:
        entries.append(HistoryEntry(at=START + timedelta(seconds=at), old=old, new=new, who="x", reason=""))
        old = new
    return entries


def test_each_stretch_has_its_time() -> None:
    life = lives.draw(
        history((0, "pending"), (60, "assigned"), (64, "running"), (100, "tested"), (101, "done")), [], START
    )
    assert [(one.words, one.seconds) for one in life.stretches] == [
        ("waited", 60),
        ("got ready", 4),
        ("ran", 36),
        ("delivered its run", 1),
    ]


def test_what_goes_on_lasts_until_now() -> None:
    life = lives.draw(history((0, "pending")), [], START + timedelta(seconds=90))
    assert [(one.state, one.seconds) for one in life.stretches] == [(State.PENDING, 90)]


def test_a_second_try_adds_to_the_first(world: World) -> None:
    world.add_lab("demolab", "one", "two")
    request = world.put(world.add_user("ann", "annslab"), "arch=x86_64", retries=1)
    world.error("demolab", world.running("demolab", "one"))
    world.error("demolab", world.running("demolab", "two"))
    from fuego_jenkins_remote.hub.statements import requests as sql

    with world.hub.reading() as conn:
        life = lives.draw(sql.history_of(conn, request.id), world.attempts(request.id), world.clock())
    assert {one.words: one.times for one in life.stretches} == {"waited": 2, "got ready": 2, "ran": 2}
    begun = [one.attempt for one in life.moments if one.attempt]
    assert [(one.number, one.board) for one in begun] == [(1, "one"), (2, "two")]


def test_notes_are_moments_and_no_stretches() -> None:
    entries = history((0, "pending"), (5, "assigned"))
    note = HistoryEntry(at=START + timedelta(seconds=2), old="pending", new="pending", who="hub", reason="asked")
    life = lives.draw([entries[0], note, entries[1]], [], START + timedelta(seconds=9))
    assert [one.moved for one in life.moments] == [True, False, True]
    assert [one.seconds for one in life.stretches] == [5, 4]


def test_a_life_of_a_thousand_tries_is_shown_by_its_end() -> None:
    steps = [(float(at), "pending" if at % 2 == 0 else "assigned") for at in range(2001)]
    life = lives.draw(history(*steps), [], START)
    assert (len(life.moments), life.earlier) == (200, 1801)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.sampled_from([str(one) for one in State])), min_size=1, max_size=60))
def test_the_bar_is_always_as_wide_as_it_is(steps: list[tuple[float, str]]) -> None:
    ordered = sorted(steps, key=lambda step: step[0])
    life = lives.draw(history(*ordered), [], START + timedelta(seconds=2e6))
    if life.pieces:
        last = life.pieces[-1]
        assert abs(last.x + last.width - lives.WIDTH) < 10
        assert all(one.width > 0 for one in life.pieces)
        assert [one.x for one in life.pieces] == sorted(one.x for one in life.pieces)
