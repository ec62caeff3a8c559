"""SQL on which selectors match which boards, and on how boards are shared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json import dumps
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Board
from fuego_jenkins_remote.hub.schema import board_facts, boards, labs, lanes, matches, offer_doors, offers, queues
from fuego_jenkins_remote.hub.schema import selectors as selectors_table
from fuego_jenkins_remote.hub.statements.once import insert_once
from fuego_jenkins_remote.network import matching as matching_rules
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.terms import Terms, terms_as_mapping, terms_from_mapping


@dataclass(frozen=True, kw_only=True)
class Offer:
    """How many boards of a lab that are shared alike: to whom, and on which terms. `team` is the lab's own."""

    id: int
    host: str
    team: str
    open_to: tuple[str, ...]
    terms: Terms
    boards: int

    def as_matched(self) -> matching_rules.Offer:
        """As one of the boards is matched with what is asked for, beside its name and facts."""
        board = selectors.Board(host=self.host, name="")
        return matching_rules.Offer(board=board, team=self.team, open_to=self.open_to, terms=self.terms)

    def admits(self, team: str, user: str) -> bool:
        """Whether requests of this user for this team may use the boards."""
        return matching_rules.admits(self.team, self.open_to, team, user)

    def suits(self, team: str, user: str, timeout: int, now: datetime) -> bool:
        """Whether those that may take so many seconds may use the boards, some day, as far as their terms go."""
        return self.admits(team, user) and not matching_rules.by_terms(self.as_matched(), (team,), timeout, now)


def digest(*parts: str) -> str:
    """A short name for texts, which an index takes however long they are."""
    return sha256("\0".join(parts).encode()).hexdigest()


def hold(conn: sa.Connection) -> None:
    """From here on nobody else changes what matches what, until this transaction is over.

    Else a board and a selector that come at the same moment would not know of each other. On SQLite it is always so.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_MATCHING)))


_MATCHING = 0x46554547  # a number that no other lock of ours has


def selector_id(conn: sa.Connection, normal: str) -> int | None:
    """The selector of this normal form, if there is one."""
    query = sa.select(selectors_table.c.id).where(selectors_table.c.digest == digest(normal))
    return conn.execute(query).scalar_one_or_none()


def insert_selector(conn: sa.Connection, selector: selectors.Selector) -> int:
    """Add a selector, with the boards that match it; gives its id. `hold` comes before."""
    normal = selector.normal()
    insert_once(conn, selectors_table, {"digest": digest(normal), "text": normal})
    made: int = conn.execute(
        sa.select(selectors_table.c.id).where(selectors_table.c.digest == digest(normal))
    ).scalar_one()
    found = sa.select(boards.c.id, sa.literal(made), boards.c.offer_id).where(matching(selector))
    conn.execute(matches.insert().from_select(["board_id", "selector_id", "offer_id"], found))
    return made


def matching(selector: selectors.Selector) -> sa.ColumnElement[bool]:
    """The boards that a selector matches, as SQL says it."""
    match selector:
        case selectors.Place(host, name):
            named = [(boards.c.host, host), (boards.c.name, name)]
            return sa.and_(sa.true(), *(column == value for column, value in named if value != "*"))
        case selectors.Fact("host" | "board" as key, value):
            return (boards.c.host if key == "host" else boards.c.name) == value
        case selectors.Fact(key, value):
            have = sa.select(board_facts.c.board_id).where(board_facts.c.name == key, board_facts.c.value == value)
            return boards.c.id.in_(have)
        case selectors.Not(inner):
            return sa.not_(matching(inner))
        case selectors.AllOf(parts):
            return sa.and_(*map(matching, parts))
        case selectors.AnyOf(parts):
            return sa.or_(*map(matching, parts))


def all_selectors(conn: sa.Connection) -> Sequence[tuple[int, str]]:
    """Every selector there is, with its id."""
    return [(row.id, row.text) for row in conn.execute(sa.select(selectors_table.c.id, selectors_table.c.text))]


def of_board(conn: sa.Connection, board_id: int) -> set[int]:
    """The selectors that match a board."""
    query = sa.select(matches.c.selector_id).where(matches.c.board_id == board_id)
    return set(conn.execute(query).scalars())


def add(conn: sa.Connection, board_id: int, selector_ids: Collection[int]) -> None:
    """These selectors match the board now."""
    offer = sa.select(boards.c.offer_id).where(boards.c.id == board_id).scalar_subquery()
    rows = [{"board_id": board_id, "selector_id": one} for one in sorted(selector_ids)]
    if rows:
        conn.execute(matches.insert().values(offer_id=offer), rows)


def drop(conn: sa.Connection, board_id: int, selector_ids: Collection[int]) -> None:
    """These selectors do not match the board any more."""
    rows = [{"b": board_id, "s": one} for one in sorted(selector_ids)]
    if rows:
        where = (matches.c.board_id == sa.bindparam("b")) & (matches.c.selector_id == sa.bindparam("s"))
        conn.execute(matches.delete().where(where), rows)


def set_facts(conn: sa.Connection, board_id: int, before: Board | None, now: Board | None) -> None:
    """Write what selectors find a board by, where it differs from before."""
    had = set() if before is None else _facts(before)
    has = set() if now is None else _facts(now)
    if gone := [{"n": name, "v": value} for name, value in sorted(had - has)]:
        row = (board_facts.c.name == sa.bindparam("n")) & (board_facts.c.value == sa.bindparam("v"))
        conn.execute(board_facts.delete().where(row, board_facts.c.board_id == board_id), gone)
    if new := [{"name": name, "value": value, "board_id": board_id} for name, value in sorted(has - had)]:
        conn.execute(board_facts.insert(), new)


def _facts(board: Board) -> set[tuple[str, str]]:
    facts = {(name, value.casefold()) for name, value in board.facts.items()}
    return facts | {("label", label.casefold()) for label in board.labels}


def set_offer(conn: sa.Connection, board: Board) -> None:
    """Let the board be counted among those of its lab that are shared as it is."""
    open_to, terms = sorted(board.open_to), terms_as_mapping(board.terms)
    said = digest(dumps([open_to, terms], sort_keys=True))
    of_lab = (offers.c.host == board.host) & (offers.c.digest == said)
    known = conn.execute(sa.select(offers.c.id).where(of_lab)).scalar_one_or_none()
    if known is None:
        insert_once(conn, offers, {"host": board.host, "digest": said, "open_to": open_to, "terms": terms})
        known = conn.execute(sa.select(offers.c.id).where(of_lab)).scalar_one()
        for who in sorted(set(open_to)):
            insert_once(conn, offer_doors, {"offer_id": known, "who": who})
    conn.execute(boards.update().where(boards.c.id == board.id).values(offer_id=known))
    conn.execute(matches.update().where(matches.c.board_id == board.id).values(offer_id=known))


def offer_of_place(conn: sa.Connection, selector: int, place: str) -> int | None:
    """The offer under which the board HOST:BOARD is counted for a selector; None: the selector does not match it."""
    host, _, name = place.partition(":")
    joined = matches.join(boards, boards.c.id == matches.c.board_id)
    query = sa.select(matches.c.offer_id).select_from(joined)
    query = query.where(boards.c.host == host, boards.c.name == name, matches.c.selector_id == selector)
    return conn.execute(query).scalar_one_or_none()


def open_to(team: Any, user: Any) -> sa.ColumnElement[bool]:
    """Whether the boards of an offer of `offers`, of a lab of `labs`, are open to a user's requests for a team."""
    whose = sa.literal(matching_rules.USER) + user
    named = offer_doors.c.who.in_([sa.literal(matching_rules.EVERYBODY), team, whose])
    return sa.or_(labs.c.team == team, sa.exists().where(offer_doors.c.offer_id == offers.c.id, named))


