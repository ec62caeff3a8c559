"""A board of the network alone, what a request would get, and boards that people keep: calls of the hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fuego_jenkins_remote.client.api import Api, segment
from fuego_jenkins_remote.client.reading import read
from fuego_jenkins_remote.client.values import Board


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One board: whether it may run what is asked for, and in words why not (`never`), or why not at once."""

    board: str
    does: bool
    never: tuple[str, ...]
    not_now: tuple[str, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Seen:
        """Read the wire form."""
        return cls(
            board=str(data["board"]),
            does=bool(data["does"]),
            never=tuple(_words(one) for one in data.get("never") or ()),
            not_now=tuple(_words(one) for one in data.get("not_now") or ()),
        )


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a request would get: `may` of all `total` boards, in the name of `team` (empty: nothing may run it).

    `perhaps`: for terms that no board meets, what was perhaps meant. `refused`: why it would not be taken now although
    boards may run it; empty: it would.
    """

    selector: str
    team: str
    may: int
    total: int
    perhaps: Mapping[str, str]
    refused: str
    boards: tuple[Seen, ...]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Look:
        """Read the wire form."""
        return cls(
            selector=str(data["selector"]),
            team=str(data.get("team") or ""),
            may=int(data["may"]),
            total=int(data["total"]),
            perhaps={str(term): str(guess) for term, guess in (data.get("perhaps") or {}).items()},
            refused=str(data.get("refused") or ""),
            boards=tuple(Seen.from_json(one) for one in data["boards"]),
            raw=dict(data),
        )


def match(api: Api, wanted: Mapping[str, Any]) -> Look:
    """What a request would get; `wanted` is MatchIn. Raises ClientError."""
    answer = api.post("/boards/match", dict(wanted))
    return read(api, Look, answer)


def keep(api: Api, host: str, board: str, reason: str) -> Board:
    """Take a board out of choice, with the reason; without one give it back. Raises ClientError."""
    path = f"/boards/{segment(host)}/{segment(board)}/maintenance"
    answer = api.call("PUT", path, body={"reason": reason}) if reason else api.call("DELETE", path)
    return read(api, Board, answer)


def _words(reason: Mapping[str, Any]) -> str:
    text = str(reason.get("text", ""))
    return f"the test needs {reason.get('term')}: {text}" if reason.get("why") == "need" else text
