"""Where a waiting request stands: a call of the hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fuego_jenkins_remote.client.api import Api, segment
from fuego_jenkins_remote.client.reading import read, text_of


@dataclass(frozen=True, kw_only=True)
class AtBoard:
    """At one board: what stops it, what comes before it, when its turn may come; all in words."""

    board: str
    stops: tuple[str, ...]
    before: tuple[str, ...]
    next: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where it stands, at some of the `total` boards that may run it."""

    state: str
    told: str
    priority: int
    total: int
    boards: tuple[AtBoard, ...]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Standing:
        """Read the wire form."""
        return cls(
            state=str(data["state"]),
            told=text_of(data, "told"),
            priority=int(data["priority"]),
            total=int(data["total"]),
            boards=tuple(
                AtBoard(
                    board=str(one["board"]),
                    stops=tuple(str(stop["text"]) for stop in one["stops"]),
                    before=tuple(str(before["text"]) for before in one["before"]),
                    next=text_of(one, "next"),
                )
                for one in data["boards"]
            ),
            raw=dict(data),
        )


def of_request(api: Api, request: str) -> Standing:
    """Where the request stands. Raises ClientError."""
    return read(api, Standing, api.get(f"/requests/{segment(request)}/queue"))
