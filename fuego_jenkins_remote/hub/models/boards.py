"""Messages on boards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    field_validator,
)

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.models.fields import (
    AS_WHOLE,
    FACT_NAME,
    MAX_TIMEOUT,
    FactName,
    Host,
    Label,
    OpenTo,
    Reason,
    Selector,
    Sha256,
    Short,
    Switch,
    Text,
    Whole,
    Wire,
)
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.matching import Why
from fuego_jenkins_remote.network.terms import OUTSIDER_SECONDS, Terms, check_windows, terms_from_mapping

_Quota = Annotated[int, Field(strict=True, ge=0, le=10_000), AS_WHOLE]


class QuotaModel(Wire):
    """At most so many; null: as many as there are."""

    user: _Quota | None = None
    team: _Quota | None = None


class WindowsModel(Wire):
    """When the board is shared; none: always."""

    time_zone: Annotated[str, Field(max_length=100, json_schema_extra={"format": "time-zone"})] = ""
    windows: tuple[Annotated[str, Field(max_length=100, json_schema_extra={"format": "share-window"})], ...] = Field(
        default=(), max_length=50
    )


class TermsModel(Wire):
    """What holds for outsiders, `max_time` in seconds: docs/labs.md."""

    ask: Switch = False
    priority: Whole = Field(default=100, ge=0, le=100)
    max_time: Whole = Field(default=OUTSIDER_SECONDS, ge=1, le=30 * 24 * 3600)
    running: QuotaModel = QuotaModel()
    waiting: QuotaModel = QuotaModel()
    windows: WindowsModel = WindowsModel()
    policy: Literal["", "run", "ask", "refuse"] = ""

    def terms(self) -> Terms:
        """As the domain has them; raises BadTerms, which is a ValueError."""
        return terms_from_mapping(self.model_dump())


def _checked(model: TermsModel) -> TermsModel:
    check_windows(model.terms())
    return model


class BoardIn(Wire):
    """A board, as its lab tells of it."""

    facts: dict[FactName, Short] = Field(default_factory=dict, max_length=2000)
    labels: tuple[Label, ...] = Field(default=(), max_length=100)
    description: Text = ""
    open_to: tuple[OpenTo, ...] = Field(default=(), max_length=100)
    online: Switch = True
    terms: Annotated[TermsModel, AfterValidator(_checked)] = TermsModel()

    @field_validator("facts")
    @classmethod
    def _named(cls, facts: dict[str, str]) -> dict[str, str]:
        for key in facts:
            if not FACT_NAME.fullmatch(key):
                raise ValueError(f"no name of a fact: {key[:120]!r}")
        return facts

    def new(self) -> records.NewBoard:
        """As the domain has it."""
        return records.NewBoard(**{**dict(self), "terms": self.terms.terms()})


class HealthIn(Wire):
    """What a lab sees of its board."""

    health: records.Health
    reason: Text = ""


class MaintenanceIn(Wire):
    """Why people take a board out of choice for a while."""

    reason: Reason


class BoardOut(Wire):
    """A board; `maintenance` is why people have taken it out of choice, empty where they have not."""

    host: str
    name: str
    team: str
    facts: dict[str, str]
    labels: tuple[str, ...]
    description: str
    open_to: tuple[str, ...]
    online: bool
    health: records.Health
    health_reason: str
    health_since: datetime | None
    maintenance: str
    maintenance_by: str
    terms: TermsModel
    updated_at: datetime
    last_seen: datetime
    busy: bool
    busy_with: str | None


class MatchIn(Wire):
    """What would be asked for: as RequestIn has it."""

    selector: Selector
    needs: tuple[Selector, ...] = Field(default=(), max_length=selectors.MAX_NEEDS)
    timeout: Whole = Field(default=1800, ge=1, le=MAX_TIMEOUT)
    team: Host | None = None
    package: Sha256 | None = None
    limit: Whole = Field(default=20, ge=1, le=200)

    def new(self) -> records.NewRequest:
        """As the domain has it."""
        said = self.model_dump(exclude={"limit"})
        return records.NewRequest(call_id="", test="", variables={}, **said)


class ReasonOut(Wire):
    """Why not; `term` is the part of the selector, or the need, that fails, if it is one."""

    why: Why
    text: str
    term: str


class SeenOut(Wire):
    """One board: whether it may run it (`does`), else why not (`never`); and why not at once (`not_now`)."""

    board: Annotated[str, BeforeValidator(str)]
    does: bool
    never: tuple[ReasonOut, ...]
    not_now: tuple[ReasonOut, ...]


class LookOut(Wire):
    """What a request would get: `may` of all `total` boards may run it, in the name of `team`.

    `refused`: why it would not be taken now although boards may run it; empty: it would.
    """

    selector: str
    team: str | None
    may: int
    total: int
    perhaps: dict[str, str]
    refused: str
    boards: tuple[SeenOut, ...]


class BoardWhole(BoardOut):
    """A board alone: with how many requests of those that the caller sees wait for it, counted up to 100."""

    waiting: int


class Boards(Wire):
    """Boards, by name."""

    boards: tuple[BoardOut, ...]
