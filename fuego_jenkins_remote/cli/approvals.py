"""What a lab's people answer: `ftc approve-request`, `reject-request`, `allow`, `list-allowed`, `disallow`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import HOST, MOMENT, TEAM, USER, common, hub_url, pass_session
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.approvals import Allowed, Held
    from fuego_jenkins_remote.client.values import Request

_until = click.option(
    "--until", type=MOMENT, metavar="TIME", help="Only until then: a time with offset, or a span (90d)."
)
_outside = click.option(
    "--outside", is_flag=True, help="Also where the test comes as a package or from git: code from outside."
)
_host = click.option("--host", type=HOST, help="The lab that answers, if it is not the one of fuego.conf.")


def list_held(session: Session, filters: Mapping[str, str], limit: int) -> None:
    """What waits for the people of the caller's labs, as `list-requests --held` shows it."""
    from fuego_jenkins_remote.client import approvals
    from fuego_jenkins_remote.network.wanted import short_source

    if session.speaks_fserver:
        from fuego_jenkins_remote.cli.fserver.approvals import list_held as list_asked

        list_asked(session, limit)
        return
    others = [f"--{name}" for name, value in filters.items() if value and name != "host"]
    if others:
        raise click.UsageError(f"--held goes with --host and --limit only, not with {', '.join(others)}")
    found = approvals.held(session.hub.api, filters["host"])[:limit]
    session.out.table(
        ("request", "test", "source", "by", "boards", "asked since", "deadline", "why"),
        [
            (
                one.request.id,
                one.request.test,
                short_source(one.request.git, one.request.package),
                f"{one.request.requester} ({one.request.team})",
                ", ".join(f"{one.host}:{board}" for board in one.boards),
                local_time(one.since),
                local_time(one.request.deadline),
                one.reason,
            )
            for one in found
        ],
        bare=[one.request.id for one in found],
        data=[{**one.raw, "commands": list(_commands(one))} for one in found],
        empty="nothing waits for the people of your labs",
    )
    if found and not (session.as_json or session.quiet):
        for one in found:
            session.out.line("")
            for command in _commands(one):
                session.out.line(f"    {command}")


def _commands(one: Held) -> tuple[str, str, str]:
    this = f"{one.request.id} --host {one.host}"
    outside = " --outside" if one.request.from_outside else ""
    return (
        f"ftc approve-request {this}",
        f"ftc approve-request {this} --always{outside}",
        f"ftc reject-request {this} --reason TEXT",
    )


@click.command
@click.argument("requests", nargs=-1, required=True, metavar="REQUEST...")
@click.option("--reason", default="", metavar="TEXT", help="For the requester.")
@click.option("--always", is_flag=True, help="Also what this user asks for with this test from now on.")
@_until
@_outside
@_host
@hub_url
@common
@pass_session
def approve_request(
    session: Session,
    /,
    *,
    requests: tuple[str, ...],
    reason: str,
    host: str | None,
    always: bool,
    until: datetime | None,
    outside: bool,
) -> None:
    """Let requests run that wait for this lab's people; with --always the next ones like them, too.

    The lab's own policy (lab-policy.yaml) decides last: what it refuses stays refused.

    \b
    Examples: ftc approve-request 20261123-101500123-k3j7x2m4
              ftc approve-request 20261123-101500123-k3j7x2m4 --always --until 90d
              ftc approve-request $(ftc list-requests --held -q)
    """
    if (until or outside) and not always:
        raise click.UsageError("--until and --outside go with --always")
    given = {"until": until.isoformat() if until else None, "outside": outside} if always else None
    _answer(session, requests, host, "approved", reason, always=given)


@click.command
@click.argument("requests", nargs=-1, required=True, metavar="REQUEST...")
@click.option("--reason", required=True, metavar="TEXT", help="For the requester.")
@_host
@hub_url
@common
@pass_session
def reject_request(session: Session, requests: tuple[str, ...], reason: str, host: str | None) -> None:
    """Refuse requests that wait for this lab's people. Other labs may still run them.

    \b
    Example: ftc reject-request 20261123-101500123-k3j7x2m4 --reason "the board is being moved"
    """
    _answer(session, requests, host, "rejected", reason)


