"""Boards on which one attempt after the other cannot be run: after a few they are taken out of choice."""

from __future__ import annotations

from fuego_jenkins_remote.hub import board_changes
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.notices import events
from fuego_jenkins_remote.hub.records import HUB
from fuego_jenkins_remote.hub.statements import boards as sql

MOST = 3
"""After so many, one after the other, a board is broken until its lab's check or its people say otherwise."""


def count(change: Change, host: str, name: str, reason: str) -> None:
    """An attempt could not be run on the board, or was lost there. Its people are told when it is taken out."""
    board = sql.find(change.conn, host, name)
    if board is None:
        return  # taken away meanwhile
    number = sql.count_failure(change.conn, board)
    if number >= MOST and board.health != "broken":
        said = f"{number} attempts, one after the other, could not be run on it; the last one: {reason}"
        sql.set_health(change.conn, board, "broken", said[:4000], change.at)
        broken = sql.find(change.conn, host, name)
        if broken is not None:
            board_changes.note(change, board, broken, who=HUB)
            events.board_changed(change, broken)
