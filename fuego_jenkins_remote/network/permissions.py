"""Who may do what: one table, asked by the hub for every call, page, list, count, message and event. Pure.

An actor is a person or a lab, with a token of some scope. What it is to a thing (its requester, a maintainer of its
team, the lab where it runs) are its roles there; the table says for each action which roles may. The token's scope
narrows that down, whoever holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Literal


class Level(StrEnum):
    """A place in a team; each may do what the one before may."""

    GUEST = "guest"  # sees what the team sees
    MEMBER = "member"  # asks for tests
    MAINTAINER = "maintainer"  # answers for the team's labs and boards, calls off what the team asked for
    ADMIN = "admin"  # invites and removes people, gives out the labs' tokens


class _Rank(IntEnum):
    """Levels in their order."""

    guest = 1
    member = 2
    maintainer = 3
    admin = 4


def at_least(level: Level, wanted: Level) -> bool:
    """Whether a level has all that another one has."""
    return _Rank[level] >= _Rank[wanted]


class Scope(StrEnum):
    """What a user's token is good for; a lab's token has none of these, it is the lab."""

    RESULTS = "results"  # look at requests, campaigns and what came of them
    READ = "read"  # look at everything that its owner may see
    REQUEST = "request"  # and ask for tests, call them off, bring tests
    ADMIN = "admin"  # all that its owner may do


class Role(StrEnum):
    """What an actor is to a thing."""

    ANYONE = "anyone"  # with a good token
    HIMSELF = "himself"  # the user whose thing it is: a request's requester, a token's or a subscription's owner
    GUEST = "guest"  # of the thing's team, from here
    MEMBER = "member"
    MAINTAINER = "maintainer"
    ADMIN = "admin"  # to here
    LAB = "lab"  # the lab itself: whose board it is, that has the request, that may be given it
    LAB_MAINTAINER = "lab-maintainer"  # at least maintainer of such a lab's team
    NETWORK_ADMIN = "network-admin"


class Action(StrEnum):
    """What may be done; each is about one kind of thing."""

    SEE_NETWORK = "see-network"  # boards, labs, the names of users and teams
    SEE_REQUEST = "see-request"
    PUT_REQUEST = "put-request"  # for a team
    CANCEL_REQUEST = "cancel-request"
    ANSWER_REQUEST = "answer-request"  # approve, reject, always allow: for a lab
    KEEP_BOARD = "keep-board"  # maintenance, back into choice
    DESCRIBE_BOARD = "describe-board"  # facts, terms, health; claims: the lab's own calls
    SEE_TEAM = "see-team"  # who is in it, with which level; its people also its subscriptions, its labs not
    MANAGE_TEAM = "manage-team"  # invite, set levels, remove, subscriptions of the team
    GIVE_LAB_TOKEN = "give-lab-token"  # noqa: S105 - of a lab
    SEE_TEST = "see-test"
    PUT_TEST = "put-test"  # for a team
    REMOVE_TEST = "remove-test"
    OWN_THINGS = "own-things"  # a user's tokens, subscriptions, standing requests
    SEE_AUDIT = "see-audit"  # what was done in a team, or in all of the network
    MANAGE_NETWORK = "manage-network"  # users, labs, teams, quotas


_ALL = frozenset(Role)
_TEAM = frozenset({Role.GUEST, Role.MEMBER, Role.MAINTAINER, Role.ADMIN})
_MEMBERS = _TEAM - {Role.GUEST}
_KEEPERS = frozenset({Role.MAINTAINER, Role.ADMIN})
_NETWORK = frozenset({Role.NETWORK_ADMIN})

ALLOWED: Mapping[Action, frozenset[Role]] = {
    Action.SEE_NETWORK: _ALL,
    Action.SEE_REQUEST: _ALL,
    Action.PUT_REQUEST: _MEMBERS,
    Action.CANCEL_REQUEST: _KEEPERS | _NETWORK | {Role.HIMSELF, Role.LAB, Role.LAB_MAINTAINER},
    Action.ANSWER_REQUEST: frozenset({Role.LAB, Role.LAB_MAINTAINER}),
    Action.KEEP_BOARD: frozenset({Role.LAB, Role.LAB_MAINTAINER}),
    Action.DESCRIBE_BOARD: frozenset({Role.LAB}),
    Action.SEE_TEAM: _TEAM | _NETWORK | {Role.LAB},
    Action.MANAGE_TEAM: _NETWORK | {Role.ADMIN},
    Action.GIVE_LAB_TOKEN: _NETWORK | {Role.ADMIN},
    Action.SEE_TEST: _ALL,
    Action.PUT_TEST: _MEMBERS,
    Action.REMOVE_TEST: _KEEPERS | _NETWORK | {Role.HIMSELF},
    Action.OWN_THINGS: frozenset({Role.HIMSELF}),
    Action.SEE_AUDIT: _NETWORK | {Role.ADMIN},
    Action.MANAGE_NETWORK: _NETWORK,
}
"""Who may do it to a thing that is not private."""

PRIVATE: Mapping[Action, frozenset[Role]] = {
    Action.SEE_REQUEST: _TEAM | {Role.HIMSELF, Role.LAB, Role.LAB_MAINTAINER},
    Action.SEE_TEST: _TEAM | {Role.HIMSELF, Role.LAB},
}
"""Who sees a private thing: its team, and the labs that are asked to run it, since they must know what they run."""

_LOOK = frozenset({Action.SEE_NETWORK, Action.SEE_REQUEST, Action.SEE_TEAM, Action.SEE_TEST, Action.SEE_AUDIT})
GOOD_FOR: Mapping[Scope, frozenset[Action]] = {
    Scope.RESULTS: frozenset({Action.SEE_REQUEST}),
    Scope.READ: _LOOK,
    Scope.REQUEST: _LOOK | {Action.PUT_REQUEST, Action.CANCEL_REQUEST, Action.PUT_TEST, Action.REMOVE_TEST},
    Scope.ADMIN: frozenset(Action),
}
"""What a user's token of this scope is good for."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who asks: a user or a lab. `levels` by team; a lab has none and `name` is its host."""

    kind: Literal["user", "lab"]
    name: str
    levels: Mapping[str, Level] = field(default_factory=dict)
    network_admin: bool = False
    scope: Scope = Scope.ADMIN