def _answer(
    session: Session,
    requests: tuple[str, ...],
    host: str | None,
    answer: str,
    reason: str,
    *,
    always: Mapping[str, Any] | None = None,
) -> None:
    """Answer for each of the requests; one that cannot be answered keeps no other one from its answer."""
    from fuego_jenkins_remote.client import approvals
    from fuego_jenkins_remote.client.errors import Answered
    from fuego_jenkins_remote.fuego.names import check_host_name
    from fuego_jenkins_remote.network.identities import check_request_id

    if session.speaks_fserver:
        from fuego_jenkins_remote.cli.fserver.approvals import answer_request

        for request in requests:
            answer_request(session, session.request_id(request), answer, reason, always=bool(always))
        return
    for request in requests:
        check_request_id(request)
    lines, changed, refused = [], [], []
    for request in requests:
        try:
            chosen = check_host_name(host) if host else _answering_host(session, session.hub.request(request))
            changed.append(approvals.answer(session.hub.api, request, chosen, answer, reason, always=always))
        except (Answered, Failed) as error:
            if len(requests) == 1:
                raise
            refused.append(str(error))
            continue
        one = changed[-1]
        more = f"; {one.test} of {one.requester} runs there from now on without a question" if always else ""
        lines.append(f"{answer} for {chosen}: request {one.id} is {one.state}{more}")
    if changed:
        session.out.result("\n".join(lines), bare=[one.id for one in changed], data=[dict(one.raw) for one in changed])
    if refused:
        raise Failed("\n".join(refused))


def _answering_host(session: Session, request: Request) -> str:
    """The lab whose answer this is: ours, or the only one that is asked.

    Raises Failed where no lab is asked (any more), UsageError where several are.
    """
    settings = session.settings
    asked = [one.host for one in request.approvals if one.answer == "requested"]
    if settings.is_set("host_name") and (settings.host_name in asked or not asked):
        return settings.host_name
    if len(asked) == 1:
        return asked[0]
    if not asked:
        said = [f"{one.answer} for {one.host}{f' by {one.by}' if one.by else ''}" for one in request.approvals]
        raise Failed("; ".join([f"{request.id} waits for nobody's answer: it is {request.state}", *said]))
    raise click.UsageError(f"several labs are asked ({', '.join(asked)}): say for which you answer, with --host HOST")


@click.command
@click.option("--user", default="", type=USER, help="What this user asks for.")
@click.option("--team", default="", type=TEAM, help="What is asked for in the name of this team.")
@click.option("-t", "--test", required=True, metavar="TEST", help="A test, or the beginning of names: 'Functional.*'.")
@_until
@_outside
@_host
@hub_url
@common
@pass_session
def allow(
    session: Session,
    /,
    *,
    user: str,
    team: str,
    test: str,
    until: datetime | None,
    outside: bool,
    host: str | None,
) -> None:
    """Allow requests of a user or a team for good, so that this lab's people are not asked each time.

    It answers where the hub or the lab's policy would ask; the policy decides last. What waits already and is like it
    is approved. The same again says anew until when, and for what source.

    \b
    Examples: ftc allow --user ann -t Functional.LTP
              ftc allow --team kernel-team -t 'Functional.*' --until 90d
    """
    from fuego_jenkins_remote.client import approvals
    from fuego_jenkins_remote.fuego.names import check_host_name, check_test_pattern, check_user_name

    if not (user or team):
        raise click.UsageError("say whose requests: --user USER, --team TEAM, or both")
    what = {
        "user": check_user_name(user) if user else "",
        "team": check_host_name(team) if team else "",
        "test": check_test_pattern(test),
        "until": until.isoformat() if until else None,
        "outside": outside,
    }
    if not host and not session.settings.is_set("host_name"):
        raise click.UsageError("say for which lab: --host HOST")
    chosen = check_host_name(host) if host else session.settings.host_name
    given = approvals.allow(session.hub.api, chosen, what)
    session.out.result(
        f"{given.host} allows {given.test} of {_whose(given)} from now on; ftc disallow {given.id} takes it back",
        bare=given.id,
        data=dict(given.raw),
    )


@click.command(name="list-allowed")
@click.option("--host", default="", type=HOST, help="Only of this lab.")
@hub_url
@common
@pass_session
def list_allowed(session: Session, host: str) -> None:
    """List what your labs have allowed for good.

    \b
    Example: ftc list-allowed
    """
    from fuego_jenkins_remote.client import approvals

    found = approvals.allowed(session.hub.api, host)
    session.out.table(
        ("id", "lab", "of", "test", "source", "until", "by", "since"),
        [
            (
                one.id,
                one.host,
                _whose(one),
                one.test,
                "any" if one.outside else "installed",
                local_time(one.until) or "for good",
                one.by,
                local_time(one.at),
            )
            for one in found
        ],
        bare=[one.id for one in found],
        data=[dict(one.raw) for one in found],
        empty="nothing is allowed for good at your labs",
    )


@click.command
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@hub_url
@common
@pass_session
def disallow(session: Session, ids: tuple[str, ...]) -> None:
    """Take back what was allowed for good. What runs goes on; from the next request on the people are asked again.

    \b
    Example: ftc disallow a-k3j7x2m4
    """
    from fuego_jenkins_remote.client import approvals

    for one in ids:
        approvals.disallow(session.hub.api, one)
        session.out.result(f"{one} is allowed no more", bare=one, data={"id": one})


def _whose(one: Allowed) -> str:
    return " ".join(part for part in (one.user, f"(team {one.team})" if one.team else "") if part)
