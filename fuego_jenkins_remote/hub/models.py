"""What goes over the wire, as docs/protocol.md has it. Everything that comes in is bounded and checked here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)

from fuego_jenkins_remote.fuego import names
from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.claims import Answer
from fuego_jenkins_remote.hub.requests import MAX_CAMPAIGN
from fuego_jenkins_remote.hub.statements.requests import Filter
from fuego_jenkins_remote.network import identities, selectors
from fuego_jenkins_remote.network.states import State

MAX_TIMEOUT = 7 * 24 * 3600
TAIL_BYTES = 16 * 1024
_MAX_BOARDS = 200

_KEY = re.compile(r"[A-Za-z0-9_.-]{1,120}")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+-]{0,199}")
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")
_GIT_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:]+\]")
_GIT_PATH = re.compile(r"/[A-Za-z0-9_.~/+%-]+")
_GIT_SCHEMES = ("https", "git", "ssh")


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it has characters that cannot be printed")
    return text


def _text(text: str) -> str:
    if not all(sign.isprintable() or sign in "\n\t" for sign in text):
        raise ValueError("it has characters that cannot be printed")
    return text


def _tail(text: Any) -> Any:
    """The end of a log, as it may be kept; what a terminal would act upon is replaced."""
    if not isinstance(text, str):
        return text
    lines = text[-TAIL_BYTES:].replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(sign if sign.isprintable() or sign in "\n\t" else "�" for sign in lines)
    return plain.encode()[-TAIL_BYTES:].decode("utf-8", "ignore")


def _web(url: str) -> str:
    if url and not (url.startswith(("http://", "https://")) and url.isprintable() and " " not in url):
        raise ValueError("an address starts with https:// or http://")
    return url


def _selector(text: str) -> str:
    selectors.parse(text)
    return text


def _git_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"no git address: {error}") from None
    if parts.scheme not in _GIT_SCHEMES:
        raise ValueError(f"a git address starts with {', '.join(f'{scheme}://' for scheme in _GIT_SCHEMES)}")
    if parts.password is not None or (
        parts.username is not None and (parts.scheme != "ssh" or not parts.username.isalnum())
    ):
        raise ValueError("a git address holds no user and no password (ssh: a plain user name)")
    host = parts.netloc.rpartition("@")[2]
    host = host.rpartition(":")[0] if parts.port is not None else host
    if not _GIT_HOST.fullmatch(host) or not _GIT_PATH.fullmatch(parts.path) or parts.query or parts.fragment:
        raise ValueError("a git address is SCHEME://HOST[:PORT]/PATH, with plain letters only")
    return url


def _ref(ref: str) -> str:
    if not _REF.fullmatch(ref) or ".." in ref or ref.endswith((".lock", "/", ".")) or "//" in ref:
        raise ValueError("no branch, tag or commit: letters, digits and _ . / + - are, no '-' or '.' first")
    return ref


def _path(path: str) -> str:
    if path and (not _PATH.fullmatch(path) or len(path) > 500):
        raise ValueError("no path inside a repository: plain names joined by '/', no '.' or '-' first")
    return path


CallId = Annotated[str, AfterValidator(identities.check_call_id)]
Sha256 = Annotated[str, AfterValidator(identities.check_sha256)]
Line = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_printable)]
Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_text)]
Tail = Annotated[str, BeforeValidator(_tail)]
Web = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_web)]
Host = Annotated[str, AfterValidator(names.check_host_name)]
BoardName = Annotated[str, AfterValidator(names.check_board_name)]
Team = Annotated[str, AfterValidator(lambda team: team if team == "*" else names.check_host_name(team))]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_printable)]
Short = Annotated[str, StringConstraints(max_length=256), AfterValidator(_printable)]
Utc = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]


class Wire(BaseModel):
    """The base: values are read from the domain's own; a field nobody knows is a mistake worth telling."""

    model_config = ConfigDict(from_attributes=True, extra="forbid", frozen=True)


class Service(Wire):
    """Which service answers here."""

    service: Literal["hub"] = "hub"
    version: str
    api: Literal[1] = 1


class MembershipOut(Wire):
    """A place in a team."""

    team: str
    level: records.Level


