"""`ftc lab jenkins|jobs|serve|poll|doctor`: what a lab's admin runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.lab_builds import describe_build, started_by
from fuego_jenkins_remote.cli.options import (
    FILE,
    common,
    host_name,
    hub_url,
    jenkins_url,
    lab_dir,
    pass_session,
    state_dir,
    vision_url,
)
from fuego_jenkins_remote.cli.session import Session

BUILT_IN_LABEL = "fuego-remote"
"""Where jobs run that need ftc and the lab's tokens."""


@click.group
def lab() -> None:
    """A lab: its Jenkins, its jobs, its bridge, its doctor."""


lab.add_command(describe_build)
lab.add_command(started_by)


@lab.command
@service.data
@service.listening(8090)
@service.tls
@click.option("--prefix", default="/fuego", show_default=True, metavar="PATH", help="The path before everything.")
@click.option("--user", metavar="NAME", help="The one user; without, everybody on this machine may do anything.")
@click.option("--token-file", type=FILE, metavar="FILE", help="The user's token; made when missing.")
@common
@pass_session
def jenkins(
    session: Session,
    /,
    *,
    data_dir: Path,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    prefix: str,
    user: str | None,
    token_file: Path | None,
) -> None:
    """Run the embedded controller until TERM: a small stand-in for Jenkins, for a lab that has none.

    Its builds get FUEGO_CORE, FUEGO_RO, FUEGO_RW and FUEGO_LAB_DIR from the settings, and no token.

    \b
    Example: ftc lab jenkins --data /var/lib/fuego-jenkins
    """
    from fuego_jenkins_remote.minijenkins.server import Tls, serve

    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together: give both or none")
    settings = session.settings
    for variable, key in (
        ("FUEGO_CORE", "fuego_core_dir"),
        ("FUEGO_RO", "fuego_ro_dir"),
        ("FUEGO_RW", "fuego_rw_dir"),
        ("FUEGO_LAB_DIR", "lab_dir"),
    ):
        os.environ[variable] = str(settings.path(key))

    def announce(url: str) -> None:
        _ready(session, "jenkins", url, f"jenkins ready at {url}")

    tls = Tls(certificate=tls_cert, key=tls_key) if tls_cert and tls_key else None
    serve(data_dir, host, port, prefix, announce, labels=[BUILT_IN_LABEL], user=user, token_file=token_file, tls=tls)


@lab.command
@click.option("--container", is_flag=True, help="The jobs run in Fuego's container: its folders, not this machine's.")
@jenkins_url
@lab_dir
@common
@pass_session
def jobs(session: Session, container: bool) -> None:
    """Make the lab's nodes and jobs in Jenkins, or bring them up to date; removes those of boards that are gone.

    Nodes that are there are used as they are. Only jobs of ours are ever changed.

    \b
    Example: ftc lab jobs
    """
    from fuego_jenkins_remote.cli.lab_jobs import bring_up_to_date

    bring_up_to_date(session, container=container)


@lab.command
@jenkins_url
@hub_url
@vision_url
@host_name
@lab_dir
@state_dir
@common
@pass_session
def serve(session: Session) -> None:
    """Run the bridge until TERM: takes requests for the lab's boards, runs them through Jenkins, delivers the runs.

    \b
    Example: ftc lab serve
    """
    from fuego_jenkins_remote.lab.serving.serve import serve

    links, config = session.links, session.lab

    def announce() -> None:
        _ready(session, "lab", links.hub_url, f"lab ready: {config.host} via {links.hub_url}")

    serve(config, links, announce=announce)


@lab.command
@jenkins_url
@hub_url
@vision_url
@host_name
@lab_dir
@state_dir
@common
@pass_session
def poll(session: Session) -> int:
    """Do one pass of the bridge, for a timer: what is open goes on, idle boards get requests, runs are delivered.

    \b
    Example: ftc lab poll
    """
    from fuego_jenkins_remote.lab.serving.poll import poll_once

    return 0 if poll_once(session.lab, session.links, session.out.note) else 1


@lab.command
@jenkins_url
@hub_url
@vision_url
@common
@pass_session
def doctor(session: Session) -> int:
    """Look at everything that a lab needs, and say what to do where something is missing.

    \b
    Example: ftc lab doctor
    """
    from fuego_jenkins_remote.cli.doctor import examine

    findings = examine(session)
    session.out.table(
        ("", "what", "how it is"),
        [("ok" if one.well else "BAD", one.what, one.text) for one in findings],
        bare=[f"{one.what}: {one.text}" for one in findings if not one.well],
        data=[{"what": one.what, "ok": one.well, "text": one.text} for one in findings],
        empty="",
    )
    if not all(one.well for one in findings):
        raise Failed("the lab is not ready; see above")
    return 0


def _ready(session: Session, service: str, url: str, text: str) -> None:
    ready = {"service": service, "url": url, "pid": os.getpid()}
    print(json.dumps(ready) if session.as_json else text, flush=True)  # noqa: T201 - the line that others wait for
