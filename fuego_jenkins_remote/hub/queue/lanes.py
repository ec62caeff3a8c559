"""Where a request waits: which lane it is in, and that the lane knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import HUB, Approval, Lane, Request
from fuego_jenkins_remote.hub.statements import lanes as sql
from fuego_jenkins_remote.hub.statements import matches
from fuego_jenkins_remote.hub.statements.requests import Row
from fuego_jenkins_remote.network import selectors


def lane_for(
    conn: sa.Connection, selector: selectors.Selector, team: str, user: str, answers: Iterable[Approval] = ()
) -> Lane:
    """The lane of this person's requests; a new one is made, and for a new selector its boards are found."""
    normal, signs = selector.normal(), signs_of(answers)
    lane = sql.find(conn, normal, team, signs, user)
    if lane is not None:
        return lane
    selector_id = matches.selector_id(conn, normal)
    if selector_id is None:
        matches.hold(conn)
        selector_id = matches.insert_selector(conn, selector)
    return sql.insert(conn, selector_id, normal, team=team, answers=signs, user=user)


def signs_of(answers: Iterable[Approval]) -> str:
    """What labs have answered, as queues are told apart by it.

    A lab that the hub asks has not answered yet: whether one of its boards asks is seen when the board claims.
    """
    signs = [f"{'+' if one.answer == 'approved' else '-'}{one.host}" for one in answers if not asked_by_the_hub(one)]
    return " ".join(sorted(signs, key=lambda sign: sign[1:]))


def asked_by_the_hub(approval: Approval) -> bool:
    """Whether it stands there since the lab's terms say that its people are asked; no lab has had the request yet."""
    return approval.answer == "requested" and approval.by == HUB != approval.host


def enter(conn: sa.Connection, request: Request) -> None:
    """The request waits, and is not held: its lane is told."""
    lane = sql.by_id(conn, request.lane_id)
    sql.enter(conn, lane, priority=request.priority, request_id=request.id, timeout=request.timeout)


def enter_all(conn: sa.Connection, rows: Sequence[Row]) -> None:
    """Requests that were just put: each of their lanes is told once, always in the same order."""
    by_lane: dict[int, list[Row]] = {}
    for row in rows:
        by_lane.setdefault(row.lane.id, []).append(row)
    for _, of_lane in sorted(by_lane.items()):
        first = min(of_lane, key=lambda row: (-row.new.priority, row.id))
        shortest = min(row.new.timeout for row in of_lane)
        sql.enter(conn, first.lane, priority=first.new.priority, request_id=first.id, timeout=shortest)


def lane_now(conn: sa.Connection, request: Request) -> Lane:
    """The lane in which the request is to wait with the answers that it has now."""
    lane = sql.by_id(conn, request.lane_id)
    if lane.answers == signs_of(request.approvals):
        return lane
    parsed = selectors.parse(lane.selector)
    return lane_for(conn, parsed, lane.team, lane.user, request.approvals)


def labs_left(conn: sa.Connection, request: Request, now: datetime) -> dict[str, bool]:
    """The labs with boards that may run it, some day, and whether each of these boards asks for approval.

    Not those boards where it has failed before, if it is to go elsewhere.
    """
    lane = sql.by_id(conn, request.lane_id)
    number: dict[int, int] = {}
    for place in request.avoided:
        offer_id = matches.offer_of_place(conn, lane.selector_id, place)
        if offer_id is not None:
            number[offer_id] = number.get(offer_id, 0) + 1
    left: dict[str, bool] = {}
    for offer in matches.offers_by_id(conn, lane.selector_id):
        if offer.suits(request.team, lane.user, request.timeout, now) and offer.boards > number.get(offer.id, 0):
            asks = offer.terms.ask and request.team != offer.team
            left[offer.host] = left.get(offer.host, True) and asks
    return left
