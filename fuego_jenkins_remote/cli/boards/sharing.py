"""`ftc put-board`, `update-board`, `rm-board`: what the network knows of this lab's boards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import DURATION, common, host_name, hub_url, jenkins_url, pass_session
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.values import Board
    from fuego_jenkins_remote.fuego.boards import BoardFile


_UPDATED = "updated"
_OF_A_HUB = (
    "open_to",
    "ask",
    "priority",
    "max_time",
    "quota_user",
    "quota_team",
    "waiting_user",
    "waiting_team",
    "windows",
)
"""Options on who may use a board, and how."""

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
                metavar="WHO",
                help="Who may ask for it: network (all), a team, user:NAME, nobody (but the own team). Again for more.",
            ),
            click.option("--ask/--no-ask", default=None, help="The lab's people approve each request of outsiders."),
            click.option(
                "--priority", type=click.IntRange(0, 100), metavar="N", help="Outsiders' priority is N at most."
            ),
            click.option("--max-time", type=DURATION, metavar="TIME", help="Outsiders' tests take so long at most."),
            click.option(
                "--quota-user", type=click.IntRange(0), metavar="N", help="A user of outside runs N at a time at most."
            ),
            click.option(
                "--quota-team", type=click.IntRange(0), metavar="N", help="A team of outside runs N at a time at most."
            ),
            click.option(
                "--waiting-user",
                type=click.IntRange(0),
                metavar="N",
                help="Of a user of outside N requests wait at most, for each of the lab's boards.",
            ),
            click.option(
                "--waiting-team",
                type=click.IntRange(0),
                metavar="N",
                help="Of a team of outside N requests wait at most, for each of the lab's boards.",
            ),
            click.option(
                "--window",
                "windows",
                multiple=True,
                metavar="WINDOW",
                help='When it is lent: "Mon-Fri 18:00-08:00". Again for more.',
            ),
            click.option("--time-zone", metavar="ZONE", help="With --window: where, like Europe/Berlin."),
            click.option("--offline", is_flag=True, help="It takes no requests for now."),
            click.option("--probe", is_flag=True, help="Ask the board itself first, through the lab's Jenkins."),
            jenkins_url,
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

    Its facts come from its board file and boards.yaml, and no address, login or password is among them. --probe asks
    the board itself: for its kernel and its options, its processor, its type. What it says is remembered, and told
    again by each later put-board and update-board.

    \b
    Examples: ftc put-board -b bbb
              ftc put-board -b bbb --probe
              ftc put-board -b bbb --label usb-gadget --open-to kernel-team --open-to user:anna --ask --max-time 4h
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
    _tell(session, boards, details, _UPDATED)


def _probe(session: Session, board: str) -> None:
    """Ask a board what it is, and remember it. Raises LabError, OSError."""
    from fuego_jenkins_remote.cli.ending import term_is_ctrl_c
    from fuego_jenkins_remote.lab.attempts.folders import LabDir
    from fuego_jenkins_remote.lab.probe.memory import remember
    from fuego_jenkins_remote.lab.probe.probing import Probe
    from fuego_jenkins_remote.lab.serving.wiring import open_controller

    lab = session.places
    controller = open_controller(session.links)
    probe = Probe(controller, LabDir(lab.lab_dir), board, lab.job(board))
    with term_is_ctrl_c():  # so that nothing of it is left in Jenkins
        found = probe.run(session.out.note)
    remember(lab.state_dir, board, found)
    facts = ", ".join(f"{key}={value}" for key, value in sorted(found.facts.items()))
    session.out.note(f"{board}: {facts}; {len(found.options)} options of its kernel")


def _terms(said: Mapping[str, Any], details: dict[str, Any]) -> dict[str, Any]:
    """The terms of boards.yaml, with what the options say in their place. Raises UsageError."""
    from fuego_jenkins_remote.network.terms import BadTerms, check_windows, terms_as_mapping, terms_from_mapping

    terms = {**said, **{key: details[key] for key in ("ask", "priority", "max_time") if details[key] is not None}}
    for name, option in (("running", "quota"), ("waiting", "waiting")):
        said_now = {who: details[f"{option}_{who}"] for who in ("user", "team")}
        if quota := {who: most for who, most in said_now.items() if most is not None}:
            terms[name] = {**terms.get(name, {}), **quota}
    if bool(details["windows"]) != bool(details["time_zone"]):
        raise click.UsageError("--window and --time-zone belong together")
    if details["windows"]:
        terms["windows"] = {"time_zone": details["time_zone"], "windows": list(details["windows"])}
    try:
        return terms_as_mapping(check_windows(terms_from_mapping(terms)))
    except BadTerms as error:
        raise click.UsageError(str(error)) from error


def _tell(session: Session, boards: str | None, details: dict[str, Any], done: str) -> None:
    from fuego_jenkins_remote.client.errors import Invalid
    from fuego_jenkins_remote.lab.board_terms import open_to

    if session.speaks_fserver and any(details[key] not in {None, ()} for key in _OF_A_HUB):
        raise Failed(f"everybody may ask for any board of an old Fuego server ({session.hub.url}): it knows no terms")
    shared, refused, host = [], list[str](), session.settings.host_name
    wanted = local_boards(session, boards)
    who = [_checked(one) for one in open_to(list(details["open_to"]))]
    before = {board.name: board for board in session.hub.boards(host=host)}
    for board in wanted:
        if details["probe"]:
            _probe(session, board.name)
        record = session.places.board_record(board, online=not details["offline"])
        if details["description"] is not None:
            record["description"] = details["description"]
        if details["labels"]:
            record["labels"] = sorted({*record["labels"], *details["labels"]})
        if details["open_to"]:
            record["open_to"] = who
        terms = _terms(record.pop("terms", {}), details)
        if session.speaks_fserver and ({*terms} - {"policy"} or set(record["open_to"]) != {"*"}):
            session.out.note(f"{board.name}: its terms in boards.yaml are not known there: everybody may ask for it")
        tell = session.hub.update_board if done == _UPDATED else session.hub.put_board
        try:
            shared.append(tell(host, board.name, {**record, **({"terms": terms} if terms else {})}))
        except Invalid as error:
            # The others are told of all the same.
            refused.append(f"{board.name}: {error}")
            continue
        _note_other_terms(session, before.get(board.name), shared[-1])
    files = {board.name for board in session.places.board_files([])}
    for name in session.places.described_boards():
        if name not in files:
            where = session.places.conf_dir / "boards.yaml"
            session.out.note(f"ftc: {where} speaks of {name}, which has no board file: nothing of it is shared")
    names = [f"{board.host}:{board.name}" for board in shared]
    if names or not refused:
        session.out.result(f"{done}: {', '.join(names)}", bare=names, data=[board.raw for board in shared])
    if refused:
        raise Failed(f"not {done}: " + "\n  ".join(refused))


def _checked(who: str) -> str:
    """Who may ask, as --open-to says it; raises BadName."""
    from fuego_jenkins_remote.fuego.names import check_team_name, check_user_name
    from fuego_jenkins_remote.network.matching import EVERYBODY, USER

    if who == EVERYBODY:
        return who
    return USER + check_user_name(who.removeprefix(USER)) if who.startswith(USER) else check_team_name(who)


def _note_other_terms(session: Session, before: Board | None, now: Board) -> None:
    """Say on which terms a board is shared, where they are others than before: an option left out takes them back."""
    from fuego_jenkins_remote.fuego.names import format_timeout
    from fuego_jenkins_remote.network.terms import in_words

    if before and (sorted(before.open_to), before.terms) != (sorted(now.open_to), now.terms):
        words = in_words(now.host, str(now.raw.get("team") or now.host), now.open_to, now.terms, format_timeout)
        session.out.note(f"{now.host}:{now.name} is on other terms now: {' '.join(words)}")


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
    if session.speaks_fserver:
        session.out.note("an old Fuego server forgets no board: there it is offline from now on and takes nothing")
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
