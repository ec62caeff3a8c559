"""What people want to be told of, and where: they set it themselves, for themselves or for a team that they manage."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from fuego_jenkins_remote.hub import audit
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, NotYours, Refused
from fuego_jenkins_remote.hub.notices import addresses, fan_out, recipients
from fuego_jenkins_remote.hub.notices.post.webhook import new_secret
from fuego_jenkins_remote.hub.notices.values import CONFIRM, TEST, Channel, NewEvent, Owner, Subscription
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.statements import notices as notice_sql
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.hub.statements import subscriptions as sql
from fuego_jenkins_remote.network.occasions import OF_BOARDS, Occasion
from fuego_jenkins_remote.network.permissions import Action, Thing, may

MAX_OF_OWNER = 50
"""An owner has no more subscriptions than this."""

OLD_SECRET = timedelta(days=1)
"""So long a webhook is signed with the former secret, too, after it was changed."""

_MOST_UNCONFIRMED = 5
_CODE = timedelta(days=1)
_TEST_EVERY = timedelta(seconds=30)
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants to be told of, and where.

    `team`, `host` with `board`, `test` narrow it; without all of them it is what is the owner's own. `for_team`: in the
    name of a team; `for_user`: the hub's admin, for somebody else.
    """

    call_id: str
    events: Sequence[str]
    to: str
    team: str = ""
    host: str = ""
    board: str = ""
    test: str = ""
    for_team: str = ""
    for_user: str = ""


def subscribe(change: Change, caller: Caller, wanted: Wanted) -> Subscription:
    """Write it down; the same call id again gives what it made. Raises HubError.

    A mail address that is not the owner's own is written to once, for its reader to confirm it.
    """
    made = sql.of_call(change.conn, caller.name, wanted.call_id)
    if made is not None:
        return made
    owner = _owner(change.conn, caller, wanted)
    _check(change.conn, wanted)
    if len(sql.of_owner(change.conn, owner)) >= MAX_OF_OWNER:
        raise Refused(f"{owner} has {MAX_OF_OWNER} subscriptions already: take some back first")
    channel = _channel(change, caller, owner, wanted.to)
    subscription_id = "s-" + _random(8)
    sql.insert(
        change.conn,
        subscription_id=subscription_id,
        channel_id=channel.id,
        events=list(dict.fromkeys(wanted.events)),
        anchor=recipients.anchor(owner, team=wanted.team, host=wanted.host, test=wanted.test),
        narrowed={name: getattr(wanted, name) for name in ("team", "host", "board", "test")},
        made_by=caller.name,
        call_id=wanted.call_id,
        now=change.at,
    )
    said = f"{', '.join(wanted.events)} to {_shown(channel)}"
    _audit(change, caller, "subscribe", said, of=owner, which=subscription_id)
    return _one(change.conn, subscription_id)


def listed(conn: sa.Connection, caller: Caller, team: str = "") -> list[Subscription]:
    """The caller's own, or a team's, for who is in it. Raises NotYours."""
    if team:
        if not may(caller.actor, Action.SEE_TEAM, Thing(team=team)):
            raise NotYours(f"what the team {team} is told of is shown to its people")
        return sql.of_owner(conn, Owner(kind="team", name=team))
    _must_be_a_user(caller)
    return sql.of_owner(conn, Owner(kind="user", name=caller.name))


def unsubscribe(change: Change, caller: Caller, subscription_id: str) -> None:
    """Take it back; what waits for an address that nothing else leads to is not sent any more."""
    one = _find(change.conn, caller, subscription_id)
    channel = one.channel
    if not sql.delete(change.conn, one.id):
        raise _not_known(subscription_id)
    if not sql.channel_is_wanted(change.conn, channel.id):
        _forget(change, channel)
    _audit(change, caller, "unsubscribe", _shown(channel), of=channel.owner, which=one.id)


def send_test(change: Change, caller: Caller, subscription_id: str, call_id: str) -> Subscription:
    """Send a test message there, at once; a channel that was given up is tried again. Raises Conflict if too often."""
    one = _find(change.conn, caller, subscription_id)
    channel = one.channel
    if channel.last_call == call_id:
        return one
    if channel.confirm:
        raise Conflict(f"{_shown(channel)} is not confirmed yet: a mail with the command was sent there")
    if channel.tested_at is not None and change.at - channel.tested_at < _TEST_EVERY:
        raise Conflict(f"a test message was sent there less than {_TEST_EVERY.total_seconds():.0f} s ago")
    body = [f"This is a test message. {one.id} tells of: {', '.join(one.events)}.", "", "To hear no more:"]
    _own_message(
        change,
        channel,
        TEST,
        title="a test message",
        lines=[*body, f"    ftc unsubscribe {one.id}"],
        data={"subscription": one.id},
    )
    notice_sql.change_channel(change.conn, channel.id, failing_since=None, tested_at=change.at, last_call=call_id)
    message = notice_sql.open_of(change.conn, channel.id)
    if message is None or message.error:
        # Not while somebody sends there, and for as long as nobody knows how that ended.
        notice_sql.change_channel(change.conn, channel.id, due_at=change.at)
    _audit(change, caller, "test-notice", _shown(channel), of=channel.owner, which=one.id)
    return _one(change.conn, one.id)


