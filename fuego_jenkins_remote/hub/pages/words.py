"""A board's terms as sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from fuego_jenkins_remote.hub.records import Board
from fuego_jenkins_remote.network.terms import in_words
from fuego_jenkins_remote.service.pages import duration


def terms_in_words(board: Board) -> Sequence[str]:
    """What holds for people of other teams than the lab's own; nothing where no other team may use the board."""
    return in_words(board.host, board.team, board.open_to, board.terms, _long)


def _long(seconds: int) -> str:
    return duration(seconds * 1000).removesuffix(" 0 min").removesuffix(" 0 s")
