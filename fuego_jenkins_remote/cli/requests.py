"""`ftc list-requests`, `query-request`, `rm-request`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import DURATION, HOST, USER, common, hub_url, pass_session
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.values import Request

PAGE = 200


@click.command
@click.option("-b", "--board", default="", metavar="[HOST:]BOARD", help="Only those of this board.")
@click.option("-t", "--test", default="", metavar="TEST", help="Only those of this test.")
@click.option("--state", default="", metavar="STATE", help="Only those that are pending, running, done, ...")
@click.option("--host", default="", type=HOST, help="Only those of this lab.")
@click.option("--requester", default="", type=USER, help="Only those that this user has put.")
@click.option("--campaign", default="", metavar="CAMPAIGN", help="Only those that were put together.")
@click.option("--held", is_flag=True, help="Only those that wait for the people of your labs, with what to answer.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest so many.")
@hub_url
@common
@pass_session
def list_requests(session: Session, /, limit: int, held: bool, **filters: str) -> None:
    """List requests, newest first.

    \b
    Examples: ftc list-requests --state pending
              ftc list-requests --held
              ftc list-requests -q --campaign c-20261123-101500123-a2b3c4d5
    """
    if held:
        from fuego_jenkins_remote.cli.approvals import list_held

        list_held(session, filters, limit)
        return
    if filters["state"]:
        _check_state(filters["state"])
    host, colon, name = filters["board"].partition(":")
    if colon:
        filters |= {"host": host, "board": name}
    requests: list[Request] = []
    before: str | None = ""
    while before is not None and len(requests) < limit:
        page, before = session.hub.requests(**filters, limit=min(limit - len(requests), PAGE), before=before)
        requests += page
    requests = requests[:limit]
    session.out.table(
        ("request", "test", "where", "state", "status", "by", "put"),
        [
            (
                one.id,
                one.test if one.spec == "default" else f"{one.test} ({one.spec})",
                f"{one.host}:{one.board}" if one.board else one.selector,
                str(one.state),
                one.status,
                one.requester,
                local_time(one.created_at),
            )
            for one in requests
        ],
        bare=[one.id for one in requests],
        data=[dict(one.raw) for one in requests],
        empty="no such request" if any(filters.values()) else "no requests yet",
    )


def _check_state(state: str) -> None:
    from fuego_jenkins_remote.network.states import State

    if state not in set(State):
        raise click.UsageError(f"no such state {state!r}; there are: {', '.join(State)}")


@click.command
@click.argument("request", metavar="REQUEST")
@click.option(
    "--follow",
    is_flag=True,
    help="Go on until it has ended, with its console; exit status as with put-request --wait.",
)
@click.option("--wait-limit", type=DURATION, metavar="TIME", help="As --follow, but no longer than this.")
@click.option("--why", is_flag=True, help="Why it waits: at each board, what stops it, and what comes before it.")
@hub_url
@common
@pass_session
def query_request(session: Session, request: str, follow: bool, wait_limit: int | None, why: bool) -> int:
    """Show one request, or follow it. With -v also what else was asked for, what happened, and the end of its log.

    --follow prints the console on stdout as it grows, and what else happens on stderr; with --json an object in a
    line for each; with -q the final state alone. Ctrl-C leaves the request as it is.

    \b
    Examples: ftc query-request 20261123-101500123-k3j7x2m4
              ftc query-request 20261123-101500123-k3j7x2m4 --follow
              ftc query-request 20261123-101500123-k3j7x2m4 --why
    """
    if why:
        if follow or wait_limit is not None:
            raise click.UsageError("--why says how it is now: leave --follow and --wait-limit out")
        _say_why(session, session.request_id(request))
        return 0
    found = session.hub.request(session.request_id(request))
    if follow or wait_limit is not None:
        from fuego_jenkins_remote.cli.following import follow_request

        return follow_request(session, found, limit=wait_limit).exit_status
    session.out.record(_details(found, verbose=session.verbose), bare=str(found.state), data=dict(found.raw))
    return 0


def _say_why(session: Session, request: str) -> None:
    from fuego_jenkins_remote.client.queue import of_request

    found = of_request(session.hub.api, request)
    shown = [("request", request), ("state", found.state), ("now", found.told)]
    if found.boards:
        shown.append(("priority", str(found.priority)))
    for at in found.boards:
        stops = [f"stopped: {text}" for text in at.stops]
        shown.append(("at", "\n".join([at.board, *stops, *(f"before it: {text}" for text in at.before), at.next])))
    if found.total > len(found.boards):
        shown.append(("", f"and {found.total - len(found.boards)} more boards"))
    session.out.record(shown, bare=found.state, data=dict(found.raw))


def _details(request: Request, *, verbose: bool) -> list[tuple[str, str]]:
    from fuego_jenkins_remote.fuego.names import format_timeout
    from fuego_jenkins_remote.network.reasons import meaning
    from fuego_jenkins_remote.network.wanted import commit_of, no_commit

    source = f"{request.git.url} {request.git.ref} {request.git.path}".rstrip() if request.git else request.package
    shown = [
        ("request", request.id),
        ("state", str(request.state)),
        ("now", "" if request.is_final else request.told),
        ("status", request.status),
        ("test", request.test),
        ("spec", request.spec),
        ("test from", source or ""),
        ("commit", commit_of(request.git) or no_commit(request.git) if request.git else ""),
        ("variables", ", ".join(f"{name}={value}" for name, value in request.variables.items())),
        ("phases", request.phases),
        ("time limit", format_timeout(request.timeout)),
        ("selector", request.selector),
        ("board", f"{request.host}:{request.board}" if request.board else ""),
        ("attempt", str(request.attempt) if request.attempt else ""),
        ("campaign", request.campaign or ""),
        ("again for", request.rerun_of),
        ("put again", request.replaced_by),
        ("by", f"{request.requester} ({request.team})" if request.team else request.requester),
        ("notes", request.notes),
        ("put", local_time(request.created_at)),
        ("deadline", local_time(request.deadline)),
        ("started", local_time(request.started_at)),
        ("ended", local_time(request.ended_at)),
        ("waits for", request.queue_why if not (request.is_final or request.told) else ""),
        ("reason", meaning(request.reason)),
        ("build", request.build_url),
        ("run", request.run_key),
        ("page", request.run_url),
    ]
    shown += [("asked", _approval(one)) for one in request.approvals]
    if verbose:
        shown += _unusual(request)
        shown += [("history", _change(one)) for one in request.history]
        shown.append(("log", request.log_tail))
    return shown


def _unusual(request: Request) -> list[tuple[str, str]]:
    """What was asked for that is not as usual, and shown nowhere else."""
    from fuego_jenkins_remote.network import wanted

    more = f"{request.retries} more {'attempt' if request.retries == 1 else 'attempts'} elsewhere"
    return [
        ("switches", "\n".join(wanted.switches(request.options))),
        ("priority", "" if request.priority == wanted.USUAL_PRIORITY else str(request.priority)),
        ("retries", f"{more}, where it could not be run" if request.retries else ""),
        ("needs", " and ".join(request.needs)),
        ("version", f"{request.min_version} or newer" if request.min_version else ""),
        ("private", wanted.eyes(request.team) if request.private else ""),
        ("told", ", ".join(request.notify)),
    ]


def _approval(one: Any) -> str:
    who = f" by {one.by}" if one.by and one.answer != "requested" else ""
    since = f"{' since' if one.answer == 'requested' else ','} {local_time(one.at)}" if one.at else ""
    return f"{one.host}: {one.answer}{who}{since}" + (f" ({one.reason})" if one.reason else "")


def _change(one: Any) -> str:
    reason = f": {one.reason}" if one.reason else ""
    return f"{local_time(one.at)} {one.old or 'put'} → {one.new} by {one.who}{reason}"


@click.command
@click.argument("requests", metavar="[REQUEST...]", nargs=-1)
@click.option("--campaign", metavar="CAMPAIGN", help="All of this campaign, as cancel-campaign does.")
@click.option("--reason", default="", metavar="TEXT", help="For the lab's people.")
@hub_url
@common
@pass_session
def rm_request(session: Session, requests: tuple[str, ...], campaign: str | None, reason: str) -> None:
    """Call requests off. A running one is stopped by its lab first; one that has ended stays as it is.

    \b
    Example: ftc rm-request 20261123-101500123-k3j7x2m4
    """
    from fuego_jenkins_remote.client.errors import Answered
    from fuego_jenkins_remote.network.identities import new_call_id

    if bool(requests) == bool(campaign):
        raise click.UsageError("say what is called off: requests, or --campaign CAMPAIGN")
    if campaign:
        from fuego_jenkins_remote.cli.campaigns.verbs import call_off

        call_off(session, campaign, reason)
        return
    for request in requests:
        session.request_id(request)
    changed, refused = [], []
    for request in requests:
        try:
            changed.append(session.hub.cancel(request, new_call_id(), reason))
        except Answered as error:
            refused.append(str(error))  # the others are called off all the same
    lines = [f"request {one.id} {_called_off(one)}" for one in changed]
    if changed:
        session.out.result("\n".join(lines), bare=[one.id for one in changed], data=[dict(one.raw) for one in changed])
    if refused:
        raise Failed("\n".join(refused))


def _called_off(request: Request) -> str:
    """What has become of a request that was called off; an old Fuego server forgets it, whatever it was."""
    if request.raw.get("removed"):
        return "is removed" + ("" if request.state == "cancelled" else f": it was {request.state}")
    return f"is {request.state}" + ("" if request.is_final else ": its lab was told to stop it")
