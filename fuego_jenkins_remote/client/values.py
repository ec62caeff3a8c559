"""What hub and vision say, as values. Reading is tolerant: a newer service may say more than we know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from fuego_jenkins_remote.client.git import without_secret
from fuego_jenkins_remote.client.reading import text_of as _text
from fuego_jenkins_remote.client.reading import time_of as _time
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import FINAL, State
from fuego_jenkins_remote.network.terms import USUAL, Terms, terms_from_mapping
from fuego_jenkins_remote.network.wanted import USUAL_PRIORITY


@dataclass(frozen=True, kw_only=True)
class GitSource:
    """A test in a git repository: `path` is the test's folder in it, empty for its root.

    `commit` is what its requester has found `ref` to be, empty if nobody has looked.
    """

    url: str
    ref: str
    path: str
    commit: str = ""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A lab's word on a request: requested, approved or rejected."""

    host: str
    answer: str
    reason: str
    by: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of a request's history."""

    at: datetime | None
    old: str
    new: str
    who: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as the hub tells of it; `timeout` in seconds, `raw` all that the hub said.

    `told` is what is happening to it, in words; as `history` it is there where one request alone was asked for.
    """

    id: str
    version: int
    state: State
    selector: str
    test: str
    spec: str
    phases: str
    timeout: int
    variables: Mapping[str, str]
    options: Mapping[str, bool]
    priority: int
    retries: int
    private: bool
    notify: tuple[str, ...]
    package: str | None
    git: GitSource | None
    campaign: str | None
    rerun_of: str
    replaced_by: str
    requester: str
    team: str
    attempt: int
    host: str
    board: str
    status: str
    run_key: str
    run_url: str
    reason: str
    build_url: str
    queue_why: str
    log_tail: str
    told: str
    notes: str
    needs: tuple[str, ...]
    min_version: str
    created_at: datetime | None
    deadline: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    approvals: tuple[Approval, ...]
    history: tuple[Change, ...]
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def from_outside(self) -> bool:
        """Whether its test is not one that a lab has installed."""
        return self.package is not None or self.git is not None

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to it."""
        return self.state in FINAL

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Request:
        """Read the wire form; raises KeyError or ValueError for what is no request."""
        git = data.get("git")
        if git:
            # Also in what is kept of it: no honest hub has an address with a login, and nobody is to store one.
            git = {**git, "url": without_secret(_text(git, "url"))}
            data = {**data, "git": git}
        return cls(
            id=str(data["id"]),
            version=int(data.get("version", 0)),
            state=State(data["state"]),
            selector=str(data["selector"]),
            test=str(data["test"]),
            spec=_text(data, "spec") or "default",
            phases=_text(data, "phases"),
            timeout=int(data.get("timeout", 1800)),
            variables={str(key): str(value) for key, value in (data.get("variables") or {}).items()},
            options={str(key): bool(value) for key, value in (data.get("options") or {}).items() if value is not None},
            priority=int(data.get("priority", USUAL_PRIORITY)),
            retries=int(data.get("retries") or 0),
            private=data.get("private") is True,
            notify=tuple(str(one) for one in data.get("notify") or ()),
            package=_text(data, "package") or None,
            git=_git_source(git) if git else None,
            campaign=_text(data, "campaign") or None,
            rerun_of=_text(data, "rerun_of"),
            replaced_by=_text(data, "replaced_by"),
            requester=_text(data, "requester"),
            team=_text(data, "team"),
            attempt=int(data.get("attempt") or 0),
            host=_text(data, "host"),
            board=_text(data, "board"),
            status=_text(data, "status"),
            run_key=_text(data, "run_key"),
            run_url=_text(data, "run_url"),
            reason=_text(data, "reason"),
            build_url=_text(data, "build_url"),
            queue_why=_text(data, "queue_why"),
            log_tail=_text(data, "log_tail"),
            told=_text(data, "told"),
            notes=_text(data, "notes"),
            needs=tuple(str(one) for one in data.get("needs") or ()),
            min_version=_text(data, "min_version"),
            created_at=_time(data, "created_at"),
            deadline=_time(data, "deadline"),
            started_at=_time(data, "started_at"),
            ended_at=_time(data, "ended_at"),
            approvals=tuple(
                Approval(
                    host=_text(one, "host"),
                    answer=_text(one, "answer"),
                    reason=_text(one, "reason"),
                    by=_text(one, "by"),
                    at=_time(one, "at"),
                )
                for one in data.get("approvals") or ()
            ),
            history=tuple(
                Change(
                    at=_time(one, "at"),
                    old=_text(one, "from"),
                    new=_text(one, "to"),
                    who=_text(one, "who"),
                    reason=_text(one, "reason"),
                )
                for one in data.get("history") or ()
            ),
            raw=dict(data),
        )


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of a put: the requests, their campaign, and what their requester should know, in sentences."""

    requests: tuple[Request, ...]
    campaign: str | None
    told: tuple[str, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Made:
        """Read the wire form."""
        return cls(
            requests=tuple(Request.from_json(one) for one in data.get("requests") or ()),
            campaign=_text(data, "campaign") or None,
            told=tuple(str(one) for one in data.get("told") or ()),
        )


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A claim that was won: this lab tries `request` on `board`; the lease runs for `lease_seconds` from the answer."""

    request: Request
    number: int
    board: str
    lease_seconds: float
    approved_by: str | None

    @property
    def id(self) -> AttemptId:
        """What names its folder and its run."""
        return AttemptId(self.request.id, self.number)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Attempt:
        """Read the wire form; raises ValueError, too, where id and number are none: they become a folder's name."""
        request = Request.from_json(data["request"])
        return cls(
            request=request,
            number=AttemptId.parse(f"{request.id}.{data['number']}").number,
            board=str(data["board"]),
            lease_seconds=float(data["lease_seconds"]),
            approved_by=_text(data, "approved_by") or None,
        )


