"""A request's life as one table: the only place that knows which change of state may follow which.

The hub enforces it, pages and docs are drawn from it. What an old Fuego server calls the states is part of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a request stands."""

    PENDING = "pending"  # waits for a lab
    ASSIGNED = "assigned"  # a lab has claimed it for a board; its job has not passed the gate yet
    RUNNING = "running"  # the job holds the board and the test runs
    TESTED = "tested"  # the test has ended, the board is free, the run is on its way
    DONE = "done"  # the run is delivered, whatever its result
    REJECTED = "rejected"  # every lab that could have run it has refused
    ERROR = "error"  # it could not be run
    LOST = "lost"  # nothing was heard of a running attempt beyond its time
    CANCELLED = "cancelled"  # called off by its requester, or aborted by a person in the lab
    EXPIRED = "expired"  # its deadline passed before a lab took it


class Event(StrEnum):
    """What changes a state."""

    CLAIM = "claim"
    GIVE_BACK = "give-back"
    LEASE_OVER = "lease-over"
    REFUSED = "refused"  # by the last candidate lab
    UNMATCHED = "unmatched"  # the last board that matched went away
    START = "start"
    TESTED = "tested"
    DELIVERED = "delivered"
    FAILED = "failed"
    SILENT = "silent"
    GIVEN_UP = "given-up"
    RETRY = "retry"
    CANCEL = "cancel"
    DEADLINE = "deadline"


class By(StrEnum):
    """Who may cause a change."""

    REQUESTER = "requester"
    LAB = "lab"
    HUB = "hub"


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One row of the table."""

    to: State
    by: frozenset[By]
    when: str


def _row(to: State, by: tuple[By, ...], when: str) -> Transition:
    return Transition(to=to, by=frozenset(by), when=when)


_LAB, _HUB, _REQUESTER = (By.LAB,), (By.HUB,), (By.REQUESTER,)

TRANSITIONS: dict[tuple[State, Event], Transition] = {
    (State.PENDING, Event.CLAIM): _row(
        State.ASSIGNED,
        _LAB,
        "a lab claims it for an idle, online board: the next attempt begins, with a lease",
    ),
    (State.PENDING, Event.REFUSED): _row(State.REJECTED, _HUB, "every lab that could run it has refused"),
    (State.PENDING, Event.UNMATCHED): _row(State.REJECTED, _HUB, "the last board that matched has gone"),
    (State.PENDING, Event.GIVEN_UP): _row(
        State.ERROR, _HUB, "it has failed before, and no other board is left for a retry"
    ),
    (State.PENDING, Event.CANCEL): _row(State.CANCELLED, _REQUESTER, "its requester calls it off"),
    (State.PENDING, Event.DEADLINE): _row(State.EXPIRED, _HUB, "its deadline passed"),
    (State.ASSIGNED, Event.GIVE_BACK): _row(
        State.PENDING,
        _LAB,
        "the lab gives it back: board gone, Jenkins quiet, local work first, people to be asked",
    ),
    (State.ASSIGNED, Event.LEASE_OVER): _row(State.PENDING, _HUB, "no sign of life within the lease"),
    (State.ASSIGNED, Event.START): _row(
        State.RUNNING, _LAB, "the job holds the board and the hub confirms, once, the current attempt"
    ),
    (State.ASSIGNED, Event.FAILED): _row(State.ERROR, _LAB, "the job could not be started"),
    (State.ASSIGNED, Event.CANCEL): _row(
        State.CANCELLED, (By.REQUESTER, By.LAB), "its requester calls it off, or a person in the lab its job"
    ),
    (State.RUNNING, Event.TESTED): _row(State.TESTED, _LAB, "the test has ended; the board is free"),
    (State.RUNNING, Event.FAILED): _row(State.ERROR, _LAB, "it could not be run; the console's end comes with it"),
    (State.RUNNING, Event.SILENT): _row(State.LOST, _HUB, "no heartbeat beyond the time limit and the grace"),
    (State.RUNNING, Event.CANCEL): _row(
        State.CANCELLED,
        (By.REQUESTER, By.LAB),
        "its job was stopped, for its requester or by a person in the lab",
    ),
    (State.TESTED, Event.DELIVERED): _row(State.DONE, _LAB, "the run is at its first target"),
    (State.LOST, Event.TESTED): _row(
        State.TESTED, _LAB, "a late result of the same attempt, if no newer one has passed the gate"
    ),
    (State.LOST, Event.FAILED): _row(State.ERROR, _LAB, "the same attempt reports late that it could not be run"),
    (State.LOST, Event.RETRY): _row(State.PENDING, _HUB, "retries were asked and are left; on another board"),
    (State.LOST, Event.GIVEN_UP): _row(State.ERROR, _HUB, "nothing came for a day"),
    (State.LOST, Event.CANCEL): _row(State.CANCELLED, _REQUESTER, "its requester calls it off"),
    (State.ERROR, Event.RETRY): _row(State.PENDING, _HUB, "retries were asked and are left; on another board"),
}

FINAL: frozenset[State] = frozenset({State.DONE, State.REJECTED, State.ERROR, State.CANCELLED, State.EXPIRED})
"""Nothing more happens, but for an error whose retries the hub puts back at once."""

LIVE: frozenset[State] = frozenset({State.ASSIGNED, State.RUNNING})
"""A lab's board is taken by an attempt of it."""

OLD_FUEGO_STATE: dict[State, str] = {
    State.PENDING: "pending",
    State.ASSIGNED: "pending",
    State.RUNNING: "running",
    State.TESTED: "running",
    State.LOST: "running",
    State.DONE: "done",
    State.REJECTED: "error",
    State.ERROR: "error",
    State.CANCELLED: "error",
    State.EXPIRED: "error",
}
"""What a Fuego server of 2018 to 2022 calls each state (it knows four)."""


class BadTransition(ValueError):
    """An event that does not fit the state a request is in; the message says both."""

    def __init__(self, state: State, event: Event) -> None:
        """Keep the state and the event that do not fit."""
        super().__init__(f"the request is {state}: '{event}' cannot happen to it")
        self.state = state
        self.event = event


def advance(state: State, event: Event) -> State:
    """The state that `event` leads to; raises BadTransition where the table has no such row."""
    try:
        return TRANSITIONS[state, event].to
    except KeyError:
        raise BadTransition(state, event) from None


def may(state: State, event: Event, by: By) -> bool:
    """Whether the table lets `by` cause `event` in `state`."""
    row = TRANSITIONS.get((state, event))
    return row is not None and by in row.by


def table_markdown() -> str:
    """The table as docs/states.md shows it."""
    lines = ["| from | event | to | who | when |", "|---|---|---|---|---|"]
    for (state, event), row in TRANSITIONS.items():
        who = ", ".join(sorted(row.by))
        lines.append(f"| {state} | {event} | {row.to} | {who} | {row.when} |")
    return "\n".join(lines) + "\n"
