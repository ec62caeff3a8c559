"""Finds boards as a person types: by a selector, or by plain words, and by how they stand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from fuego_jenkins_remote.hub import boards
from fuego_jenkins_remote.hub.records import Board
from fuego_jenkins_remote.hub.statements import board_lists as sql
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.boards import QUIET, Standing, standing
from fuego_jenkins_remote.network.selectors import SelectorError

MAX_WORDS = 20
_SIGNS = '=:()"'
"""What no plain word has: with one of them it is meant as a selector."""

_OUT = "said with the board"
_Test = Callable[[selectors.Board, str], bool]


@dataclass(frozen=True, kw_only=True)
class Found:
    """Some of the boards that were found: `total` in all, `problem` with a selector that cannot be read.

    `after` is the last one that is shown, where more follow.
    """

    boards: Sequence[Board] = ()
    total: int = 0
    after: str = ""
    problem: str = ""


def find(
    conn: sa.Connection, text: str = "", *, stands: Standing | None = None, after: str = "", limit: int, now: datetime
) -> Found:
    """The boards that `text` means, by name: a selector, else words that all occur in what is known of a board.

    From behind the board `after` (HOST:BOARD), at most `limit`.
    """
    try:
        wanted = _test(" ".join(text.split()))
    except SelectorError as error:
        return Found(problem=str(error))
    hits = [
        (row.host, row.name, row.id)
        for row in sql.brief(conn)
        if (stands is None or _stands(row, now) is stands) and (wanted is None or wanted(*_seen(row)))
    ]
    host, _, name = after.partition(":")
    rest = [one for one in hits if not after or one[:2] > (host, name)]
    shown = rest[:limit]
    last = f"{shown[-1][0]}:{shown[-1][1]}" if len(rest) > limit else ""
    return Found(boards=sql.of_ids(conn, [one[2] for one in shown]), total=len(hits), after=last)


def standings(conn: sa.Connection, now: datetime) -> Mapping[Standing, int]:
    """How many boards of the network stand how."""
    return summed(sql.how_many(conn, now - QUIET), now)


def summed(some: Iterable[sql.HowMany], now: datetime) -> Mapping[Standing, int]:
    """The same, of boards that were counted."""
    counts = dict.fromkeys(Standing, 0)
    for one in some:
        heard = now if one.fresh else now - 2 * QUIET
        word = standing(
            online=one.online,
            health=one.health,
            busy=one.busy,
            last_seen=heard,
            now=now,
            maintenance=_OUT if one.out else "",
        )
        counts[word] += one.count
    return counts


def _test(text: str) -> _Test | None:
    """What a board has to be like; None: anything does. Raises SelectorError."""
    if not text:
        return None
    words = text.casefold().split()
    if not any(sign in text for sign in _SIGNS):
        return lambda _board, known: all(word in known for word in words[:MAX_WORDS])
    selector = boards.parsed(text)
    return lambda board, _known: selector.matches(board)


def _seen(row: sa.Row[Any]) -> tuple[selectors.Board, str]:
    facts, facts_text = _facts(row.facts)
    labels, labels_text = _labels(row.labels)
    board = selectors.Board(host=row.host, name=row.name, facts=facts, labels=labels)
    return board, f"{row.host}:{row.name} {row.description} ".casefold() + facts_text + labels_text


def _stands(row: sa.Row[Any], now: datetime) -> Standing:
    return standing(
        online=row.online,
        health=row.health,
        busy=row.busy,
        last_seen=row.last_seen,
        now=now,
        maintenance=_OUT if row.out else "",
    )


@lru_cache(maxsize=20_000)
def _facts(text: str) -> tuple[Mapping[str, str], str]:
    facts: Mapping[str, str] = json.loads(text)
    return facts, " ".join(f"{key}={value}" for key, value in facts.items()).casefold() + " "


@lru_cache(maxsize=20_000)
def _labels(text: str) -> tuple[tuple[str, ...], str]:
    labels: list[str] = json.loads(text)
    return tuple(labels), " ".join(labels).casefold()
