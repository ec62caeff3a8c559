"""A board's terms as sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from fuego_jenkins_remote.hub.records import Board
from fuego_jenkins_remote.network.terms import Quota
from fuego_jenkins_remote.service.pages import duration


def terms_in_words(board: Board) -> Sequence[str]:
    """What holds for people of other teams than the lab's own; nothing where no other team may use the board."""
    if not board.open_to:
        return [f"Only the team {board.team} may use it."]
    terms = board.terms
    teams = _listed([board.team, *(team for team in board.open_to if team != board.team)])
    who = "Everyone in the network" if "*" in board.open_to else f"The teams {teams}"
    said = [f"{who} may use it."]
    if terms.ask:
        said.append(f"The people of {board.host} approve each request of another team.")
    said.append(f"A test of another team may take {_long(terms.max_time)} at most.")
    if terms.priority < 100:
        said.append(f"A request of another team has a priority of {terms.priority} at most.")
    said += _quota(board.host, terms.running)
    if terms.windows.windows:
        zone = f" ({terms.windows.time_zone})" if terms.windows.time_zone else ""
        said.append(f"It is lent {_listed(terms.windows.windows)}{zone}.")
    return said


def _quota(host: str, running: Quota) -> list[str]:
    most = [(running.user, "a person"), (running.team, "a team")]
    return [
        f"Of {host}'s boards, {who} of another team has at most {count} at a time."
        for count, who in most
        if count is not None
    ]


def _long(seconds: int) -> str:
    return duration(seconds * 1000).removesuffix(" 0 min").removesuffix(" 0 s")


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
