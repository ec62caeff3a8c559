"""`ftc update-request`: a lab's word on a request of an old Fuego server, by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import common, pass_session
from fuego_jenkins_remote.cli.session import Session

_STATES = click.Choice(["pending", "running", "done", "error"])


@click.command
@click.argument("request", metavar="REQUEST")
@click.option("--state", type=_STATES, help="What it is now; running and done say since when, too.")
@click.option("--run-id", default="", metavar="RUN", help="The run that came of it.")
@click.option("--start-time", default="", metavar="TIME", help="When it began, like 2026-11-23T10:15:00+0000.")
@click.option("--done-time", default="", metavar="TIME", help="When it ended.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is in that state.")
@common
@pass_session
def update_request(session: Session, /, request: str, state: str | None, **changes: str) -> None:
    """Tell an old Fuego server how it is with a request. A hub changes states itself, by what labs and requesters do.

    The server takes any change from anybody: a request that another lab runs, too.

    \b
    Example: ftc update-request request-2026-11-23_10:15:00.12-timslab:bbb --state error --reason "board is broken"
    """
    from fuego_jenkins_remote.client.fserver.hub import FserverHub
    from fuego_jenkins_remote.fuego.fserver_format import lab_time, read_time

    hub = session.hub
    if not isinstance(hub, FserverHub):
        raise Failed(
            f"{hub.url} is a hub: states change there by what labs and requesters do (ftc rm-request calls one off)"
        )
    for name in ("start_time", "done_time"):
        if changes[name] and read_time(changes[name]) is None:
            # The server stores it, and then every query fails or turns the request into an error.
            raise click.UsageError(f"--{name.replace('_', '-')}: like {lab_time(datetime.now(UTC))}")
    given = {key: value for key, value in {"state": state or "", **changes}.items() if value}
    if not given:
        raise click.UsageError("say what has changed: --state, --run-id, --start-time, --done-time or --reason")
    if any(not value.isascii() or not value.isprintable() for value in given.values()):
        raise click.UsageError("letters beyond ASCII break that server's queries for everybody")
    stamp = {"running": "start_time", "done": "done_time", "error": "done_time"}.get(given.get("state", ""))
    if stamp:
        given.setdefault(stamp, lab_time(datetime.now(UTC)))
    changed = hub.update_request(session.request_id(request), given)
    session.out.result(f"request {changed.id} is {changed.state}", bare=str(changed.state), data=dict(changed.raw))
