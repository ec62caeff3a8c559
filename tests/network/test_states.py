"""The table of a request's life: complete, without dead ends, and as the docs show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuego_jenkins_remote.network.states import (
    FINAL,
    OLD_FUEGO_STATE,
    TRANSITIONS,
    BadTransition,
    By,
    Event,
    State,
    advance,
    may,
    table_markdown,
)

DOCS = Path(__file__).parents[2] / "docs" / "states.md"


def test_a_failed_test_is_a_done_request() -> None:
    state = State.PENDING
    for event in (Event.CLAIM, Event.START, Event.TESTED, Event.DELIVERED):
        state = advance(state, event)
    assert state is State.DONE


@pytest.mark.parametrize("state", [state for state in State if state not in FINAL])
def test_every_state_that_is_not_final_leads_to_a_final_one(state: State) -> None:
    reached = {state}
    while more := {row.to for (start, _), row in TRANSITIONS.items() if start in reached} - reached:
        reached |= more
    assert reached & FINAL


@pytest.mark.parametrize("state", sorted(FINAL - {State.ERROR}))
def test_nothing_leads_out_of_a_final_state(state: State) -> None:
    assert not [event for start, event in TRANSITIONS if start is state]


def test_a_change_that_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(BadTransition, match="the request is done: 'cancel' cannot happen to it"):
        advance(State.DONE, Event.CANCEL)


def test_a_requester_cannot_start_a_request() -> None:
    assert may(State.ASSIGNED, Event.START, By.LAB)
    assert not may(State.ASSIGNED, Event.START, By.REQUESTER)


def test_old_servers_know_a_word_for_every_state() -> None:
    assert set(OLD_FUEGO_STATE) == set(State)
    assert set(OLD_FUEGO_STATE.values()) == {"pending", "running", "done", "error"}


def test_golden_the_docs_show_the_table() -> None:
    assert table_markdown() in DOCS.read_text(encoding="utf-8")
