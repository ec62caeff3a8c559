"""Messages on requests and approvals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
)

from fuego_jenkins_remote.fuego import names
from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.models.fields import (
    AS_WHOLE,
    MAX_TIMEOUT,
    CallId,
    GitCommit,
    GitPath,
    GitRef,
    GitUrl,
    Host,
    Phases,
    Selector,
    Sha256,
    Sought,
    SpecName,
    Switch,
    TestName,
    Text,
    UserName,
    Utc,
    VariableName,
    VariableValue,
    Version,
    Whole,
    Wire,
)
from fuego_jenkins_remote.hub.requests import MAX_CAMPAIGN, MAX_NOTIFIED
from fuego_jenkins_remote.hub.statements.requests import Filter
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.states import State


class OptionsModel(Wire):
    """Switches of Fuego's run-test; what is left out is as Fuego has it."""

    rebuild: Switch = False
    reboot: Switch = False
    precleanup: Switch = True
    postcleanup: Switch = True


class GitModel(Wire):
    """A test in a git repository; `commit` is what the requester has found the ref to be, empty: the lab takes the ref
    as it is then.
    """

    url: GitUrl
    ref: GitRef
    path: GitPath = ""
    commit: GitCommit = ""


class Wanted(Wire):
    """What is asked for: a test, and on which boards. Who asks, for whose eyes, is said of a whole put."""

    selector: Selector
    test: TestName
    spec: SpecName = "default"
    phases: Phases = ""
    timeout: Whole = Field(default=1800, ge=1, le=MAX_TIMEOUT)
    variables: dict[VariableName, VariableValue] = Field(default_factory=dict, max_length=100)
    options: OptionsModel = OptionsModel()
    package: Sha256 | None = None
    git: GitModel | None = None
    count: Annotated[int, Field(strict=True, ge=1, le=MAX_CAMPAIGN), AS_WHOLE] | Literal["each"] = 1
    priority: Whole = Field(default=50, ge=0, le=100)
    deadline: Utc | None = None
    retries: Whole = Field(default=0, ge=0, le=5)
    notes: Text = ""
    needs: tuple[Selector, ...] = Field(default=(), max_length=selectors.MAX_NEEDS)
    min_version: Version = ""
    notify: tuple[UserName, ...] = Field(default=(), max_length=MAX_NOTIFIED)

    @field_validator("variables")
    @classmethod
    def _allowed(cls, variables: dict[str, str]) -> dict[str, str]:
        return dict(names.check_variable(name, value) for name, value in variables.items())

    def values(self) -> dict[str, Any]:
        """The fields, as the domain has them."""
        values = dict(self)
        values["options"] = records.Options(**dict(self.options))
        values["git"] = records.GitSource(**dict(self.git)) if self.git else None
        return values


class RequestIn(Wanted):
    """A put of one test."""

    call_id: CallId
    private: Switch = False
    team: Host | None = None

    def new(self) -> records.NewRequest:
        """As the domain has it."""
        return records.NewRequest(**self.values())


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
    needs: tuple[str, ...]
    min_version: str
    notify: tuple[str, ...]
    private: bool
    requester: str
    team: str
    campaign: str | None
    rerun_of: str | None
    replaced_by: str | None
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
    """A request, all that happened to it, and what is happening now in words."""

    history: tuple[HistoryOut, ...]
    told: str

    @classmethod
    def of(cls, request: records.Request, history: Sequence[records.HistoryEntry], told: str) -> Self:
        """Put the two together."""
        happened = tuple(HistoryOut.model_validate(entry, from_attributes=True) for entry in history)
        return cls(**dict(RequestOut.model_validate(request)), history=happened, told=told)


class Made(Wire):
    """The requests that a put has made; `told`: what its requester should know of them, in sentences."""

    requests: tuple[RequestOut, ...]
    campaign: str | None
    told: tuple[str, ...] = ()


class Requests(Wire):
    """A page of requests, newest first; `before` gives the next one."""

    requests: tuple[RequestOut, ...]
    before: str | None


class CancelIn(Wire):
    """A cancel, and a stop that was carried out."""

    call_id: CallId
    reason: Text = ""


class AlwaysIn(Wire):
    """A yes to all that is like it: of this user, with this test; `outside`: also where the test comes along."""

    until: Utc | None = None
    outside: bool = False


class ApprovalIn(Wire):
    """An answer of a lab's people, perhaps for good."""

    answer: Literal["approved", "rejected"]
    reason: Text = ""
    always: AlwaysIn | None = None


class ListQuery(Wire):
    """What a list of requests is narrowed to; an empty one says nothing."""

    state: Annotated[State | None, WithJsonSchema({"type": "string", "enum": ["", *State]})] = None
    host: Sought = ""
    board: Sought = ""
    requester: Sought = ""
    test: Sought = ""
    campaign: Sought = ""
    before: Sought = ""
    limit: int = Field(default=50, ge=1, le=200)

    @field_validator("state", mode="before")
    @classmethod
    def _any(cls, state: object) -> object:
        return state or None

    def wanted(self) -> Filter:
        """As the statements have it."""
        values = {name: value or None for name, value in dict(self).items() if name != "limit"}
        return Filter(**values)
