"""What a lab sets of its board: for whom it is, which must be there, and what has changed, as the audit log has it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from fuego_jenkins_remote.hub.errors import Refused
from fuego_jenkins_remote.hub.records import Board
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.network.matching import EVERYBODY, USER
from fuego_jenkins_remote.network.terms import USUAL

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
    """What is set of a board beside what it is, by the names of boards.yaml; all of them are always there."""
    terms = {name: json.dumps(_plain(getattr(board.terms, name))) for name in vars(USUAL)}
    shared = "yes" if board.online else "no"
    return {"shared": shared, "open_to": ", ".join(sorted(board.open_to)) or "its own team alone", **terms}


def _plain(value: object) -> object:
    return {key: one for key, one in vars(value).items() if one is not None} if hasattr(value, "__dict__") else value


def _names(what: str, before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [f"{what}: {', '.join(names[:_NAMED])}{more}"] if names else []
