"""Who may do what to each kind of thing in each of its states, over HTTP: the tables beside this file.

What is missing from a table is said: a person's role, an action of the permissions, a state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.network.permissions import Action, Role, Thing, roles
from fuego_jenkins_remote.network.states import State

from . import (
    of_boards,
    of_campaigns,
    of_invitations,
    of_requests,
    of_standing,
    of_subscriptions,
    of_tests,
    of_tokens,
    of_users,
)
from .place import EVERYBODY, Place, open_place
from .tables import Table, tried

KINDS = [
    of_boards,
    of_campaigns,
    of_invitations,
    of_requests,
    of_standing,
    of_subscriptions,
    of_tests,
    of_tokens,
    of_users,
]
TABLES = [table for kind in KINDS for table in kind.TABLES]
CASES = [
    pytest.param(table, state, id=f"{table.name}-{state}", marks=[pytest.mark.slow] if table.slow else [])
    for table in TABLES
    for state in table.states
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One hub for all of it: each thing is a new one, with nothing to do with the others."""
    with open_place(tmp_path_factory.mktemp("hub")) as opened:
        yield opened


@pytest.mark.parametrize(("table", "state"), CASES)
def test_who_may_do_what_to_it(place: Place, table: Table, state: str) -> None:
    found = tried(place, table, state)
    for call in table.calls:
        [row] = table.rows_for(call, state)
        answers = dict(zip(table.heads, found[call], strict=True))
        assert answers == dict(zip(table.heads, row, strict=True)), f"{call} {state} of {table.name}"


def test_requests_are_tried_in_every_state_and_boards_in_every_health() -> None:
    for table in of_requests.TABLES:
        assert set(table.states) == {*State, "held"}
    assert set(of_boards.HEALTH) == set(get_args(records.Health))


def test_every_action_is_in_a_table() -> None:
    assert {action for table in TABLES for action, _ in table.calls.values()} - {None} == set(Action)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_one_row_for_each_pair_of_an_action_and_a_state_and_no_other(table: Table) -> None:
    assert {line.split()[0] for line in table.rows.strip().splitlines()[1:]} == set(table.calls)
    for call in table.calls:
        for state in table.states:
            assert len(table.rows_for(call, state)) == 1, f"{call} {state}"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_somebody_of_each_role(place: Place, table: Table) -> None:
    thing = Thing(owner="ann", team=table.team, labs={"demolab": "demolab"})
    of_all = [roles(place.caller(name).actor, thing) for name in table.heads]
    assert set().union(*of_all) == set(Role)
    assert {Role.ANYONE} in of_all, "somebody who has nothing to do with it"
    assert set(table.heads) <= set(EVERYBODY)
