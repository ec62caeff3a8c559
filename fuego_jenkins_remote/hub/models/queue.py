"""Messages on the queue: where a request stands."""

from __future__ import annotations

from typing import Self

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.models.fields import Wire
from fuego_jenkins_remote.hub.queue.order import Order, Rule
from fuego_jenkins_remote.network.states import State


class StopOut(Wire):
    """What keeps a request from a board; `why` is a word for scripts."""

    why: str
    text: str


class BeforeOut(Wire):
    """So many come first by a rule: requests, or turns of teams and people; `more`: it was not counted further."""

    rule: Rule
    count: int
    more: bool
    text: str


class AtBoardOut(Wire):
    """Where a request stands at one board; `next` says when its turn may come."""

    board: str
    stops: tuple[StopOut, ...]
    before: tuple[BeforeOut, ...]
    next: str


class QueueOut(Wire):
    """Where a request stands: at some of the `total` boards that may run it, those first where least stops it."""

    id: str
    state: State
    priority: int
    told: str
    total: int
    boards: tuple[AtBoardOut, ...]

    @classmethod
    def of(cls, request: records.Request, order: Order, told: str) -> Self:
        """As the wire has it."""
        boards = tuple(AtBoardOut.model_validate(one) for one in order.boards)
        return cls(
            id=request.id,
            state=request.state,
            priority=request.priority,
            told=told,
            total=order.total,
            boards=boards,
        )
