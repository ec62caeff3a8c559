"""Who may do what to each kind of thing in each of its states, over HTTP: the tables beside this file.

What is missing from a table is said: a person's role, an action of the permissions, a state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from fuego_jenkins_remote.network.permissions import Role, Thing, roles
from fuego_jenkins_remote.network.states import State

from . import of_requests
from .place import EVERYBODY, Place, open_place
from .tables import Table, tried

TABLES = [*of_requests.TABLES]
CASES = [pytest.param(table, state, id=f"{table.name}-{state}") for table in TABLES for state in table.states]


@pytest.fixture(scope="module")
def place_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Place]]:
    """The hub in which a table is tried: all of one kind of things are in one."""
    with ExitStack() as opened:

        @cache
        def place(name: str) -> Place:
            return opened.enter_context(open_place(tmp_path_factory.mktemp("hub")))

        yield place


@pytest.mark.parametrize(("table", "state"), CASES)
def test_who_may_do_what_to_it(place_of: Callable[[str], Place], table: Table, state: str) -> None:
    found = tried(place_of(table.name), table, state)
    for call in table.calls:
        [row] = table.rows_for(call, state)
        answers = dict(zip(table.heads, found[call], strict=True))
        assert answers == dict(zip(table.heads, row, strict=True)), f"{call} {state} of {table.name}"


def test_requests_have_every_state() -> None:
    for table in of_requests.TABLES:
        assert set(table.states) == {*State, "held"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_one_row_for_each_pair_of_an_action_and_a_state_and_no_other(table: Table) -> None:
    assert {line.split()[0] for line in table.rows.strip().splitlines()[1:]} == set(table.calls)
    for call in table.calls:
        for state in table.states:
            assert len(table.rows_for(call, state)) == 1, f"{call} {state}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_somebody_of_each_role(table: Table, place_of: Callable[[str], Place]) -> None:
    place = place_of(table.name)
    thing = Thing(owner="ann", team=table.team, labs={"demolab": "demolab"})
    of_all = [roles(place.caller(name).actor, thing) for name in table.heads]
    assert set().union(*of_all) == set(Role)
    assert {Role.ANYONE} in of_all, "somebody who has nothing to do with it"
    assert set(table.heads) <= set(EVERYBODY)
