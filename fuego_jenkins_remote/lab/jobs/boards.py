"""What a board's job says of its board."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fuego_jenkins_remote.fuego.boards import BoardFile
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.jobs.definitions import JobBoard


def job_boards(lab: LabConfig, boards: Iterable[BoardFile], hub_url: str) -> list[JobBoard]:
    """Give what the jobs of these boards say and share. Raises BadLabFile."""
    open_to, resources = lab.boards_open_to(), lab.boards_resources()
    return [
        JobBoard(
            name=board.name,
            access=access_of(lab.host, board.name, open_to.get(board.name, ("*",)), hub_url),
            resources=resources.get(board.name, ()),
        )
        for board in boards
    ]


def access_of(host: str, board: str, open_to: Sequence[str], hub_url: str) -> str:
    """Say who may ask for a board, and where to see what waits for it; without a hub, as far as is known."""
    teams = [team for team in open_to if team != host]
    if "*" in teams:
        who = "Everybody in the network may ask for it"
    elif teams:
        who = f"Team {host} may ask for it, and {'team' if len(teams) == 1 else 'teams'} {', '.join(teams)}"
    else:
        who = f"Only team {host} may ask for it"
    where = f"{hub_url.rstrip('/')}/boards/{host}/{board} shows what waits." if hub_url else "The hub shows what waits."
    return f"{who}; the lab's own rules come on top. {where}"
