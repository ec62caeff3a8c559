"""Notices: what people are told, by mail or in a chat, of the requests and boards that concern them.

A notice is written in the transaction of the change that it tells of, so that no change goes untold; it is sent
afterwards, at least once: where the hub is killed between the sending and the note of it, once more. Exactly once
cannot be had.
"""

from __future__ import annotations

from datetime import datetime

from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.records import Board, Request
from fuego_jenkins_remote.hub.statements import notices as sql
from fuego_jenkins_remote.hub.statements import people
from fuego_jenkins_remote.network.states import State

WAITS = "waits-for-approval"
BROKEN = "board-broken"
BACK = "board-back"


def ask_lab(change: Change, request: Request, host: str, reason: str, *, since: datetime | None = None) -> None:
    """The lab's people have a request to answer for; `since`: they were told of it then, and have not."""
    recipients = lab_recipients(change, host)
    lines = [
        f"{request.requester} ({request.team}) asks {host} to run {_what(request)} on {request.selector}.",
        *_lines("Why you are asked:", reason),
        *_lines("Notes of the requester:", request.notes),
        *_source(request),
        *_lines("Its deadline:", f"{request.deadline:%Y-%m-%d %H:%M} UTC" if request.deadline else ""),
        "",
        "To let it run:",
        f"    ftc approve-request {request.id} --host {host}",
        "To refuse it:",
        f"    ftc reject-request {request.id} --host {host} --reason TEXT",
        f"To let it run, and what {request.requester} asks for with {request.test} from now on:",
        f"    ftc approve-request {request.id} --host {host} --always{' --outside' if request.from_outside else ''}",
        "",
        f"All about it: {change.page_of(request.id)}",
    ]
    waits = f"waits for your approval since {since:%Y-%m-%d %H:%M} UTC" if since else "waits for your approval"
    title = f"{host}: {request.test} of {request.requester} {waits}"
    _write(change, request.id, WAITS, to=recipients, title=title, lines=lines)


def tell_lab_of_board(change: Change, board: Board) -> None:
    """The lab's people have a board that is broken now, or is so no more."""
    about = ["", f"All about it: {change.page_of_board(board.host, board.name)}"]
    if board.health == "broken":
        kind, title = BROKEN, f"{board} is broken"
        lines = [
            f"{board} is out of the network: it gets no requests until it is well again.",
            *_lines("Reason:", board.health_reason),
            "",
            "When it is repaired, this checks it and brings it back; run it in the lab:",
            f"    ftc lab check-board -b {board.name}",
        ]
    else:
        kind, title = BACK, f"{board} is {board.health} again"
        more = "requests are given to it again." if board.up else "no requests are given to it yet."
        lines = [f"{board} is not broken any more but {board.health}: {more}", *_lines("Reason:", board.health_reason)]
    _write(change, None, kind, to=lab_recipients(change, board.host), title=title, lines=[*lines, *about])


def lab_recipients(change: Change, host: str) -> tuple[str, ...]:
    """Where a lab's people get their notices: what the hub's admin has set, else the mail of its team's keepers."""
    lab = people.find_lab(change.conn, host)
    return () if lab is None else lab.notify or people.keepers_addresses(change.conn, lab.team)


def tell_requester(change: Change, request: Request, who: str) -> None:
    """The requester's request has ended; what the requester did is not told back."""
    if request.state is State.CANCELLED and request.requester in {who, request.cancel_by}:
        return
    where = f" on {request.host}:{request.board}" if request.host else ""
    told = {
        State.DONE: f"{request.status}: {request.test}{where}",
        State.ERROR: f"could not be run: {request.test}{where}",
        State.REJECTED: f"rejected: {request.test}",
        State.EXPIRED: f"expired: {request.test}",
        State.CANCELLED: f"cancelled by {who}: {request.test}{where}",
    }[request.state]
    lines = [
        f"Your request for {_what(request)} on {request.selector} is {request.state}{where}.",
        *_lines("Status:", request.status),
        *_lines("Reason:", request.reason),
        *_lines("The run:", request.run_url),
        *(
            ["To fetch it:", f"    ftc get-run {request.id}"]
            if request.state is State.DONE and not request.reason
            else []
        ),
        *_lines("The end of its console:", "\n".join(request.log_tail.splitlines()[-15:]) if _failed(request) else ""),
        "",
        f"All about it: {change.page_of(request.id)}",
    ]
    recipients = people.user_recipients(change.conn, request.requester)
    _write(change, request.id, str(request.state), to=recipients, title=told, lines=lines)


def _write(
    change: Change, request_id: str | None, kind: str, *, to: tuple[str, ...], title: str, lines: list[str]
) -> None:
    for recipient in to:
        sql.insert(
            change.conn,
            request_id=request_id,
            kind=kind,
            recipient=recipient,
            title=f"[fuego] {title}",
            body="\n".join(lines) + "\n",
            now=change.at,
        )
        change.wake_sender()


def _failed(request: Request) -> bool:
    return request.state is State.ERROR


def _what(request: Request) -> str:
    spec = "" if request.spec == "default" else f" with the spec {request.spec}"
    return f"{request.test}{spec}"


def _source(request: Request) -> list[str]:
    if request.git is not None:
        path = f", folder {request.git.path}" if request.git.path else ""
        return [f"The test comes from {request.git.url}, {request.git.ref}{path}."]
    if request.package is not None:
        return [f"The test comes as a package, SHA-256 {request.package}."]
    return ["The test is one that is installed in the lab."]


def _lines(label: str, text: str) -> list[str]:
    if not text:
        return []
    if "\n" not in text:
        return [f"{label} {text}"]
    return [label, *(f"    {line}" for line in text.splitlines())]
