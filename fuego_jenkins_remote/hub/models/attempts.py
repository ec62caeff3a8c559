"""Messages of a lab: claims, and what it says of its attempts."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    StringConstraints,
)

from fuego_jenkins_remote.hub.claims import Answer
from fuego_jenkins_remote.hub.heartbeats import MAX_BEATS, Beat
from fuego_jenkins_remote.hub.models.fields import (
    MAX_BOARDS,
    AttemptText,
    BoardName,
    CallId,
    Line,
    Number,
    RequestIdField,
    Short,
    Switch,
    Tail,
    Text,
    Web,
    Wire,
)
from fuego_jenkins_remote.hub.models.requests import RequestOut
from fuego_jenkins_remote.network import identities


class ClaimIn(Wire):
    """A lab asks for work; `wait` in seconds, and so are the `limits`.

    An outsider's test that takes longer than its board's limit is not for that board now. `instance` is the name of
    the bridge that asks: a lab has one. One that `leaves` is forgotten, and gets nothing.
    """

    claim_id: CallId
    boards: tuple[BoardName, ...] = Field(max_length=MAX_BOARDS)
    wait: Number = Field(default=0, ge=0, le=25)
    request: RequestIdField | None = None
    peek: Switch = False
    instance: CallId | None = None
    leaves: Switch = False
    limits: dict[BoardName, Annotated[Number, Field(ge=0)]] = Field(default_factory=dict, max_length=MAX_BOARDS)


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


def _as_it_is_called(approval: object) -> object:
    return "requested" if approval == "waiting" else approval  # older bridges say it so


class GiveBackIn(Wire):
    """A lab does not run it now."""

    call_id: CallId
    reason: Text = ""
    approval: Annotated[Literal["requested", "rejected"] | None, BeforeValidator(_as_it_is_called)] = None


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


class BeatIn(HeartbeatIn):
    """One of many signs of life."""

    attempt: AttemptText

    def beat(self) -> Beat:
        """As the domain has it."""
        return Beat(
            attempt=identities.AttemptId.parse(self.attempt),
            log_tail=self.log_tail,
            queue_why=self.queue_why,
            build_url=self.build_url,
        )


class HeartbeatsIn(Wire):
    """Signs of life of many attempts."""

    beats: tuple[BeatIn, ...] = Field(max_length=MAX_BEATS)


class BeatOut(HeartbeatOut):
    """As for one, with the attempt; one that is over has the state "over"."""

    attempt: Annotated[str, BeforeValidator(str)]


class HeartbeatsOut(Wire):
    """The answers, in the order of the beats."""

    answers: tuple[BeatOut, ...]


class TestedIn(Wire):
    """The test has ended."""

    call_id: CallId
    status: Literal["PASS", "FAIL", "ERROR", "SKIP"]
    run_key: Annotated[str, StringConstraints(max_length=200)]
    summary: Text = ""


class DoneIn(Wire):
    """The run is delivered, or, with a note that says why, never will be."""

    call_id: CallId
    target: Short = ""
    run_url: Web = ""
    note: Text = ""


class ErrorIn(Wire):
    """It could not be run."""

    call_id: CallId
    reason: Short
    detail: Text = ""
    console_tail: Tail = ""
    run_key: Annotated[str, StringConstraints(max_length=200)] = ""
