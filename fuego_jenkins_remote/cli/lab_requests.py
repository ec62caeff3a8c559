"""The lab's side of requests, by hand: `ftc get-request`, `run-request`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from fuego_jenkins_remote.cli.boards.sharing import local_boards, one_local_board
from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import common, hub_url, lab_dir, pass_session, state_dir
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.values import Attempt

MAX_BOARDS = 200
"""A claim names no more boards than this."""


@click.command
@click.option("-b", "--boards", metavar="BOARD[,BOARD]", help="Only for these boards; without it for all of this lab.")
@click.option("--wait", is_flag=True, help="Wait until there is one.")
@hub_url
@common
@pass_session
def get_request(session: Session, boards: str | None, wait: bool) -> int:
    """Show the next request that waits for this lab's boards. Nothing is claimed: run-request does that.

    Exit status 1 when none waits; with --json an empty object then.

    \b
    Examples: ftc get-request
              request=$(ftc get-request -q --wait)
    """
    here = local_boards(session, boards) if boards else session.places.board_files([])
    shared = {board.name for board in session.lab_hub.boards(host=session.settings.host_name)}
    names = [board.name for board in here if boards or board.name in shared]
    if not names:
        raise Failed("this lab shares none of its boards: ftc put-board -b BOARD")
    found = _peek(session, names[:MAX_BOARDS], wait)
    if found is None:
        session.out.note("no request waits for a board of this lab")
        if session.as_json:
            session.out.json({})
        return 1
    request = found.request
    name = str(request.raw.get("fserver_request") or request.id)
    session.out.record(
        (
            ("request", name),
            ("board", found.board),
            ("test", request.test),
            ("spec", request.spec),
            ("from", f"{request.requester} ({request.team})" if request.team else request.requester),
            ("notes", request.notes),
            ("run it", f"ftc run-request {name}"),
        ),
        bare=name,
        data={"board": found.board, "request": dict(request.raw)},
    )
    return 0


def _peek(session: Session, boards: list[str], wait: bool) -> Attempt | None:
    from fuego_jenkins_remote.client.hub import MAX_WAIT
    from fuego_jenkins_remote.network.identities import new_call_id

    while True:
        began = time.monotonic()
        claims = session.lab_hub.claim(new_call_id(), boards, wait=MAX_WAIT if wait else 0, peek=True)
        if claims.attempts or not wait:
            return next(iter(claims.attempts), None)
        # An answer without anything may come early (there are cancels to tell of): no hurry then.
        if time.monotonic() - began < 1:
            time.sleep(2)


@click.command
@click.argument("request", metavar="REQUEST")
@click.option("-b", "--board", metavar="BOARD", help="On this board of the lab; a unique prefix will do.")
@hub_url
@lab_dir
@state_dir
@common
@pass_session
def run_request(session: Session, request: str, board: str | None) -> None:
    """Run a request here and now, without Jenkins: claims it, asks policy and gate, runs the test, packages the run.

    put-run delivers it then.

    \b
    Example: ftc run-request 20261123-101500123-k3j7x2m4 && ftc put-run 20261123-101500123-k3j7x2m4
    """
    from fuego_jenkins_remote.lab.serving.by_hand import run_request

    wanted = session.request_id(request)
    if session.speaks_fserver:
        from fuego_jenkins_remote.fuego.fserver_format import RequestId
        from fuego_jenkins_remote.lab.fserver.marks import request_name

        wanted = request_name(RequestId.parse(wanted))
    name = None
    if board is not None:
        name = one_local_board(session, board)
    attempt = run_request(session.lab, session.links, wanted, name, session.out.note)
    session.out.result(f"deliver it: ftc put-run {attempt}", bare=str(attempt), data={"attempt": str(attempt)})