class WhoAmI(Wire):
    """Who the token speaks for."""

    kind: Literal["user", "lab"]
    name: str
    teams: tuple[MembershipOut, ...]
    email: str


class BoardIn(Wire):
    """A board, as its lab tells of it."""

    facts: dict[str, Short] = Field(default_factory=dict, max_length=2000)
    labels: tuple[Label, ...] = Field(default=(), max_length=100)
    description: Text = ""
    open_to: tuple[Team, ...] = Field(default=(), max_length=100)
    online: bool = True

    @field_validator("facts")
    @classmethod
    def _named(cls, facts: dict[str, str]) -> dict[str, str]:
        for key in facts:
            if not _KEY.fullmatch(key):
                raise ValueError(f"no name of a fact: {key[:120]!r}")
        return facts

    def new(self) -> records.NewBoard:
        """As the domain has it."""
        return records.NewBoard(**dict(self))


class BoardOut(Wire):
    """A board."""

    host: str
    name: str
    facts: dict[str, str]
    labels: tuple[str, ...]
    description: str
    open_to: tuple[str, ...]
    online: bool
    updated_at: datetime
    last_seen: datetime
    busy_with: str | None


class Boards(Wire):
    """Boards, by name."""

    boards: tuple[BoardOut, ...]


class OptionsModel(Wire):
    """Switches of Fuego's run-test; what is left out is as Fuego has it."""

    rebuild: bool = False
    reboot: bool = False
    precleanup: bool = True
    postcleanup: bool = True


class GitModel(Wire):
    """A test in a git repository."""

    url: Annotated[str, StringConstraints(max_length=500), AfterValidator(_git_url)]
    ref: Annotated[str, AfterValidator(_ref)]
    path: Annotated[str, AfterValidator(_path)] = ""


class RequestIn(Wire):
    """What is asked for."""

    call_id: CallId
    selector: Annotated[str, AfterValidator(_selector)]
    test: Annotated[str, AfterValidator(names.check_test_name)]
    spec: Annotated[str, AfterValidator(names.check_spec_name)] = "default"
    phases: Annotated[str, AfterValidator(names.check_phases)] = ""
    timeout: int = Field(default=1800, ge=1, le=MAX_TIMEOUT)
    variables: dict[str, str] = Field(default_factory=dict, max_length=100)
    options: OptionsModel = OptionsModel()
    package: Sha256 | None = None
    git: GitModel | None = None
    count: Annotated[int, Field(ge=1, le=MAX_CAMPAIGN)] | Literal["each"] = 1
    priority: int = Field(default=50, ge=0, le=100)
    deadline: Utc | None = None
    retries: int = Field(default=0, ge=0, le=5)
    notes: Text = ""

    @field_validator("variables")
    @classmethod
    def _allowed(cls, variables: dict[str, str]) -> dict[str, str]:
        return dict(names.check_variable(name, value) for name, value in variables.items())

    def new(self) -> records.NewRequest:
        """As the domain has it."""
        values = dict(self)
        values["options"] = records.Options(**dict(self.options))
        values["git"] = records.GitSource(**dict(self.git)) if self.git else None
        return records.NewRequest(**values)


class ApprovalOut(Wire):
    """What a lab has answered."""

    host: str
    answer: records.Answer
    reason: str
    by: str
    at: datetime


class RequestOut(Wire):
    """A request and where it stands; in lists `log_tail` is left empty."""

    id: str
    version: int
    state: str
    selector: str
    test: str
    spec: str
    phases: str
    timeout: int
    variables: dict[str, str]
    options: OptionsModel
    package: str | None
    git: GitModel | None
    count: int
    priority: int
    deadline: datetime | None
    retries: int
    notes: str
    requester: str
    team: str
    campaign: str | None
    created_at: datetime
    updated_at: datetime
    attempt: int
    host: str | None
    board: str | None
    started_at: datetime | None
    ended_at: datetime | None
    status: str
    run_key: str
    run_url: str
    reason: str
    build_url: str
    queue_why: str
    log_tail: str
    cancel_requested: bool
    approvals: tuple[ApprovalOut, ...]


class HistoryOut(Wire):
    """One thing that happened."""

    model_config = ConfigDict(populate_by_name=True)

    at: datetime
    old: str = Field(serialization_alias="from")
    new: str = Field(serialization_alias="to")
    who: str
    reason: str


