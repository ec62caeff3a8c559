"""Whether a board may run what is asked for, and if not, why: one answer for a put, a list, a page. Pure.

There are two kinds of reasons. What holds as long as the board and the wish are what they are (`never`): a request
that no board may run is refused. And what passes (`not_now`): a request that only such boards match waits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum

from fuego_jenkins_remote.fuego.names import format_timeout
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.boards import Standing, in_brief
from fuego_jenkins_remote.network.terms import USUAL, Terms

EVERYBODY = "*"
"""In `open_to`: all of the network."""
USER = "user:"
"""In `open_to`: what stands before a user's name; a name alone is a team's."""

_SHOWN = 10


class Why(StrEnum):
    """What kind of reason it is."""

    SELECTOR = "selector"  # a term of the requester's
    NEED = "need"  # a need of the test's
    CLOSED = "closed"  # not open to who asks
    TOO_LONG = "too-long"  # for outsiders
    WINDOW = "window"  # no share window is long enough
    NO_QUOTA = "no-quota"  # outsiders may have no board at a time
    WITHDRAWN = "withdrawn"  # from here: not now
    OFFLINE = "offline"
    MAINTENANCE = "maintenance"
    BROKEN = "broken"
    SILENT = "silent"
    BUSY = "busy"
    QUOTA = "quota"  # who asks has as many of the lab's boards as the quota lets them have
    SHUT = "shut"  # outside of its share windows, or too near to the end of one
    ASKS = "asks"  # its lab's people are asked about outsiders' requests
    REFUSES = "refuses"  # its lab's policy refuses outsiders' requests, but for those that it names


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why not, for a person; `term` is the part of the selector that fails, in normal form, if it is one."""

    why: Why
    text: str
    term: str = ""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for: by whom, of which boards, for how long (`timeout` in seconds). `needs` are the test's, `teams`
    those in whose name it may be: any of them.
    """

    selector: selectors.Selector
    needs: tuple[selectors.Selector, ...] = ()
    teams: tuple[str, ...]
    user: str
    timeout: int


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A board as it is shared: `team` is its lab's own, `because` says why it stands as it does."""

    board: selectors.Board
    team: str
    open_to: tuple[str, ...] = (EVERYBODY,)
    terms: Terms = USUAL
    standing: Standing = Standing.FREE
    because: str = ""

    def admits(self, wish: Wish) -> bool:
        """Whether it is open to who asks."""
        return any(admits(self.team, self.open_to, team, wish.user) for team in wish.teams)


def admits(own: str, open_to: Collection[str], team: str, user: str) -> bool:
    """Whether a board of the team `own` that is open to these lets a user of a team use it."""
    return team == own or EVERYBODY in open_to or team in open_to or (bool(user) and f"{USER}{user}" in open_to)


def open_to_words(own: str, open_to: Sequence[str]) -> str:
    """Who may ask for a board, for a person."""
    if EVERYBODY in open_to:
        return "all of the network"
    return ", ".join(f"user {one.removeprefix(USER)}" if one.startswith(USER) else one for one in open_to) or own


def never(offer: Offer, wish: Wish, now: datetime) -> list[Reason]:
    """Why this board cannot run it as both are; empty where it may. `now` (aware) says which week's windows count."""
    found = [
        Reason(why=why, text=part.why_not(offer.board), term=part.normal())
        for why, whole in ((Why.SELECTOR, wish.selector), *((Why.NEED, need) for need in wish.needs))
        for part in _failing(whole, offer.board)
    ]
    if not offer.admits(wish):
        only = open_to_words(offer.team, offer.open_to)
        found.append(Reason(why=Why.CLOSED, text=f"open to {only} only, not to {', '.join(wish.teams) or wish.user}"))
    return [*found, *by_terms(offer, wish.teams, wish.timeout, now)]


def by_terms(offer: Offer, teams: Collection[str], timeout: int, now: datetime) -> list[Reason]:
    """Why the board's terms never let these teams have it, or not for so long (seconds); empty where they do."""
    if offer.team in teams:
        return []
    found = []
    if none := offer.terms.none_run:
        text = f"outsiders may have 0 boards of {offer.board.host} at a time ({none})"
        found.append(Reason(why=Why.NO_QUOTA, text=text))
    if timeout > offer.terms.max_time:
        limit = format_timeout(offer.terms.max_time)
        text = f"outsiders have it for {limit} at most, not for {format_timeout(timeout)}"
        found.append(Reason(why=Why.TOO_LONG, text=text))
    windows = offer.terms.windows.read()
    longest = windows.longest(now) if windows is not None else None
    if longest is not None and longest < timedelta(seconds=timeout):
        most = format_timeout(max(1, int(longest.total_seconds())))
        text = f"it is shared for {most} at a time at most, and {format_timeout(timeout)} are asked for"
        found.append(Reason(why=Why.WINDOW, text=text))
    return found


def longest(terms: Terms, now: datetime) -> float:
    """For how many seconds outsiders may have such a board at most."""
    if terms.none_run:
        return 0
    windows = terms.windows.read()
    window = windows.longest(now) if windows is not None else None
    return terms.max_time if window is None else min(terms.max_time, window.total_seconds())


def not_now(offer: Offer, wish: Wish, now: datetime) -> list[Reason]:
    """Why this board cannot take it at once, though it may later."""
    found = []
    if offer.standing is not Standing.FREE:
        found.append(Reason(why=_PASSES[offer.standing], text=_standing_words(offer)))
    windows = None if offer.team in wish.teams else offer.terms.windows.read()
    until = windows.open_until(now) if windows is not None else None
    if until is not None and until - now < timedelta(seconds=wish.timeout):
        shut = "its share window is shut now"
        if until > now.astimezone(UTC):
            shut = f"its share window ends at {until:%H:%M} UTC, too soon for {format_timeout(wish.timeout)}"
        found.append(Reason(why=Why.SHUT, text=shut))
    return found