def labs_of_lane(lane_id: Any) -> sa.Select[str]:
    """The hosts of the labs that may be given what waits in a lane, once for each way in which they share boards."""
    joined = (
        lanes.join(queues, queues.c.id == lanes.c.queue_id)
        .join(matches, matches.c.selector_id == queues.c.selector_id)
        .join(offers, offers.c.id == matches.c.offer_id)
        .join(labs, labs.c.host == offers.c.host)
    )
    query = sa.select(offers.c.host).select_from(joined)
    return query.where(lanes.c.id == lane_id, open_to(queues.c.team, lanes.c.user))


def offers_by_id(conn: sa.Connection, selector: int) -> list[Offer]:
    """How the boards of a selector are shared, by lab."""
    return _offers(conn.execute(_OF_SELECTOR, {"selector": selector}).mappings())


def offers_of_lab(conn: sa.Connection, host: str) -> list[Offer]:
    """How the boards of a lab are shared."""
    return _offers(conn.execute(_OF_LAB, {"lab": host}).mappings())


def offers_of_boards(conn: sa.Connection, board_ids: Sequence[int]) -> dict[int, int]:
    """The id of the offer under which each of these boards is counted."""
    found: dict[int, int] = {}
    for start in range(0, len(board_ids), 500):
        some = boards.c.id.in_(board_ids[start : start + 500])
        found.update(
            (row.id, row.offer_id) for row in conn.execute(sa.select(boards.c.id, boards.c.offer_id).where(some))
        )
    return found


def _counted(column: sa.Column[Any], which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    counted = sa.select(column.label("offer_id"), sa.func.count().label("boards")).where(which).group_by(column)
    each = counted.subquery()
    joined = each.join(offers, offers.c.id == each.c.offer_id).join(labs, labs.c.host == offers.c.host)
    return sa.select(offers, labs.c.team, each.c.boards).select_from(joined).order_by(offers.c.host, offers.c.id)


_OF_SELECTOR = _counted(matches.c.offer_id, matches.c.selector_id == sa.bindparam("selector"))
_OF_LAB = _counted(boards.c.offer_id, boards.c.host == sa.bindparam("lab"))


def _offers(rows: Iterable[sa.RowMapping]) -> list[Offer]:
    return [
        Offer(
            id=row["id"],
            host=row["host"],
            team=row["team"],
            open_to=tuple(row["open_to"]),
            terms=terms_from_mapping(row["terms"]),
            boards=row["boards"],
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class LaneBoard:
    """A board that the selector of a lane matches, with how it is shared."""

    lane_id: int
    user: str
    board_id: int
    offer_id: int


def boards_of_lanes(conn: sa.Connection, lane_ids: Sequence[int], host: str) -> list[LaneBoard]:
    """The boards of a lab that the selectors of these lanes match."""
    joined = (
        lanes.join(queues, queues.c.id == lanes.c.queue_id)
        .join(matches, matches.c.selector_id == queues.c.selector_id)
        .join(offers, offers.c.id == matches.c.offer_id)
    )
    query = sa.select(lanes.c.id, lanes.c.user, matches.c.board_id, matches.c.offer_id).select_from(joined)
    query = query.where(offers.c.host == host)
    found: list[LaneBoard] = []
    for start in range(0, len(lane_ids), 500):
        rows = conn.execute(query.where(lanes.c.id.in_(lane_ids[start : start + 500])))
        found += [LaneBoard(*row) for row in rows]
    return found