@dataclass(frozen=True, kw_only=True)
class Thing:
    """What something is done to: whose it is, of which team, and which labs it concerns (host to the lab's team)."""

    owner: str = ""
    team: str = ""
    labs: Mapping[str, str] = field(default_factory=dict)
    private: bool = False


THE_NETWORK = Thing()
"""Where a thing is nobody's in particular."""


def roles(actor: Actor, thing: Thing) -> frozenset[Role]:
    """What the actor is to the thing."""
    found = {Role.ANYONE}
    if actor.kind == "lab":
        return frozenset(found | ({Role.LAB} if actor.name in thing.labs else set()))
    if actor.network_admin:
        found.add(Role.NETWORK_ADMIN)
    if thing.owner == actor.name:
        found.add(Role.HIMSELF)
    level = actor.levels.get(thing.team)
    if level is not None:
        found.update(Role(one.value) for one in Level if at_least(level, one))
    if any(at_least(actor.levels[team], Level.MAINTAINER) for team in thing.labs.values() if team in actor.levels):
        found.add(Role.LAB_MAINTAINER)
    return frozenset(found)


def may(actor: Actor, action: Action, thing: Thing = THE_NETWORK) -> bool:
    """Whether the actor may do it to the thing. What is private is done by nobody who may not see it."""
    if actor.kind == "user" and action not in GOOD_FOR[actor.scope]:
        return False
    has = roles(actor, thing)
    if thing.private and not has & _sees_private(action):
        return False
    return bool(has & ALLOWED[action])


_OF_REQUESTS = frozenset({Action.SEE_REQUEST, Action.CANCEL_REQUEST, Action.ANSWER_REQUEST, Action.PUT_REQUEST})
_OF_TESTS = frozenset({Action.SEE_TEST, Action.REMOVE_TEST, Action.PUT_TEST})


def _sees_private(action: Action) -> frozenset[Role]:
    return PRIVATE[Action.SEE_REQUEST if action in _OF_REQUESTS else Action.SEE_TEST]


def table_markdown() -> str:
    """The table as docs/security.md shows it."""
    lines = [f"| | {' | '.join(Role)} |", f"|---|{'---|' * len(Role)}"]
    for action in Action:
        about_private = action in (_OF_REQUESTS | _OF_TESTS) - {Action.PUT_REQUEST, Action.PUT_TEST}
        cells = []
        for role in Role:
            hidden = about_private and role not in _sees_private(action)
            cells.append("" if role not in ALLOWED[action] else "not if private" if hidden else "yes")
        lines.append(f"| {action} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
