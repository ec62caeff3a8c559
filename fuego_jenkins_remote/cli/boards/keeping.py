"""`ftc set-board`: people take a board of the network out of choice for a while, and give it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from fuego_jenkins_remote.cli.options import common, hub_url, pass_session
from fuego_jenkins_remote.cli.session import Session


@click.command
@click.argument("board", metavar="HOST:BOARD")
@click.option("--maintenance", metavar="REASON", help="Take it out of choice; what waits for it waits.")
@click.option("--available", is_flag=True, help="Give it back.")
@hub_url
@common
@pass_session
def set_board(session: Session, board: str, maintenance: str | None, available: bool) -> None:
    """Take a board out of choice for a while, or give it back: for maintainers of its lab's team.

    What runs on it goes on. What waits for it waits, and says why.

    \b
    Examples: ftc set-board timslab:bbb --maintenance "a new power supply"
              ftc set-board timslab:bbb --available
    """
    from fuego_jenkins_remote.client import boards

    if available == (maintenance is not None):
        raise click.UsageError("say one of --maintenance REASON and --available")
    if maintenance is not None and not maintenance.strip():
        raise click.UsageError("--maintenance: say why; people who wait for the board read it")
    host, name = place_of(session, board)
    with unknown_is_a_mistake():
        kept = boards.keep(session.hub.api, host, name, maintenance.strip() if maintenance else "")
    said = f"{kept} is in maintenance: {kept.maintenance}" if kept.maintenance else f"{kept} is available"
    session.out.result(said, bare=str(kept), data=kept.raw)


def place_of(session: Session, board: str) -> tuple[str, str]:
    """Host and name of HOST:BOARD; BOARD alone is of this lab. Raises BadName."""
    from fuego_jenkins_remote.fuego.names import check_board_name, check_host_name

    host, colon, name = board.rpartition(":")
    return check_host_name(host if colon else session.settings.host_name), check_board_name(name)


@contextmanager
def unknown_is_a_mistake() -> Iterator[None]:
    """A board that is not there was asked for wrongly: raises UsageError for it."""
    from fuego_jenkins_remote.client.errors import NotFound

    try:
        yield
    except NotFound as error:
        if error.code != "unknown-board":
            raise
        raise click.UsageError(str(error)) from error
