"""For which team a request is put, and which boards may run it: the selector, the test's needs, who asks, the terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub import boards, sight
from fuego_jenkins_remote.hub.errors import NoBoard, NotYours, Refused
from fuego_jenkins_remote.hub.queue import quota
from fuego_jenkins_remote.hub.queue.terms import has_quota
from fuego_jenkins_remote.hub.records import Board, Caller, NewRequest, Request
from fuego_jenkins_remote.hub.statements import boards as sql
from fuego_jenkins_remote.hub.statements import line
from fuego_jenkins_remote.hub.statements import packages as package_sql
from fuego_jenkins_remote.network import matching, selectors
from fuego_jenkins_remote.network.matching import Reason, Wish
from fuego_jenkins_remote.network.permissions import Action, Thing, may

MOST_BOARDS = 501
"""So many boards are looked at, by name, before a request is put: one more than one put may make requests for."""


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


def with_its_needs(conn: sa.Connection, new: NewRequest) -> NewRequest:
    """With what the test of its package needs, whatever its requester says of it."""
    package = package_sql.find(conn, new.package) if new.package is not None else None
    return new if package is None else replace(new, needs=tuple(dict.fromkeys((*new.needs, *package.needs))))


def team_and_boards(conn: sa.Connection, caller: Caller, new: NewRequest, now: datetime) -> tuple[str, Sequence[Board]]:
    """The first of the caller's teams that may use boards for it, and these boards, well or not; raises NoBoard.

    Where very many match, the first of them stand for all, if the caller may use any.
    """
    teams = teams_of(caller, new.team)
    selector = effective(wish_of(new, teams, caller.name))
    for most in (MOST_BOARDS, None):
        among = sql.matching(conn, selector, most)
        for team in teams:
            wish = wish_of(new, (team,), caller.name)
            found = [board for board in among if not matching.never(board.offer(now), wish, now)]
            if found:
                return team, found
        if most is None or len(among) < most:
            break
    raise _none(sql.listed(conn), wish_of(new, teams, caller.name), now)


@dataclass(kw_only=True)
class Chooser:
    """`team_and_boards`, remembered for one transaction: of many parts that are put together most ask the same."""

    conn: sa.Connection
    caller: Caller
    now: datetime
    _known: dict[tuple[object, ...], tuple[str, Sequence[Board]] | NoBoard] = field(default_factory=dict)

    def team_and_boards(self, new: NewRequest) -> tuple[str, Sequence[Board]]:
        """As the function; raises as it does."""
        # All that a wish is made of.
        asked = (new.selector, new.needs, new.timeout, new.team)
        if asked not in self._known:
            try:
                self._known[asked] = team_and_boards(self.conn, self.caller, new, self.now)
            except NoBoard as error:
                self._known[asked] = error
        found = self._known[asked]
        if isinstance(found, NoBoard):
            raise NoBoard(str(found), code=found.code)
        return found


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One board, and why it cannot run what is asked for (`never`), or not at once (`not_now`)."""

    board: Board
    never: tuple[Reason, ...]
    not_now: tuple[Reason, ...]

    @property
    def does(self) -> bool:
        """Whether it may run it, some day."""
        return not self.never


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a request would get. Those first that would take it at once, then those that may, then those that lack
    least; of each kind so many as were asked for. `perhaps`: for terms that no board meets, what was perhaps meant.
    `refused`: why it is not taken now although boards may run it; empty: it is.
    """

    selector: str
    team: str | None  # in whose name it would be put; none: nothing may run it
    boards: tuple[Seen, ...]
    may: int
    total: int
    perhaps: Mapping[str, str]
    refused: str


def look(conn: sa.Connection, caller: Caller, new: NewRequest, now: datetime, limit: int) -> Look:
    """See what a request would get, without putting it; raises as `team_and_boards`, but for NoBoard."""
    if new.package is not None and not sight.sees_package(conn, caller, new.package):
        raise Refused(f"the package {new.package} is not here: upload it first", code="unknown-package")
    new = with_its_needs(conn, new)
    teams = teams_of(caller, new.team)
    wish = wish_of(new, teams, caller.name)
    normal = effective(wish).normal()
    known = sql.listed(conn)
    limited = any(board.team not in teams and has_quota(board.terms.running) for board in known)
    taken = line.held_by_teams(conn, caller, teams) if limited else {}
    seen = [_seen(board, wish, now, taken.get(board.host, {})) for board in known]
    fit = [one for one in seen if one.does]
    team = next((team for team in teams if any(_does_for(one.board, new, team, caller, now) for one in fit)), None)
    others = sorted((one for one in seen if not one.does), key=lambda one: len(one.never))
    return Look(
        selector=normal,
        team=team,
        boards=(*sorted(fit, key=lambda one: len(one.not_now))[:limit], *others[:limit]),
        may=len(fit),
        total=len(known),
        perhaps={} if fit else matching.hopeless([board.matched() for board in known], wish),
        refused=_refused(conn, wish_of(new, (team,), caller.name), [one.board for one in fit], now) if team else "",
    )


def _refused(conn: sa.Connection, wish: Wish, fit: Sequence[Board], now: datetime) -> str:
    return quota.refusal(conn, wish, [board for board in fit if not matching.never(board.offer(now), wish, now)], now)


def _seen(board: Board, wish: Wish, now: datetime, taken: Mapping[tuple[str, str], int]) -> Seen:
    offer = board.offer(now)
    never = tuple(matching.never(offer, wish, now))
    if never:
        return Seen(board=board, never=never, not_now=())
    later = [*matching.not_now(offer, wish, now), *matching.used_up(offer, wish, taken)]
    return Seen(board=board, never=(), not_now=(*later, *matching.asked_first(offer, wish)))


def _does_for(board: Board, new: NewRequest, team: str, caller: Caller, now: datetime) -> bool:
    return not matching.never(board.offer(now), wish_of(new, (team,), caller.name), now)


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