@dataclass(frozen=True, kw_only=True)
class Claims:
    """The hub's answer to a claim: what was won, and which running attempts are to be stopped."""

    attempts: tuple[Attempt, ...]
    cancels: tuple[AttemptId, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Claims:
        """Read the wire form."""
        return cls(
            attempts=tuple(Attempt.from_json(one) for one in data["attempts"]),
            cancels=tuple(AttemptId.parse(str(one)) for one in data["cancels"]),
        )


@dataclass(frozen=True, kw_only=True)
class Beaten:
    """The hub's answer to one of many heartbeats; `cancel`: the lab is asked to stop it."""

    attempt: AttemptId
    lease_seconds: float
    cancel: bool
    state: str

    @property
    def is_over(self) -> bool:
        """The hub counts on this attempt no more."""
        return self.state == "over"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Beaten:
        """Read the wire form."""
        return cls(
            attempt=AttemptId.parse(str(data["attempt"])),
            lease_seconds=float(data["lease_seconds"]),
            cancel=bool(data["cancel"]),
            state=str(data["state"]),
        )


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board of the network. `online` is its lab's wish, `health` what the lab sees: online, offline, maintenance,
    broken; `maintenance` is why people have taken it out of choice, empty where they have not.
    """

    host: str
    name: str
    facts: Mapping[str, str]
    labels: tuple[str, ...]
    description: str
    open_to: tuple[str, ...]
    online: bool
    health: str
    health_reason: str
    health_since: datetime | None
    maintenance: str
    maintenance_by: str
    terms: Terms
    busy: bool
    busy_with: str  # empty, too, where we may not see what it is
    last_seen: datetime | None
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def up(self) -> bool:
        """Whether it is given requests: shared, well, and not taken out by people."""
        return self.online and self.health == "online" and not self.maintenance

    def __str__(self) -> str:
        """`HOST:BOARD`."""
        return f"{self.host}:{self.name}"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Board:
        """Read the wire form."""
        return cls(
            host=str(data["host"]),
            name=str(data["name"]),
            facts={str(key): str(value) for key, value in (data.get("facts") or {}).items()},
            labels=tuple(str(label) for label in data.get("labels") or ()),
            description=_text(data, "description"),
            open_to=tuple(str(team) for team in data.get("open_to") or ()),
            online=bool(data.get("online", True)),
            health=_text(data, "health") or "online",
            health_reason=_text(data, "health_reason"),
            health_since=_time(data, "health_since"),
            busy=bool(data.get("busy") or data.get("busy_with")),
            maintenance=_text(data, "maintenance"),
            maintenance_by=_text(data, "maintenance_by"),
            terms=_terms(data.get("terms")),
            busy_with=_text(data, "busy_with"),
            last_seen=_time(data, "last_seen"),
            raw=dict(data),
        )


def _git_source(git: Mapping[str, Any]) -> GitSource:
    return GitSource(**{name: _text(git, name) for name in ("url", "ref", "path", "commit")})


def _terms(data: object) -> Terms:
    """What is known here of a board's terms: a newer hub may say more. Raises BadTerms, which is a ValueError."""
    if not isinstance(data, Mapping):
        return USUAL
    known = {field.name for field in fields(Terms)}
    return terms_from_mapping({key: value for key, value in data.items() if key in known})