class RequestWithHistory(RequestOut):
    """A request, and all that happened to it."""

    history: tuple[HistoryOut, ...]

    @classmethod
    def of(cls, request: records.Request, history: Sequence[records.HistoryEntry]) -> Self:
        """Put the two together."""
        told = tuple(HistoryOut.model_validate(entry, from_attributes=True) for entry in history)
        return cls(**dict(RequestOut.model_validate(request)), history=told)


class Made(Wire):
    """The requests that a put has made."""

    requests: tuple[RequestOut, ...]
    campaign: str | None


class Requests(Wire):
    """A page of requests, newest first; `before` gives the next one."""

    requests: tuple[RequestOut, ...]
    before: str | None


class CancelIn(Wire):
    """A cancel, and a stop that was carried out."""

    call_id: CallId
    reason: Text = ""


class ApprovalIn(Wire):
    """An answer of a lab's people."""

    answer: Literal["approved", "rejected"]
    reason: Text = ""


class ClaimIn(Wire):
    """A lab asks for work; `wait` in seconds."""

    claim_id: CallId
    boards: tuple[BoardName, ...] = Field(max_length=_MAX_BOARDS)
    wait: float = Field(default=0, ge=0, le=25)
    request: Annotated[str, AfterValidator(identities.check_request_id)] | None = None
    peek: bool = False


class AssignmentOut(Wire):
    """An attempt that a lab has been given."""

    request: RequestOut
    number: int
    board: str
    lease_seconds: float
    approved_by: str | None


class ClaimOut(Wire):
    """What a lab gets, and which of its running attempts it is to stop."""

    attempts: tuple[AssignmentOut, ...]
    cancels: tuple[str, ...]

    @classmethod
    def of(cls, answer: Answer, lease_seconds: float) -> Self:
        """As the wire has it."""
        given = tuple(
            AssignmentOut(
                request=RequestOut.model_validate(one.request),
                number=one.number,
                board=one.board,
                lease_seconds=lease_seconds,
                approved_by=one.approved_by,
            )
            for one in answer.assignments
        )
        return cls(attempts=given, cancels=tuple(f"{stop.request_id}.{stop.number}" for stop in answer.stops))


class GiveBackIn(Wire):
    """A lab does not run it now."""

    call_id: CallId
    reason: Text = ""
    approval: Literal["waiting", "rejected"] | None = None


class StartIn(Wire):
    """The job is at the gate."""

    call_id: CallId
    build_url: Web = ""
    build_number: Annotated[Short, BeforeValidator(lambda n: str(n) if isinstance(n, int) else n)] = ""


class Go(Wire):
    """The gate is open."""

    go: Literal[True] = True


class HeartbeatIn(Wire):
    """A sign of life; what is left out is as it was."""

    log_tail: Tail | None = None
    queue_why: Line | None = None
    build_url: Web | None = None


class HeartbeatOut(Wire):
    """How long the next one may take; whether to stop."""

    lease_seconds: float
    cancel: bool
    state: str


class TestedIn(Wire):
    """The test has ended."""

    call_id: CallId
    status: Literal["PASS", "FAIL", "ERROR", "SKIP"]
    run_key: Annotated[str, StringConstraints(max_length=200)]
    summary: Text = ""


class DoneIn(Wire):
    """The run is delivered."""

    call_id: CallId
    target: Short = ""
    run_url: Web = ""


class ErrorIn(Wire):
    """It could not be run."""

    call_id: CallId
    reason: Short
    detail: Text = ""
    console_tail: Tail = ""


class ListQuery(Wire):
    """What a list of requests is narrowed to; an empty one says nothing."""

    state: State | None = None
    host: str = ""
    board: str = ""
    requester: str = ""
    test: str = ""
    campaign: str = ""
    before: str = ""
    limit: int = Field(default=50, ge=1, le=200)

    @field_validator("state", mode="before")
    @classmethod
    def _any(cls, state: object) -> object:
        return state or None

    def wanted(self) -> Filter:
        """As the statements have it."""
        values = {name: value or None for name, value in dict(self).items() if name != "limit"}
        return Filter(**values)
