"""What a lab sets of its board: for whom it is, which must be there, and what has changed, as the audit log has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.names import format_timeout
from fuego_jenkins_remote.hub.errors import Refused
from fuego_jenkins_remote.hub.records import Board
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.network.matching import EVERYBODY, USER, open_to_words
from fuego_jenkins_remote.network.terms import one_by_one

_NAMED = 10
"""Of facts and labels that have changed so many are named."""


def must_be_known(conn: sa.Connection, open_to: Sequence[str], *, beside: Collection[str]) -> None:
    """Raise Refused for a team or user that a board is opened to and that is not there; those of `beside` were before.

    A name that is misspelt would open the board to nobody, or to who takes that name later.
    """
    new = [one for one in open_to if one != EVERYBODY and one not in beside]
    users = [one.removeprefix(USER) for one in new if one.startswith(USER)]
    strange = [f"user {name}" for name in users if not people.user_exists(conn, name)]
    strange += [f"team {one}" for one in new if not one.startswith(USER) and not people.team_exists(conn, one)]
    if strange:
        raise Refused(
            f"open_to: there is no {' and no '.join(strange)} in this network: ftc list-teams shows the teams; "
            "a user is written user:NAME, everybody is network",
            code="unknown-name",
        )


def what_is_set(before: Board | None, board: Board) -> str:
    """What the lab has set anew, in words for the audit log; empty where all is as it was."""
    said = _said(before) if before is not None else dict.fromkeys(_said(board), "")
    changed = [
        f"{name}: {f'{said[name]} -> ' if said[name] else ''}{value}"
        for name, value in _said(board).items()
        if value != said[name]
    ]
    if before is None:
        return "; ".join(["new", *changed])
    changed += _names("facts", before.facts, board.facts)
    changed += _names("labels", dict.fromkeys(before.labels, ""), dict.fromkeys(board.labels, ""))
    if before.description != board.description:
        changed.append("its description")
    return "; ".join(changed)


def _said(board: Board) -> dict[str, str]:
    """What is set of a board beside what it is, in words for people; all of it is always there."""
    open_to = open_to_words(board.team, sorted(board.open_to)) if board.open_to else "its own team alone"
    return {"shared": "yes" if board.online else "no", "open to": open_to, **one_by_one(board.terms, format_timeout)}


def _names(what: str, before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [f"{what}: {', '.join(names[:_NAMED])}{more}"] if names else []
