"""What a campaign's table and its counts say, whatever the order in which its requests come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.network.campaigns import (
    WELL,
    Group,
    Part,
    cell_text,
    matrix,
    progress,
    progress_of,
)
from fuego_jenkins_remote.network.states import FINAL, State


def part(number: int = 0, **values: Any) -> Part:
    usual = {"test": "Functional.a", "spec": "default", "selector": "arch=arm64", "state": State.PENDING, "status": ""}
    return Part(id=f"20261123-101500123-aaaaaaa{number}", **{**usual, **values})


def done(status: str, **values: Any) -> Part:
    return part(state=State.DONE, status=status, host="lab", board="one", **values)


KINDS = st.builds(
    part,
    number=st.integers(0, 9),
    test=st.sampled_from(["Functional.a", "Functional.b"]),
    spec=st.sampled_from(["default", "quick"]),
    state=st.sampled_from(list(State)),
    status=st.sampled_from(["", "PASS", "FAIL", "ERROR", "SKIP"]),
    held=st.booleans(),
    host=st.just("lab"),
    board=st.sampled_from(["", "one", "two"]),
)


@given(parts=st.lists(KINDS, max_size=12), data=st.data())
def test_the_order_of_the_requests_does_not_matter(parts: list[Part], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(parts))
    assert progress(shuffled) == progress(parts)
    words = [[cell_text(cell) for cell in row.cells] for row in matrix(parts).rows]
    assert words == [[cell_text(cell) for cell in row.cells] for row in matrix(shuffled).rows]


@given(parts=st.lists(KINDS, max_size=12))
def test_each_request_stands_once_in_the_table_and_in_the_counts(parts: list[Part]) -> None:
    table = matrix(parts)
    shown = [one for row in table.rows for cell in row.cells for one in cell]
    assert sorted(map(repr, shown)) == sorted(map(repr, parts))
    assert all(len(row.cells) == len(table.places) for row in table.rows)
    assert sum(progress(parts).counts.values()) == progress(parts).total == len(parts)


@given(parts=st.lists(KINDS, max_size=12))
def test_counts_of_a_database_say_the_same(parts: list[Part]) -> None:
    assert progress_of([(one, 1) for one in parts]) == progress(parts)


@given(parts=st.lists(KINDS, min_size=1, max_size=12))
def test_all_is_well_only_when_every_test_ran_and_passed_or_was_skipped(parts: list[Part]) -> None:
    counted = progress(parts)
    assert counted.all_well == all(one.state is State.DONE and one.status in WELL for one in parts)
    assert counted.over == all(one.state in FINAL for one in parts)
    assert not counted.all_well or counted.over


def test_a_request_stands_below_its_selector_until_a_lab_has_it() -> None:
    assert matrix([part()]).places == ("arch=arm64",)
    assert matrix([part(state=State.RUNNING, host="lab", board="one")]).places == ("lab:one",)


def test_tests_stand_down_and_boards_across() -> None:
    table = matrix([done("PASS"), done("FAIL", spec="quick"), part(1, test="Functional.b")])
    assert table.places == ("arch=arm64", "lab:one")
    assert [(row.name, *map(cell_text, row.cells)) for row in table.rows] == [
        ("Functional.a", "", "PASS"),
        ("Functional.a (quick)", "", "FAIL"),
        ("Functional.b", "pending", ""),
    ]


def test_a_cell_of_several_says_how_many_the_worst_first() -> None:
    cell = matrix([done("PASS"), done("PASS"), done("FAIL"), done("SKIP")]).rows[0].cells[0]
    assert cell_text(cell) == "1 FAIL, 1 SKIP, 2 PASS"


def test_what_waits_for_people_is_said() -> None:
    assert part(held=True).word == "held"
    assert part(held=True, state=State.CANCELLED).word == "cancelled"


def test_progress_in_words() -> None:
    counted = progress([done("PASS"), done("FAIL"), part()])
    assert str(counted) == "2 of 3 have ended: 1 FAIL, 1 pending, 1 PASS"
    assert counted.worst == "FAIL"
    assert str(progress([part()])) == "0 of 1 has ended: 1 pending"
    assert str(progress([done("PASS"), part(), part()])) == "1 of 3 has ended: 2 pending, 1 PASS"
    assert progress([part(), part()]).so_far == "0 of 2 have ended"


@pytest.mark.parametrize(
    ("one", "group"),
    [
        (done("PASS"), None),
        (done("SKIP"), None),
        (done("FAIL"), Group.FAILED),
        (done("ERROR"), Group.FAILED),
        (part(state=State.TESTED, status="FAIL"), None),
        (part(state=State.RUNNING), None),
        (part(state=State.LOST), Group.LOST),
        (part(state=State.ERROR), Group.LOST),
        (part(state=State.EXPIRED), Group.LOST),
        (part(state=State.CANCELLED), Group.CANCELLED),
        (part(state=State.REJECTED), Group.REJECTED),
    ],
    ids=lambda value: f"{value.state}-{value.status}" if isinstance(value, Part) else str(value),
)
def test_what_may_be_put_again(one: Part, group: Group | None) -> None:
    assert one.group == group


def test_a_status_of_a_newer_lab_comes_first_of_all() -> None:
    assert progress([done("PASS"), done("NEW")]).worst == "NEW"
