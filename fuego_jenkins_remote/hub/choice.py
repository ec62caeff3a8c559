"""For which team a request is put, and which boards may run it: the selector, the test's needs, who asks, the terms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub import boards
from fuego_jenkins_remote.hub.errors import NoBoard, NotYours, Refused
from fuego_jenkins_remote.hub.records import Board, Caller, NewRequest, Request
from fuego_jenkins_remote.hub.statements import boards as sql
from fuego_jenkins_remote.hub.statements import matches
from fuego_jenkins_remote.network import matching, selectors
from fuego_jenkins_remote.network.matching import Wish
from fuego_jenkins_remote.network.permissions import Action, Thing, may


def wish_of(asked: NewRequest | Request, teams: Sequence[str], user: str) -> Wish:
    """What is asked for, as it is matched with boards; raises SelectorError."""
    return Wish(
        selector=boards.parsed(asked.selector),
        needs=selectors.parse_needs(asked.needs),
        teams=tuple(teams),
        user=user,
        timeout=asked.timeout,
    )


def effective(wish: Wish) -> selectors.Selector:
    """Selector and needs in one: what a board has to match; lanes are by it. Raises SelectorError if it is too long."""
    return selectors.all_of((wish.selector, *wish.needs)) if wish.needs else wish.selector


def teams_of(caller: Caller, team: str | None) -> tuple[str, ...]:
    """In whose name the caller may ask: of the team alone if one was chosen; raises Refused for one of others.

    Raises NotYours where the caller is in no team, or only looks on in it.
    """
    teams = tuple(membership.team for membership in caller.teams)
    if not teams:
        raise NotYours(f"{caller.name} is in no team, and boards are open to teams: ask the hub's admin")
    if team is not None and team not in teams:
        raise Refused(f"{caller.name} is not in the team {team}, but in {', '.join(teams)}", code="not-your-team")
    asked = teams if team is None else (team,)
    allowed = tuple(one for one in asked if may(caller.actor, Action.PUT_REQUEST, Thing(team=one)))
    if not allowed:
        raise NotYours(f"{caller.name} may not ask for tests in the name of {', '.join(asked)}")
    return allowed


def team_and_boards(conn: sa.Connection, caller: Caller, new: NewRequest, now: datetime) -> tuple[str, Sequence[Board]]:
    """The first of the caller's teams that may use boards for it, and these boards, well or not; raises NoBoard."""
    teams = teams_of(caller, new.team)
    selector = effective(wish_of(new, teams, caller.name))
    among = sql.rows_of(conn, matches.matching(selector))
    for team in teams:
        wish = wish_of(new, (team,), caller.name)
        found = [board for board in among if not matching.never(board.offer(now), wish, now)]
        if found:
            return team, found
    raise _none(sql.listed(conn), wish_of(new, teams, caller.name), now)


def _none(known: Sequence[Board], wish: Wish, now: datetime) -> NoBoard:
    if not known:
        return NoBoard("no board may run this: there is no board in the network yet")
    place = wish.selector
    if isinstance(place, selectors.Place) and "*" not in {place.host, place.name}:
        here = [board.name for board in known if board.host == place.host]
        if place.name not in here:
            return NoBoard(_unknown(place, here, known), code="unknown-board")
        # The others are not what was asked for: they need not be told.
        known = [board for board in known if (board.host, board.name) == (place.host, place.name)]
    return NoBoard(matching.refusal([board.offer(now) for board in known], wish, now))


def _unknown(place: selectors.Place, here: Sequence[str], known: Sequence[Board]) -> str:
    if here:
        return f"there is no board {place.host}:{place.name}; {place.host} has {matching.listed(here)}"
    guess = matching.perhaps(selectors.Fact("host", place.host), [board.matched() for board in known])
    perhaps = f" (perhaps {guess.removeprefix('host=')}?)" if guess else ""
    return f"there is no board {place.host}:{place.name}: no lab {place.host} shares any{perhaps}"
