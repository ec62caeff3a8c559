"""What a table of who may do what says, and how it is tried.

    remove  public*         yes  no   ...     what is done, the states that the thing is in, and each one's answer

The states of a row are patterns with `*`, or several with commas. Each pair of an action and a state is in one row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from fuego_jenkins_remote.network.permissions import Action

from .place import Place

ANSWERS = {200: "yes", 201: "yes", 204: "yes", 403: "no", 404: "none", 409: "late", 422: "bad"}
"""yes; no: not for them; none: it is not there for them; late: it is over, or done; bad: it cannot be done with it."""

Do = Callable[[Place, str, str], Any]
"""Somebody tries it with the thing (of this id): what the hub answers."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Who may do what to one kind of thing, in each of its states."""

    name: str
    rows: str
    states: Collection[str]
    make: Callable[[Place, str], str]
    """Bring a new thing into a state; its id."""
    calls: Mapping[str, tuple[Action | None, Do]]
    """What is done to it, and which action of the permissions that is (None: who has the code may)."""
    team: str = "annslab"
    """Whose it is, beside ann, whose own it is where it is somebody's; where there is a lab to it, that is demolab."""
    slow: bool = False
    """Not in the quick set."""
    looks: Collection[str] = ("see",)
    """What leaves the thing as it was: all the others get a new one after each yes."""

    @property
    def heads(self) -> list[str]:
        """Whom it is about."""
        return self.rows.split("\n", 2)[1].split()

    def rows_for(self, call: str, state: str) -> list[list[str]]:
        """The rows that say who may do this in this state, which is to be one."""
        lines = [line.split() for line in self.rows.strip().splitlines()[1:]]
        return [
            cells
            for what, states, *cells in lines
            if what == call and any(fnmatchcase(state, one) for one in states.split(","))
        ]


def tried(place: Place, table: Table, state: str) -> dict[str, list[str]]:
    """By what is done, what each of the table's people is answered."""
    found: dict[str, list[str]] = {}
    thing = None
    for call, (_, do) in table.calls.items():
        found[call] = []
        for who in table.heads:
            thing = thing or table.make(place, state)
            answer = do(place, who, thing)
            word = ANSWERS.get(answer.status_code, f"{answer.status_code}: {answer.text}")
            found[call].append(word)
            if word == "yes" and call not in table.looks:
                thing = None
    return found
