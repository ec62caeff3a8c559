"""What the hub keeps, as plain values. Rows become these in statements/, and nothing but these leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fuego_jenkins_remote.network import matching, selectors
from fuego_jenkins_remote.network.boards import Standing, standing
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.matching import Offer
from fuego_jenkins_remote.network.permissions import Actor, Level, Scope
from fuego_jenkins_remote.network.states import State
from fuego_jenkins_remote.network.terms import USUAL, Terms

HUB = "hub"
"""Who, in a history or an answer, where nobody but the hub itself did it."""

Answer = Literal["requested", "approved", "rejected"]
Count = int | Literal["each"]
Health = Literal["online", "offline", "maintenance", "broken"]


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A place in a team."""

    team: str
    level: Level


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who a token speaks for: a user, or a lab (then `name` is its host and `teams` the lab's own team)."""

    kind: Literal["user", "lab"]
    name: str
    teams: tuple[Membership, ...] = ()
    email: str = ""
    network_admin: bool = False
    scope: Scope = Scope.ADMIN
    token: str = ""  # the prefix of the one that was used

    @property
    def actor(self) -> Actor:
        """As the permissions see it."""
        levels = {one.team: one.level for one in self.teams} if self.kind == "user" else {}
        return Actor(kind=self.kind, name=self.name, levels=levels, network_admin=self.network_admin, scope=self.scope)


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A lab; its people are the team, and `notify` says where they get their notices."""

    host: str
    team: str
    notify: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board as its lab describes it, and what its people and the hub know of it.

    `busy_with` is the request that has it, if one has (`busy`) and the reader may see it. `online` is the lab's wish,
    whether it is shared now; `health` what the lab sees of it, with the reason, and since when it is so (none: nothing
    was said of it yet).
    """

    id: int
    host: str
    name: str
    facts: Mapping[str, str]
    labels: tuple[str, ...]
    description: str
    open_to: tuple[str, ...]
    online: bool
    health: Health
    health_reason: str
    health_since: datetime | None
    terms: Terms
    maintenance: str  # why its people have taken it out; empty: they have not
    maintenance_by: str
    failures: int  # for reasons of infrastructure, one after the other
    updated_at: datetime
    last_seen: datetime
    team: str  # the lab's own
    busy: bool = False
    busy_with: str | None = None

    @property
    def up(self) -> bool:
        """Whether it is given requests: shared, well, and not taken out by its people."""
        return self.online and self.health == "online" and not self.maintenance

    def standing(self, now: datetime) -> Standing:
        """In a word, what it does, or why it does nothing."""
        return standing(
            online=self.online,
            health=self.health,
            busy=self.busy,
            last_seen=self.last_seen,
            now=now,
            maintenance=self.maintenance,
        )

    @property
    def because(self) -> str:
        """Why it is not to be had, as its people or its lab say it; empty where nobody has said so."""
        return self.maintenance or self.health_reason

    def offer(self, now: datetime) -> Offer:
        """As it is matched with what is asked for."""
        standing = self.standing(now)
        return Offer(
            board=self.matched(),
            team=self.team,
            open_to=self.open_to,
            terms=self.terms,
            standing=standing,
            because=self.because if standing in _WITH_REASON else "",
        )

    def matched(self) -> selectors.Board:
        """What a selector looks at."""
        return selectors.Board(host=self.host, name=self.name, facts=self.facts, labels=self.labels)

    def admits(self, team: str, user: str) -> bool:
        """Whether requests of this user for this team may use it."""
        return matching.admits(self.team, self.open_to, team, user)

    def __str__(self) -> str:
        """`HOST:BOARD`."""
        return f"{self.host}:{self.name}"


_WITH_REASON = frozenset({Standing.OFFLINE, Standing.BROKEN, Standing.MAINTENANCE})


@dataclass(frozen=True, kw_only=True)
class NewBoard:
    """What a lab says about a board of its own."""

    facts: Mapping[str, str]
    labels: tuple[str, ...] = ()
    description: str = ""
    open_to: tuple[str, ...] = ()
    online: bool = True
    terms: Terms = USUAL


@dataclass(frozen=True, kw_only=True)
class Lane:
    """The requests of one person for one team with one selector (in normal form), and the same answers of labs.

    It is the person's part of a queue, in which are those of the whole team. No person: from before.
    """

    id: int
    user: str
    queue_id: int
    selector_id: int
    selector: str
    team: str
    answers: str


@dataclass(frozen=True, kw_only=True)
class Options:
    """Switches of Fuego's run-test."""

    rebuild: bool = False
    reboot: bool = False
    precleanup: bool = True
    postcleanup: bool = True


@dataclass(frozen=True, kw_only=True)
class GitSource:
    """A test that lies in a git repository: `path` is its folder there, empty for the whole.

    `commit` is what the requester's client has found `ref` to be; empty: nobody has looked.
    """

    url: str
    ref: str
    path: str = ""
    commit: str = ""


@dataclass(frozen=True, kw_only=True)
class NewRequest:
    """What a requester puts; checked where it came in. `timeout` in seconds."""

    call_id: str
    selector: str
    test: str
    spec: str = "default"
    phases: str = ""
    timeout: int = 1800
    variables: Mapping[str, str]
    options: Options = Options()
    package: str | None = None
    git: GitSource | None = None
    count: Count = 1
    priority: int = 50
    deadline: datetime | None = None
    retries: int = 0
    notes: str = ""
    private: bool = False
    needs: tuple[str, ...] = ()  # terms of selectors that the test adds to the requester's
    min_version: str = ""  # of an installed test
    notify: tuple[str, ...] = ()  # users who are told of its end, beside the requester
    team: str | None = None  # for which of the requester's teams; none: the first that may have it run


@dataclass(frozen=True, kw_only=True)
class NewCampaign:
    """Requests that are put together, each for as many boards as its `count` says; all or none of them are made.

    Each part has the campaign's call id, team, and `private`.
    """

    call_id: str
    name: str = ""
    notes: str = ""
    team: str | None = None  # none: the first of the requester's that may have all of it run
    private: bool = False
    parts: tuple[NewRequest, ...]


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """Requests that were put together. `ended_at`: none while one of them goes on; `round`: how often some were put
    again.
    """

    id: str
    name: str
    notes: str
    requester: str
    team: str
    private: bool
    created_at: datetime
    ended_at: datetime | None
    round: int


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A lab's yes or no to one request, or that its people have been asked."""

    host: str
    answer: Answer
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class StandingApproval:
    """A lab's yes for good: to all requests of a user, of a team, or of both, for a test, or tests of a beginning.

    `outside`: also where the test comes along with the request, or from git.
    """

    id: str
    host: str
    user: str
    team: str
    test: str
    outside: bool
    until: datetime | None
    by: str
    by_kind: Literal["user", "lab"]
    at: datetime

    def fits(self, request: Request, now: datetime) -> bool:
        """Whether it speaks of this request."""
        if self.until is not None and self.until <= now:
            return False
        if (self.user and self.user != request.requester) or (self.team and self.team != request.team):
            return False
        if request.from_outside and not self.outside:
            return False
        beginning, star, _ = self.test.partition("*")
        return request.test.startswith(beginning) if star else request.test == self.test


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One thing that happened to a request; `old` is empty for the first."""

    at: datetime
    old: str
    new: str
    who: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request and where it stands. `host`, `board` and what follows from them are of the current attempt, if any."""

    id: str
    version: int
    state: State
    held: bool
    lane_id: int
    requester: str
    team: str
    campaign: str | None
    spread: bool
    spread_group: str | None
    rerun_of: str | None  # the request of its campaign that it replaces
    replaced_by: str | None
    fingerprint: str
    selector: str
    test: str
    spec: str
    phases: str
    timeout: int
    variables: Mapping[str, str]
    options: Options
    package: str | None
    git: GitSource | None
    priority: int
    deadline: datetime | None
    retries: int
    retries_left: int
    notes: str
    private: bool
    needs: tuple[str, ...]
    min_version: str
    notify: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    attempt: int
    host: str | None
    board: str | None
    avoid: str | None
    status: str
    run_key: str
    run_url: str
    reason: str
    build_url: str
    queue_why: str
    log_tail: str
    cancel_requested: bool
    cancel_id: str | None
    cancel_by: str | None
    approvals: tuple[Approval, ...] = ()
    count: int = 1  # what became of a put of several are plain requests for one board each

    @property
    def from_outside(self) -> bool:
        """Whether its test is not one that the lab has installed."""
        return self.package is not None or self.git is not None

    @property
    def current(self) -> AttemptId:
        """The newest attempt; meaningful once there is one."""
        return AttemptId(self.id, self.attempt)

    @property
    def avoided(self) -> tuple[str, ...]:
        """Where it has failed, and is not to be tried again: HOST:BOARD."""
        return tuple((self.avoid or "").split())

    def approval(self, host: str) -> Approval | None:
        """What this lab has answered, if anything."""
        return next((approval for approval in self.approvals if approval.host == host), None)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try of a request by one lab on one board."""

    request_id: str
    number: int
    state: str
    host: str
    board: str
    claimed_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    tested_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    pause_until: datetime | None
    stop: bool
    stop_told: bool
    claim_id: str
    give_back_id: str | None
    start_id: str | None
    tested_id: str | None
    done_id: str | None
    error_id: str | None
    cancelled_id: str | None
    build_url: str
    build_number: str
    queue_why: str
    log_tail: str
    summary: str
    reason: str
    target: str

    @property
    def id(self) -> AttemptId:
        """`REQUEST.N`."""
        return AttemptId(self.request_id, self.number)


@dataclass(frozen=True, kw_only=True)
class Living:
    """What a sign of life is taken by: an attempt that is not over, with what its request says.

    `timeout` in seconds.
    """

    request_id: str
    number: int
    state: State
    started_at: datetime | None
    log_tail: str
    queue_why: str
    build_url: str
    timeout: int
    cancel_requested: bool

    @property
    def id(self) -> AttemptId:
        """`REQUEST.N`."""
        return AttemptId(self.request_id, self.number)


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What a lab gets for a claim: a request for one of its boards, with the attempt's number."""

    request: Request
    number: int
    board: str
    approved_by: str | None


@dataclass(frozen=True, kw_only=True)
class Package:
    """A stored test package; `size` in bytes."""

    sha256: str
    size: int
    uploaded_by: str
    at: datetime
    needs: tuple[str, ...] = ()  # of its test, as selectors


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """Who has changed what, from where; see hub/audit.py."""

    at: datetime
    kind: str  # user, lab, operator
    name: str
    token: str
    address: str
    action: str
    thing: str
    detail: str
    team: str
    request_id: str | None
    id: int = 0