def confirm(change: Change, caller: Caller, code: str) -> None:
    """Whoever reads the address has got the code: it is theirs. The same again changes nothing. Raises NotKnown."""
    _must_be_a_user(caller)
    owners = [Owner(kind="user", name=caller.name)]
    owners += [Owner(kind="team", name=one.team) for one in caller.teams]
    digest = _digest(code)
    for owner in owners:
        for channel in sql.unconfirmed(change.conn, owner, change.at - _CODE):
            if channel.address != _gone(channel) and secrets.compare_digest(channel.confirm, digest):
                _must_manage(caller, owner)
                notice_sql.change_channel(change.conn, channel.id, confirm="")
                _audit(change, caller, "confirm-address", _shown(channel), of=owner)
                return
    raise NotKnown("nothing waits for this code: it was used already, or is for another user")


def rotate(change: Change, caller: Caller, subscription_id: str, call_id: str) -> Subscription:
    """A new secret for a webhook; for a day the former one signs beside it. Raises Refused for other channels."""
    one = _find(change.conn, caller, subscription_id)
    if one.channel.last_call == call_id:
        return one
    if one.channel.kind != "webhook":
        raise Refused(f"{_shown(one.channel)} has no secret: only webhooks are signed")
    old = {"old_secret": one.channel.secret, "old_secret_until": change.at + OLD_SECRET}
    notice_sql.change_channel(change.conn, one.channel.id, secret=new_secret(), last_call=call_id, **old)
    _audit(change, caller, "rotate-secret", _shown(one.channel), of=one.channel.owner, which=one.id)
    return _one(change.conn, one.id)


def set_usual(change: Change, caller: Caller, *, on: bool) -> None:
    """Whether the caller wants what everybody is told without having subscribed."""
    _must_be_a_user(caller)
    sql.set_usual(change.conn, caller.name, on=on, now=change.at)
    audit.write(change, caller, "subscribe" if on else "unsubscribe", f"user {caller.name}", "the usual notices")


@dataclass(frozen=True, kw_only=True)
class Usual:
    """Whether somebody is told the usual things, where (masked), and what is wrong there, a line each."""

    on: bool
    to: tuple[str, ...]
    trouble: tuple[str, ...] = ()


def usual_of(conn: sa.Connection, caller: Caller) -> Usual:
    """What the caller is told without having subscribed."""
    found = sql.addresses_of(conn, [caller.name]).get(caller.name, ()) if caller.kind == "user" else ()
    on = caller.name not in sql.without_usual_notices(conn, [caller.name])
    owner = Owner(kind="user", name=caller.name)
    channels = [notice_sql.channel_of(conn, owner, one) for one in found]
    return Usual(
        on=on,
        to=tuple(addresses.masked(addresses.kind_of(one), one) for one in found),
        trouble=tuple(
            f"{_shown(one)} fails since {one.failing_since:%Y-%m-%d %H:%M} UTC: {one.last_error}"
            for one in channels
            if one is not None and one.failing_since is not None
        ),
    )


def _owner(conn: sa.Connection, caller: Caller, wanted: Wanted) -> Owner:
    _must_be_a_user(caller)
    if wanted.for_team and wanted.for_user:
        raise Refused("it is for a team or for a user, not for both")
    if wanted.for_team:
        if not people.team_exists(conn, wanted.for_team):
            raise NotKnown(f"there is no team {wanted.for_team}")
        owner = Owner(kind="team", name=wanted.for_team)
    elif wanted.for_user:
        if not may(caller.actor, Action.MANAGE_NETWORK):
            raise NotYours("only the network's admins subscribe for somebody else")
        if not people.user_exists(conn, wanted.for_user):
            raise NotKnown(f"there is no user {wanted.for_user}")
        return Owner(kind="user", name=wanted.for_user)
    else:
        owner = Owner(kind="user", name=caller.name)
    _must_manage(caller, owner)
    return owner


def _check(conn: sa.Connection, wanted: Wanted) -> None:
    if not wanted.events:
        raise Refused(f"say what to tell of: {', '.join(Occasion)}")
    if wanted.team and not people.team_exists(conn, wanted.team):
        raise NotKnown(f"there is no team {wanted.team}")
    if wanted.host and people.find_lab(conn, wanted.host) is None:
        raise NotKnown(f"there is no lab {wanted.host}")
    if Occasion.CAMPAIGN_ENDED in wanted.events and (wanted.host or wanted.test):
        raise Refused("a campaign is on many boards and of many tests: campaign-ended cannot be narrowed to one")
    if wanted.test and OF_BOARDS & set(wanted.events):
        raise Refused("a board is broken for all tests: board-broken and board-back cannot be narrowed to one")


