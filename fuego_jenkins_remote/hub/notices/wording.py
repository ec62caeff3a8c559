"""The words of notices: titles, bodies, and the lines that stand for them in a message of many. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from fuego_jenkins_remote.hub.notices.values import Owner
from fuego_jenkins_remote.hub.records import Board, Campaign, Request
from fuego_jenkins_remote.network import wanted
from fuego_jenkins_remote.network.states import State


def asked(request: Request, host: str, reason: str, since: datetime | None, page: str) -> tuple[str, str, str]:
    """A lab's people have a request to answer for; `since`: they were told then, and have not. Title, line, body."""
    waits = f"waits for your approval since {since:%Y-%m-%d %H:%M} UTC" if since else "waits for your approval"
    title = f"{host}: {request.test} of {request.requester} {waits}"
    approve = f"ftc approve-request {request.id} --host {host}"
    deadline = f"{request.deadline:%Y-%m-%d %H:%M} UTC" if request.deadline else ""
    body = [
        f"{request.requester} ({request.team}) asks {host} to run {_what(request)} on {request.selector}.",
        *_said("Why you are asked:", reason),
        *_said("Notes of the requester:", request.notes),
        *_said("Its deadline:", deadline),
        wanted.source(request.git, request.package),
        *_said("Asked for besides:", "; ".join(wanted.switches(asdict(request.options)))),
        "",
        "To let it run:",
        f"    {approve}",
        "To refuse it:",
        f"    ftc reject-request {request.id} --host {host} --reason TEXT",
        f"To let it run, and what {request.requester} asks for with {request.test} from now on:",
        f"    {approve} --always{' --outside' if request.from_outside else ''}",
        "",
        f"All about it: {page}",
    ]
    # In a digest and in a chat the line is all that stands beside the command.
    outside = f" ({wanted.short_source(request.git, request.package)})" if request.from_outside else ""
    return title, f"{title}{outside}: {approve}", _text(body)


def started(request: Request, page: str) -> tuple[str, str, str]:
    """A test has started."""
    title = f"started: {request.test} on {request.host}:{request.board}"
    body = [f"{_whose(request)} has started on {request.host}:{request.board}.", "", f"All about it: {page}"]
    return title, f"{title} ({request.requester}) {page}", _text(body)


def lost(request: Request, page: str) -> tuple[str, str, str]:
    """Nothing was heard for too long."""
    title = f"lost: {request.test} on {request.host}:{request.board}"
    body = [
        f"{_whose(request)} was started on {request.host}:{request.board}, and nothing was heard of it for longer than",
        "the test may take. A late result still counts.",
        "",
        f"All about it: {page}",
    ]
    return title, f"{title} ({request.requester}) {page}", _text(body)


def ended(request: Request, who: str, page: str) -> tuple[str, str, str]:
    """A request has ended."""
    where = f" on {request.host}:{request.board}" if request.host else ""
    title = {
        State.DONE: f"{request.status}: {request.test}{where}",
        State.ERROR: f"could not be run: {request.test}{where}",
        State.REJECTED: f"rejected: {request.test}",
        State.EXPIRED: f"expired: {request.test}",
        State.CANCELLED: f"cancelled by {who}: {request.test}{where}",
    }[request.state]
    console = "\n".join(request.log_tail.splitlines()[-15:]) if request.state is State.ERROR else ""
    fetch = request.state is State.DONE and not request.reason
    body = [
        f"{_whose(request)} is {request.state}{where}.",
        *_said("Status:", request.status),
        *_said("Reason:", request.reason),
        *_said("The run:", request.run_url),
        *(["To fetch it:", f"    ftc get-run {request.id}"] if fetch else []),
        *_said("The end of its console:", console),
        "",
        f"All about it: {page}",
    ]
    return title, f"{title} ({request.requester}) {page}", _text(body)


def board_broken(board: Board, page: str) -> tuple[str, str, str]:
    """A board is out of the network."""
    title = f"{board} is broken"
    body = [
        f"{board} is out of the network: it gets no requests until it is well again.",
        *_said("Reason:", board.health_reason),
        "",
        "When it is repaired, this checks it and brings it back; run it in the lab:",
        f"    ftc lab check-board -b {board.name}",
        "",
        f"All about it: {page}",
    ]
    return title, f"{title} {page}", _text(body)


def board_back(board: Board, page: str) -> tuple[str, str, str]:
    """A board is broken no more."""
    title = f"{board} is {board.health} again"
    more = "requests are given to it again." if board.up else "no requests are given to it yet."
    body = [
        f"{board} is not broken any more but {board.health}: {more}",
        *_said("Reason:", board.health_reason),
        "",
        f"All about it: {page}",
    ]
    return title, f"{title} {page}", _text(body)


def campaign_ended(campaign: Campaign, counts: Sequence[tuple[str, int]], bad: Sequence[str]) -> tuple[str, str, str]:
    """The last request of a campaign has ended. `bad`: a line for some of those that did not go well."""
    name = campaign.name or campaign.id
    summary = ", ".join(f"{number} {word}" for word, number in counts)
    title = f"campaign ended: {name}: {summary}"
    show = f"ftc show-campaign {campaign.id}"
    body = [
        f"The campaign {name} of {campaign.requester} ({campaign.team}) has ended: {summary}.",
        *_said("Notes:", campaign.notes),
        *(["", "What did not go well:", *(f"    {line}" for line in bad)] if bad else []),
        "",
        "All of it:",
        f"    {show}",
    ]
    return title, f"{title}: {show}", _text(body)


def why(owner: Owner, hub_url: str, *, asked_for: bool) -> str:
    """For whom a message is sent, by which hub; unless it was `asked_for` just now, what ends such messages, too."""
    sent = f"Sent for {'the ' if owner.kind != 'user' else ''}{owner} by the Fuego hub{hub_url and f' at {hub_url}'}\n"
    if asked_for:
        return sent
    if owner.kind == "lab":
        change = f"    ftc hub set-lab {owner.name} --notify OTHER --data DIR\n"
        return f"{sent}The hub's operator has set this address, and may set another one:\n{change}"
    of_team = f" --team {owner.name}" if owner.kind == "team" else ""
    usual = "" if of_team else " (usual, as ID: what comes unasked)"
    verbs = f"    ftc list-subscriptions{of_team}\n    ftc unsubscribe ID\n"
    return f"{sent}What is sent where, and to end it{usual}:\n{verbs}"


def _whose(request: Request) -> str:
    return f"The request of {request.requester} ({request.team}) for {_what(request)} on {request.selector}"


def _what(request: Request) -> str:
    spec = "" if request.spec == "default" else f" with the spec {request.spec}"
    return f"{request.test}{spec}"


def _said(label: str, text: str) -> Iterator[str]:
    if "\n" in text:
        yield label
        yield from (f"    {line}" for line in text.splitlines())
    elif text:
        yield f"{label} {text}"


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
