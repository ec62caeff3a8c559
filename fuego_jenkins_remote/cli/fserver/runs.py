"""`ftc rm-run`: a run taken off an old Fuego server."""

from __future__ import annotations

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import common, pass_session
from fuego_jenkins_remote.cli.session import Session


@click.command
@click.argument("run", metavar="RUN")
@common
@pass_session
def rm_run(session: Session, run: str) -> None:
    """Take a run off an old Fuego server. Vision and SQUAD keep what they were given.

    \b
    Example: ftc rm-run run-2026-11-23_10:15:00-Functional.hello_world-on-timslab:bbb
    """
    from fuego_jenkins_remote.client.fserver import runs
    from fuego_jenkins_remote.fuego.fserver_format import RunId

    if not session.speaks_fserver:
        raise Failed(f"runs can be taken off an old Fuego server only (server_type=fuego; now: {session.server.why})")
    one = RunId.parse(run)
    runs.remove(session.fserver, one)
    session.out.result(f"{one} is no longer at {session.fserver.url}", bare=str(one), data={"run": str(one)})