def _channel(change: Change, caller: Caller, owner: Owner, to: str) -> Channel:
    trusted = may(caller.actor, Action.MANAGE_NETWORK)
    address = addresses.of_admin(to) if trusted else addresses.of_people(to)
    found = notice_sql.channel_of(change.conn, owner, address.text)
    if found is not None:
        if trusted:
            notice_sql.change_channel(change.conn, found.id, confirm="", trusted=True)
        return found
    own = address.kind != "mail" or address.text.lower() == caller.email.lower()
    code = "" if trusted or own else _random(10)
    if code and len(sql.unconfirmed(change.conn, owner, change.at - _CODE)) >= _MOST_UNCONFIRMED:
        # Those that were taken back count, too: else one could have many addresses written to.
        raise Refused(f"{_MOST_UNCONFIRMED} addresses of {owner} were to be confirmed today, and were not: wait a day")
    channel = notice_sql.add_channel(
        change.conn,
        owner,
        kind=address.kind,
        address=address.text,
        trusted=trusted,
        secret=new_secret() if address.kind == "webhook" else "",
        confirm=_digest(code) if code else "",
        now=change.at,
    )
    if code:
        lines = [
            f"{caller.name} wants notices for {owner} to be sent to this address. If that is right, this confirms it:",
            f"    ftc confirm-address {code}",
            "",
            "If not, there is nothing to do: nothing more is sent here.",
        ]
        _own_message(change, channel, CONFIRM, title="confirm this address", lines=lines, data={})
    return channel


def _own_message(
    change: Change, channel: Channel, occasion: str, *, title: str, lines: list[str], data: dict[str, str]
) -> None:
    event = NewEvent(occasion=occasion, title=title, line=title, body="\n".join(lines) + "\n", data=data)
    event_id = notice_sql.add_event(change.conn, event, change.at, told=True)
    fan_out.add(change, event_id, [channel])


def _forget(change: Change, channel: Channel) -> None:
    """Of a channel that nobody wants, nothing secret stays; one of the usual notices is wanted."""
    owner = channel.owner
    if owner.kind == "user" and channel.address in sql.addresses_of(change.conn, [owner.name]).get(owner.name, ()):
        return
    notice_sql.drop_waiting(change.conn, channel.id, change.at)
    gone = {"secret": "", "old_secret": "", "due_at": None, "failing_since": None}
    notice_sql.change_channel(change.conn, channel.id, address=_gone(channel), **gone)


def _gone(channel: Channel) -> str:
    return f"gone {channel.id}"


def _find(conn: sa.Connection, caller: Caller, subscription_id: str) -> Subscription:
    """One that the caller may change; one of others is not there for the caller."""
    one = sql.find(conn, subscription_id)
    if one is None or not _manages(caller, one.channel.owner):
        raise _not_known(subscription_id)
    return one


def _one(conn: sa.Connection, subscription_id: str) -> Subscription:
    one = sql.find(conn, subscription_id)
    if one is None:
        raise _not_known(subscription_id)
    return one


def _not_known(subscription_id: str) -> NotKnown:
    return NotKnown(f"you have no subscription {subscription_id}: ftc list-subscriptions shows what there is")


def _manages(caller: Caller, owner: Owner) -> bool:
    if caller.kind == "user" and may(caller.actor, Action.MANAGE_NETWORK):
        return True
    if owner.kind == "team":
        return may(caller.actor, Action.MANAGE_TEAM, Thing(team=owner.name))
    own = caller.kind == "user" and owner.kind == "user"
    return own and may(caller.actor, Action.OWN_THINGS, Thing(owner=owner.name))


def _must_manage(caller: Caller, owner: Owner) -> None:
    if not _manages(caller, owner):
        who = f"admins of the team {owner.name}" if owner.kind == "team" else f"{owner.name}, with a token for all,"
        raise NotYours(f"only {who} may say what {owner} is told of")


def _must_be_a_user(caller: Caller) -> None:
    if caller.kind != "user":
        raise NotYours("people subscribe; this is the token of a lab")


def _audit(change: Change, caller: Caller, action: str, detail: str, *, of: Owner, which: str = "") -> None:
    thing = f"{of} {which}".rstrip()
    audit.write(change, caller, action, thing, detail, team=of.name if of.kind == "team" else "")


def _shown(channel: Channel) -> str:
    return addresses.masked(channel.kind, channel.address)


def _digest(code: str) -> str:
    return hashlib.sha256(code.strip().encode()).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
