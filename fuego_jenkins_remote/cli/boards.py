"""`ftc list-boards`, `put-board`, `update-board`, `rm-board`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import FILE, common, host_name, hub_url, pass_session, remote
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.values import Board
    from fuego_jenkins_remote.fuego.boards import BoardFile


@click.command
@click.argument("selector", nargs=-1)
@remote
@click.option("--html", type=FILE, metavar="FILE", help="With -r: write them there, as a page.")
@hub_url
@common
@pass_session
def list_boards(session: Session, selector: tuple[str, ...], remote: bool, html: Path | None) -> None:
    """List boards, of this lab or of the network.

    With -r, a SELECTOR chooses among the network's boards.

    \b
    Examples: ftc list-boards
              ftc list-boards -r "arch=arm64 and not label=slow"
    """
    if not remote:
        if selector or html:
            raise click.UsageError("a selector and --html are for the network's boards: add -r")
        _list_local(session)
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
        _state(board),
        ", ".join(board.labels),
        opened,
        board.description,
    )


def _state(board: Board) -> str:
    from fuego_jenkins_remote.network.boards import Standing, in_brief, standing

    word = standing(
        online=board.online,
        health=board.health,
        busy=board.busy,
        last_seen=board.last_seen,
        now=datetime.now(UTC),
    )
    match word:
        case Standing.BUSY:
            return f"runs {board.busy_with}" if board.busy_with else "busy"
        case Standing.WITHDRAWN:
            return "offline"
        case Standing.SILENT:
            return f"not seen since {local_time(board.last_seen)}"
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


_names = click.option("-b", "--boards", metavar="BOARD[,BOARD]", help="A board of this lab; a unique prefix will do.")


def _details(command: Any) -> Any:
    for option in reversed(
        (
            _names,
            click.option("--description", metavar="TEXT", help="What a person should know of it."),
            click.option("--label", "labels", multiple=True, metavar="LABEL", help="A label; may be given again."),
            click.option(
                "--open-to",
                multiple=True,
                metavar="TEAM",
                help="Who may ask for it: a team, or '*' for all; again for more.",
            ),
            click.option("--offline", is_flag=True, help="It takes no requests for now."),
            host_name,
            hub_url,
            common,
        )
    ):
        command = option(command)
    return command


@click.command
@_details
@pass_session
def put_board(session: Session, /, boards: str | None, **details: Any) -> None:
    """Share a board with the network.

    Its facts come from its board file and boards.yaml, and no address, login or password is among them.

    \b
    Examples: ftc put-board -b bbb
              ftc put-board -b bbb --label usb-gadget --open-to kernel-team --description "on Tim's desk"
    """
    _tell(session, boards, details, "shared")


@click.command
@_details
@pass_session
def update_board(session: Session, /, boards: str | None, **details: Any) -> None:
    """Tell the network of a board anew.

    What is not given is taken from the board file and boards.yaml, as with put-board.

    \b
    Example: ftc update-board -b bbb --offline
    """
    names = {board.name for board in session.hub.boards(host=session.settings.host_name)}
    for board in local_boards(session, boards):
        if board.name not in names:
            raise click.UsageError(f"the network does not know {board.name}: ftc put-board -b {board.name} shares it")
    _tell(session, boards, details, "updated")


def _tell(session: Session, boards: str | None, details: dict[str, Any], done: str) -> None:
    shared = []
    for board in local_boards(session, boards):
        record = session.places.board_record(board, online=not details["offline"])
        if details["description"] is not None:
            record["description"] = details["description"]
        if details["labels"]:
            record["labels"] = sorted({*record["labels"], *details["labels"]})
        if details["open_to"]:
            record["open_to"] = list(details["open_to"])
        shared.append(session.hub.put_board(session.settings.host_name, board.name, record))
    files = {board.name for board in session.places.board_files([])}
    for name in session.places.described_boards():
        if name not in files:
            where = session.places.conf_dir / "boards.yaml"
            session.out.note(f"ftc: {where} speaks of {name}, which has no board file: nothing of it is shared")
    names = [f"{board.host}:{board.name}" for board in shared]
    session.out.result(f"{done}: {', '.join(names)}", bare=names, data=[board.raw for board in shared])


@click.command
@_names
@host_name
@hub_url
@common
@pass_session
def rm_board(session: Session, boards: str | None) -> None:
    """Withdraw a board from the network.

    Requests that only it could have run are rejected.

    \b
    Example: ftc rm-board -b bbb
    """
    from fuego_jenkins_remote.fuego.names import unique_prefix

    host = session.settings.host_name
    known = [board.name for board in session.hub.boards(host=host)]
    # All are found before any is withdrawn: a mistake in the second name leaves the first where it is.
    found = [unique_prefix(word, known) for word in wanted_boards(session, boards)]
    for name in found:
        session.hub.rm_board(host, name)
    session.out.result(f"withdrawn: {', '.join(f'{host}:{name}' for name in found)}", bare=found, data=found)


def wanted_boards(session: Session, boards: str | None) -> list[str]:
    """The words of -b, else FUEGO_BOARD or default_board; raises UsageError for none."""
    words = [word.strip() for word in (boards or session.settings.get("default_board")).split(",") if word.strip()]
    if not words:
        raise click.UsageError("say which board: -b BOARD (or FUEGO_BOARD, or default_board in fuego.conf)")
    return words


def one_local_board(session: Session, board: str | None) -> str:
    """The board that -b means, where only one will do; raises BadName as local_boards, UsageError for several."""
    first, *more = local_boards(session, board)
    if more:
        raise click.UsageError(f"one board at a time: -b {first.name}")
    return first.name


def local_boards(session: Session, boards: str | None) -> list[BoardFile]:
    """The board files that -b means; raises BadName for an unknown or ambiguous one."""
    from fuego_jenkins_remote.fuego.names import unique_prefix

    files = {board.name: board for board in session.places.board_files([])}
    return [
        files[unique_prefix(word.removeprefix(f"{session.settings.host_name}:"), files)]
        for word in wanted_boards(session, boards)
    ]
