"""Who is to be told of an event: the usual people, and who has subscribed, of those who may see what it is about.

A subscription hangs on one anchor, something that an event must have for the subscription to be looked at (a user whose
event it is, a team, a lab, or that it is of a test): so an event reads those that may fit, by an index, not all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from fuego_jenkins_remote.hub import sight
from fuego_jenkins_remote.hub.campaigns import sight as campaign_sight
from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.hub.notices.addresses import kind_of
from fuego_jenkins_remote.hub.notices.values import Channel, Event, Kind, Owner, Subscription
from fuego_jenkins_remote.hub.records import Caller, Membership
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.hub.statements import subscriptions as sql
from fuego_jenkins_remote.network.occasions import FOR_KEEPERS, Occasion
from fuego_jenkins_remote.network.permissions import Level

_ENDS = frozenset({Occasion.DONE, Occasion.FAILED})
_TOLD_AT_THE_END = _ENDS | {Occasion.STARTED}
"""Of a request in a campaign, these are told in one message when the campaign ends."""


@dataclass(frozen=True, kw_only=True)
class Usual:
    """An address where an owner is told without having asked for it; set by the hub's admin, or the owner's mail."""

    owner: Owner
    kind: Kind
    address: str


def usual(conn: sa.Connection, event: Event) -> Iterator[Usual]:
    """Where people are told of it who have not subscribed: the requester of an end, a lab's people of what is its."""
    if event.occasion in FOR_KEEPERS:
        lab = people.find_lab(conn, event.host)
        if lab is None:
            return
        if lab.notify:
            yield from (_usual(Owner(kind="lab", name=lab.host), address) for address in lab.notify)
            return
        names = sql.keepers(conn, lab.team)
    elif event.occasion == Occasion.CAMPAIGN_ENDED or (event.occasion in _ENDS and event.campaign is None):
        names = list(event.users)
    else:
        return
    unwilling = sql.without_usual_notices(conn, names)
    for name, addresses in sql.addresses_of(conn, names).items():
        if name not in unwilling:
            yield from (_usual(Owner(kind="user", name=name), address) for address in addresses)


def subscribed(conn: sa.Connection, event: Event) -> Iterator[Channel]:
    """The channels of those who have subscribed to it."""
    for one in sql.of_anchors(conn, _anchors(conn, event)):
        if _wants(one, event) and not one.channel.confirm:
            yield one.channel


def may_see(conn: sa.Connection, owner: Owner, event: Event) -> bool:
    """Whether the owner may see what it is about, now."""
    if owner.kind == "hub":
        return True
    caller = _caller(conn, owner)
    if caller is None:
        return False
    try:
        if event.request_id is not None:
            sight.find_for(conn, caller, event.request_id)
        elif event.campaign is not None:
            campaign_sight.find_for(conn, caller, event.campaign)
    except NotKnown:
        return False
    return True


def anchor(owner: Owner, *, team: str, host: str, test: str) -> str:
    """What an event must have for a subscription that is narrowed so; not narrowed, it is what is the owner's own."""
    if host:
        return f"host {host}"
    if team:
        return f"team {team}"
    return "test" if test else str(owner)


def _anchors(conn: sa.Connection, event: Event) -> set[str]:
    found = {f"user {user}" for user in event.users}
    found |= {f"team {event.team}"} if event.team else set()
    found |= {"test"} if event.test else set()
    if event.host:
        found.add(f"host {event.host}")
        lab = people.find_lab(conn, event.host) if event.occasion in FOR_KEEPERS else None
        if lab is not None:
            found |= {f"team {lab.team}"} | {f"user {user}" for user in sql.keepers(conn, lab.team)}
    return found


def _wants(one: Subscription, event: Event) -> bool:
    if not set(one.events) & set(_stands_for(one, event)):
        return False
    if one.host and one.host != event.host:
        return False
    if one.board and event.board and one.board != event.board:
        return False
    if one.test:
        beginning, star, _ = one.test.partition("*")
        if not event.test or not (event.test.startswith(beginning) if star else event.test == one.test):
            return False
    # Narrowed by another anchor as well: then it is the team that asked. Else the anchor has said it.
    return not one.team or one.anchor == f"team {one.team}" or one.team == event.team


def _stands_for(one: Subscription, event: Event) -> Iterable[str]:
    """By which names the subscription knows it: people get a campaign's end in place of its requests' ends."""
    if one.channel.kind == "webhook" or one.host or one.test:
        return (event.occasion,)
    if event.occasion == Occasion.CAMPAIGN_ENDED:
        campaign = event.data["campaign"]
        return (event.occasion, Occasion.DONE if campaign["well"] == campaign["total"] else Occasion.FAILED)
    if event.campaign is not None and event.occasion in _TOLD_AT_THE_END:
        return ()
    return (event.occasion,)


def _usual(owner: Owner, address: str) -> Usual:
    return Usual(owner=owner, kind=kind_of(address), address=address)


def _caller(conn: sa.Connection, owner: Owner) -> Caller | None:
    if owner.kind == "user":
        return people.caller(conn, owner.name)
    if owner.kind == "lab":
        return sight.lab(owner.name)
    # A team's channel may be read by all of the team.
    return Caller(kind="user", name="", teams=(Membership(team=owner.name, level=Level.GUEST),))
