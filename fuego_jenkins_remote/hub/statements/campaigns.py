"""SQL on campaigns and on the requests in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub.records import Caller, Campaign, NewCampaign
from fuego_jenkins_remote.hub.schema import campaigns, going_on, requests
from fuego_jenkins_remote.network.campaigns import Part
from fuego_jenkins_remote.network.states import FINAL, State

_COLUMNS = [column for column in campaigns.c if column.name != "call_id"]


@dataclass(frozen=True, kw_only=True)
class Member:
    """A request of a campaign: its part of the table, and what is told of it beside."""

    part: Part
    attempt: int
    run_key: str
    rerun_of: str | None
    cancel_requested: bool
    cancel_id: str | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list of campaigns is narrowed to; None: not by this. `before` is a campaign's id."""

    requester: str | None = None
    team: str | None = None
    open: bool = False
    before: str | None = None


def insert(
    conn: sa.Connection, *, campaign_id: str, new: NewCampaign, requester: str, team: str, now: datetime
) -> None:
    """Write down that there is one; its requests name it."""
    conn.execute(
        campaigns.insert().values(
            id=campaign_id,
            name=new.name,
            notes=new.notes,
            requester=requester,
            team=team,
            private=new.private,
            call_id=new.call_id,
            created_at=now,
            round=0,
        )
    )


def find(conn: sa.Connection, campaign_id: str, *, lock: bool = False) -> Campaign | None:
    """One campaign; `lock`: until this transaction ends nobody else's does so with a lock."""
    query = sa.select(*_COLUMNS).where(campaigns.c.id == campaign_id)
    row = conn.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    return None if row is None else Campaign(**row)


def listed(conn: sa.Connection, caller: Caller | None, wanted: Filter, limit: int) -> list[Campaign]:
    """At most `limit` campaigns that the caller may see, newest first."""
    conditions = [_seen_by(caller)]
    if wanted.requester is not None:
        conditions.append(campaigns.c.requester == wanted.requester)
    if wanted.team is not None:
        conditions.append(campaigns.c.team == wanted.team)
    if wanted.open:
        conditions.append(going_on)
    if wanted.before is not None:
        conditions.append(campaigns.c.id < wanted.before)
    query = sa.select(*_COLUMNS).where(*conditions).order_by(campaigns.c.id.desc()).limit(limit)
    return [Campaign(**row) for row in conn.execute(query).mappings()]


def _seen_by(caller: Caller | None) -> sa.ColumnElement[bool]:
    """As campaigns/sight.py has it for one."""
    anybody = campaigns.c.private == sa.false()
    if caller is None or caller.kind == "lab":
        return anybody
    teams = [membership.team for membership in caller.teams]
    return sa.or_(anybody, campaigns.c.requester == caller.name, campaigns.c.team.in_(teams))


def members(conn: sa.Connection, campaign_id: str) -> list[Member]:
    """The requests that stand in its table: those that no other one has replaced."""
    query = sa.select(
        requests.c.id,
        requests.c.test,
        requests.c.spec,
        requests.c.selector,
        requests.c.state,
        requests.c.status,
        requests.c.held,
        requests.c.host,
        requests.c.board,
        requests.c.reason,
        requests.c.run_url,
        requests.c.attempt,
        requests.c.run_key,
        requests.c.rerun_of,
        requests.c.cancel_requested,
        requests.c.cancel_id,
        requests.c.created_at,
        requests.c.ended_at,
    )
    query = query.where(requests.c.campaign == campaign_id, requests.c.replaced_by.is_(None)).order_by(requests.c.id)
    return [_member(row) for row in conn.execute(query).mappings()]


def counts_of(conn: sa.Connection, campaign_ids: Sequence[str]) -> dict[str, list[tuple[Part, int]]]:
    """Of each campaign, how many requests of which kind stand in its table."""
    kind = (requests.c.campaign, requests.c.state, requests.c.status, requests.c.held)
    query = sa.select(*kind, sa.func.count().label("number")).group_by(*kind)
    query = query.where(requests.c.campaign.in_(campaign_ids), requests.c.replaced_by.is_(None))
    found: dict[str, list[tuple[Part, int]]] = {}
    for row in conn.execute(query):
        some = Part(id="", test="", spec="", selector="", state=State(row.state), status=row.status, held=row.held)
        found.setdefault(row.campaign, []).append((some, row.number))
    return found


def version_of(conn: sa.Connection, campaign_id: str) -> int:
    """It grows with each step of each of its requests, also of those that are put again."""
    query = sa.select(sa.func.coalesce(sa.func.sum(requests.c.steps), 0)).where(requests.c.campaign == campaign_id)
    return int(conn.execute(query).scalar_one())


def size(conn: sa.Connection, campaign_id: str) -> int:
    """How many requests it has, with those that were replaced."""
    query = sa.select(sa.func.count()).select_from(requests).where(requests.c.campaign == campaign_id)
    return int(conn.execute(query).scalar_one())


def goes_on(conn: sa.Connection, campaign_id: str) -> bool:
    """Whether a request of it has not ended."""
    query = sa.select(requests.c.id).where(requests.c.campaign == campaign_id, requests.c.state.not_in(list(FINAL)))
    return conn.execute(query.limit(1)).first() is not None


def end(conn: sa.Connection, campaign_id: str, now: datetime) -> bool:
    """It is over; False where it was already."""
    over = campaigns.update().where(campaigns.c.id == campaign_id, going_on).values(ended_at=now)
    return conn.execute(over).rowcount == 1


def goes_on_again(conn: sa.Connection, campaign_id: str) -> None:
    """Requests of it were put again."""
    again = {"ended_at": None, "round": campaigns.c.round + 1}
    conn.execute(campaigns.update().where(campaigns.c.id == campaign_id).values(again))


def _member(row: sa.RowMapping) -> Member:
    values: dict[str, Any] = dict(row)
    part = Part(
        state=State(values.pop("state")),
        host=values.pop("host") or "",
        board=values.pop("board") or "",
        **{key: values.pop(key) for key in ("id", "test", "spec", "selector", "status", "held", "reason", "run_url")},
    )
    return Member(part=part, **values)
