"""`ftc list-boards`: boards of this lab or of the network, and which of them a request would get."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import DURATION, FILE, TEAM, common, hub_url, pass_session, remote
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.values import Board


@click.command
@click.argument("selector", nargs=-1)
@remote
@click.option("--html", type=FILE, metavar="FILE", help="With -r: write them there, as a page.")
@click.option("--match", metavar="SELECTOR", help="With -r: what a request would get, and why not the others.")
@click.option("-t", "--test", metavar="TEST", help="With --match: what this test needs counts, too.")
@click.option("--timeout", "--time", type=DURATION, metavar="TIME", help="With --match: for a test of so long; 30m.")
@click.option("--team", type=TEAM, help="With --match: in the name of this team of yours.")
@hub_url
@common
@pass_session
def list_boards(
    session: Session, /, selector: tuple[str, ...], remote: bool, html: Path | None, match: str | None, **asked: Any
) -> None:
    """List boards, of this lab or of the network.

    With -r, a SELECTOR chooses among the network's boards. With --match it is taken as a request's: the boards that may
    run it come first, then the others, each with what is in the way.

    \b
    Examples: ftc list-boards
              ftc list-boards -r "arch=arm64 and not label=slow"
              ftc list-boards -r --match "arch=arm64 and label=usb-gadget" -t Functional.usb --timeout 3h
    """
    if match is None and any(value is not None for value in asked.values()):
        raise click.UsageError("-t, --timeout and --team belong to --match")
    if not remote:
        if selector or html or match is not None:
            raise click.UsageError("a selector, --match and --html are for the network's boards: add -r")
        _list_local(session)
        return
    if match is not None:
        from fuego_jenkins_remote.cli.boards.matching import show_match

        if selector or html:
            raise click.UsageError("--match has the selector; another one and --html do not go with it")
        show_match(session, match, asked)
        return
    from fuego_jenkins_remote.network import selectors

    wanted = " ".join(selector)
    if wanted:
        selectors.parse(wanted)
    boards = session.hub.boards(selector=wanted)
    if html:
        html.write_text(_boards_page(boards, wanted, session.settings.get("hub_url")), encoding="utf-8")
        session.out.result(f"{len(boards)} boards: {html}", bare=str(html), data={"file": str(html)})
        return
    session.out.table(
        _NETWORK_COLUMNS,
        [_network_row(board) for board in boards],
        bare=[f"{board.host}:{board.name}" for board in boards],
        data=[board.raw for board in boards],
        empty="no board matches" if wanted else "the network has no boards yet",
    )


_NETWORK_COLUMNS = ("board", "type", "arch", "state", "labels", "open to", "description")


def _boards_page(boards: list[Board], selector: str, hub_url: str) -> str:
    from fuego_jenkins_remote.cli.html_pages import Cell, link, page, table, text

    hub = hub_url.rstrip("/")
    rows = []
    for board in boards:
        name, *others = _network_row(board)
        rows.append(
            [Cell(text=name, url=f"{hub}/boards/{board.host}/{board.name}"), *(Cell(text=one) for one in others)]
        )
    of = f"Those that match {text(selector)}. " if selector else ""
    parts = [
        f"<p>{of}The first column is the selector for that board alone; {link(hub + '/', 'the hub')} knows more.</p>",
        table(_NETWORK_COLUMNS, rows, empty="No board." if selector else "The network has no boards yet."),
    ]
    return page("Boards of the Fuego network", parts)


def _network_row(board: Board) -> tuple[str, ...]:
    opened = "all" if "*" in board.open_to else ", ".join(board.open_to) or "own team"
    facts = board.facts
    return (
        f"{board.host}:{board.name}",
        facts.get("type", ""),
        facts.get("arch", ""),
        state_of(board),
        ", ".join(board.labels),
        opened,
        board.description,
    )


def state_of(board: Board) -> str:
    """How a board stands, for a person, with the reason."""
    from fuego_jenkins_remote.network.boards import Standing, in_brief, standing

    word = standing(
        online=board.online,
        health=board.health,
        busy=board.busy,
        last_seen=board.last_seen,
        now=datetime.now(UTC),
        maintenance=board.maintenance,
    )
    match word:
        case Standing.BUSY:
            return f"runs {board.busy_with}" if board.busy_with else "busy"
        case Standing.WITHDRAWN:
            return "offline"
        case Standing.SILENT:
            return f"not seen since {local_time(board.last_seen)}"
        case Standing.MAINTENANCE:
            return f"maintenance: {in_brief(board.maintenance or board.health_reason)}"
        case Standing.BROKEN | Standing.OFFLINE:
            since = f" since {local_time(board.health_since)}" if board.health_since else ""
            return f"{word}{since}" + (f": {in_brief(board.health_reason)}" if board.health_reason else "")
        case _:
            return str(word)


def _list_local(session: Session) -> None:
    from fuego_jenkins_remote.fuego.errors import BadBoardFile

    folder = session.places.fuego_ro / "boards"
    if not folder.is_dir():
        raise Failed(f"{folder}: no boards of this lab are there (fuego_ro_dir); the network's: ftc list-boards -r")
    problems: list[BadBoardFile] = []
    boards = session.places.board_files(problems)
    for problem in problems:
        session.out.note(f"ftc: {problem}")
    records = {board.name: session.places.board_record(board) for board in boards}
    session.out.table(
        ("board", "type", "arch", "toolchain", "transport", "labels"),
        [
            (
                name,
                *(record["facts"].get(key, "") for key in ("type", "arch", "toolchain", "transport")),
                ", ".join(record["labels"]),
            )
            for name, record in records.items()
        ],
        bare=list(records),
        data=[{"name": name, **record} for name, record in records.items()],
        empty=f"no board files in {session.places.fuego_ro / 'boards'}",
    )