def used_up(offer: Offer, wish: Wish, taken: Mapping[tuple[str, str], int]) -> list[Reason]:
    """That who asks has as many of the lab's boards as its quota lets them have, in each of the wish's teams.

    `taken`: how many of the lab's boards are with each team and user.
    """
    if offer.team in wish.teams:
        return []
    found = [_used_up(offer, team, wish.user, taken) for team in wish.teams]
    return found[0] if found and all(found) else []


def _used_up(offer: Offer, team: str, user: str, taken: Mapping[tuple[str, str], int]) -> list[Reason]:
    quota = offer.terms.running
    of_team = sum(number for (one, _), number in taken.items() if one == team)
    counted = ((user, taken.get((team, user), 0), quota.user), (f"the team {team}", of_team, quota.team))
    return [
        Reason(why=Why.QUOTA, text=f"{who} has {has} of at most {most} boards of {offer.board.host}")
        for who, has, most in counted
        if most is not None and has >= most
    ]


def asked_first(offer: Offer, wish: Wish) -> list[Reason]:
    """That a lab's people are asked before an outsider's request runs, as far as it is known before the put."""
    if offer.team in wish.teams:
        return []
    found = []
    if offer.terms.asks:
        text = "its lab's people are asked first, unless they have allowed such requests"
        found.append(Reason(why=Why.ASKS, text=text))
    if offer.terms.policy == "refuse":
        text = "its lab's policy refuses requests of other teams, but for those that it names"
        found.append(Reason(why=Why.REFUSES, text=text))
    return found


def refusal(offers: Sequence[Offer], wish: Wish, now: datetime) -> str:
    """Why no board may run it: the terms that no board at all meets, with what was perhaps meant, then the boards by
    their reasons, those that lack least first. Bounded, whatever the number of boards.
    """
    by_reasons: dict[tuple[int, bool, str], list[str]] = {}
    for offer in offers:
        reasons = never(offer, wish, now)
        inside = any(reason.why in {Why.SELECTOR, Why.NEED} for reason in reasons)
        by_reasons.setdefault((len(reasons), inside, _in_line(reasons)), []).append(str(offer.board))
    nearest = sorted(by_reasons.items(), key=lambda group: group[0][:2])
    lines = [f"{listed(boards)}: {text}" for (_, _, text), boards in nearest]
    more = [f"and {len(lines) - _SHOWN} more reasons"] if len(lines) > _SHOWN else []
    said = _hopeless_words(hopeless([offer.board for offer in offers], wish), len(offers))
    return "\n  ".join([f"no board may run this:{said}", *lines[:_SHOWN], *more])


def hopeless(boards: Sequence[selectors.Board], wish: Wish) -> dict[str, str]:
    """The terms that no board at all meets, in normal form, each with what was perhaps meant; empty for no guess."""
    terms = [part for whole in (wish.selector, *wish.needs) for part in _parts(whole)]
    return {term.normal(): perhaps(term, boards) for term in terms if not any(term.matches(board) for board in boards)}


def perhaps(term: selectors.Selector, boards: Iterable[selectors.Board]) -> str:
    """What was perhaps meant by a term that no board meets, like `arch=arm64`; empty if there is no guess."""
    if not isinstance(term, selectors.Fact):
        return ""
    known = {value.casefold(): value for board in boards for value in _values(term.key, board)}
    close = get_close_matches(term.value.casefold(), known, n=1, cutoff=0.6)
    return selectors.Fact(term.key, known[close[0]]).normal() if close else ""


def listed(names: Sequence[str]) -> str:
    """Names in a line, the first few."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


_PASSES = {
    Standing.BUSY: Why.BUSY,
    Standing.WITHDRAWN: Why.WITHDRAWN,
    Standing.OFFLINE: Why.OFFLINE,
    Standing.MAINTENANCE: Why.MAINTENANCE,
    Standing.BROKEN: Why.BROKEN,
    Standing.SILENT: Why.SILENT,
}


def _standing_words(offer: Offer) -> str:
    words = {
        Standing.BUSY: "busy",
        Standing.WITHDRAWN: "offline, as its lab wants it",
        Standing.SILENT: "nothing was heard of its lab for a while",
    }.get(offer.standing, str(offer.standing))
    return f"{words} ({in_brief(offer.because)})" if offer.because else words


def _parts(whole: selectors.Selector) -> tuple[selectors.Selector, ...]:
    """The terms that are joined by `and`."""
    return whole.parts if isinstance(whole, selectors.AllOf) else (whole,)


def _failing(whole: selectors.Selector, board: selectors.Board) -> list[selectors.Selector]:
    return [part for part in _parts(whole) if not part.matches(board)]


def _in_line(reasons: Sequence[Reason], most: int = 3) -> str:
    texts = [f"the test needs {one.term}: {one.text}" if one.why is Why.NEED else one.text for one in reasons]
    more = f"; and {len(texts) - most} more" if len(texts) > most else ""
    return "; ".join(texts[:most]) + more


def _hopeless_words(terms: Mapping[str, str], boards: int) -> str:
    if not terms:
        return ""
    found = [f"{term} (perhaps {guess}?)" if guess else term for term, guess in terms.items()]
    number = "the one board" if boards == 1 else f"any of the {boards} boards"
    return f" {listed(found)} {'does' if len(found) == 1 else 'do'} not match {number}"


def _values(key: str, board: selectors.Board) -> tuple[str, ...]:
    if key == "label":
        return board.labels
    value = {"host": board.host, "board": board.name}.get(key, board.facts.get(key, ""))
    return (value,) if value else ()
