"""`ftc lab`: what a lab's admin runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.lab.builds import describe_build, started_by
from fuego_jenkins_remote.cli.lab.init.verb import init
from fuego_jenkins_remote.cli.options import (
    FILE,
    common,
    host_name,
    hub_url,
    jenkins_url,
    lab_dir,
    of_a_bridge,
    pass_session,
    state_dir,
    vision_url,
)
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.verb_group import VerbGroup

BUILT_IN_LABEL = "fuego-remote"
"""Where jobs run that need ftc and the lab's tokens."""


@click.group(cls=VerbGroup)
def lab() -> None:
    """A lab: its set-up, its Jenkins, its jobs, its bridge, its doctor."""


lab.add_command(init)


@lab.command
@service.data
@service.listening(8090)
@service.tls
@click.option("--prefix", default="/fuego", show_default=True, metavar="PATH", help="The path before everything.")
@click.option("--user", metavar="NAME", help="The one user; without, everybody on this machine may do anything.")
@click.option("--token-file", type=FILE, metavar="FILE", help="The user's token; made when missing.")
@click.option("--password-file", type=FILE, metavar="FILE", help="The user's password, to sign in with a browser.")
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
    password_file: Path | None,
) -> None:
    """Run the embedded controller until TERM: a small stand-in for Jenkins, for a lab that has none.

    Its builds get FUEGO_CORE, FUEGO_RO, FUEGO_RW and FUEGO_LAB_DIR as far as they are set, and no token.

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
        # A job has its own values, and Jenkins' win over them: what nobody has set must not.
        if settings.is_set(key):
            os.environ[variable] = str(settings.path(key))

    def announce(url: str) -> None:
        _ready(session, "jenkins", url, f"jenkins ready at {url}")

    tls = Tls(certificate=tls_cert, key=tls_key) if tls_cert and tls_key else None
    serve(
        data_dir,
        host,
        port,
        prefix,
        announce,
        labels=[BUILT_IN_LABEL],
        user=user,
        token_file=token_file,
        password_file=password_file,
        tls=tls,
    )


@lab.command
@click.option("--container", is_flag=True, help="The jobs run in Fuego's container: its folders, not this machine's.")
@click.option(
    "--profile",
    type=click.Choice(["auto", "core", "plugins"]),
    default="auto",
    show_default=True,
    help="Use the plugins that are there, none, or all that can be used.",
)
@click.option(
    "--people-jobs",
    type=click.Choice(["auto", "all", "none"]),
    help="Which jobs for people to make, instead of what fuego.conf says (auto).",
)
@click.option("--diff", is_flag=True, help="Only show what would change in Jenkins.")
@click.option("--overwrite", is_flag=True, help="Also put ours in place of what was edited by hand.")
@jenkins_url
@lab_dir
@state_dir
@common
@pass_session
def jobs(
    session: Session, /, *, container: bool, profile: str, people_jobs: str | None, diff: bool, overwrite: bool
) -> None:
    """Make the lab's nodes, jobs and view in Jenkins, or bring them up to date; removes jobs of boards that are gone.

    Nodes that are there are used as they are. Only jobs of ours are ever changed, and what was edited by hand is kept.

    \b
    Examples: ftc lab jobs
              ftc lab jobs --diff
    """
    from fuego_jenkins_remote.cli.lab.jobs import Wish, bring_up_to_date, show_differences
    from fuego_jenkins_remote.lab.jobs.people import PeopleJobs
    from fuego_jenkins_remote.lab.jobs.plugins import Profile

    people = PeopleJobs(people_jobs) if people_jobs else None
    wish = Wish(container=container, profile=Profile(profile), people=people, overwrite=overwrite)
    if diff:
        show_differences(session, wish)
    else:
        bring_up_to_date(session, wish)


@lab.command("trigger-token")
@click.option("--rotate", is_flag=True, help="Make a new one (or the first), and put it into the jobs.")
@click.option("--remove", is_flag=True, help="Have none: no job can be started by its address.")
@jenkins_url
@lab_dir
@state_dir
@common
@pass_session
def trigger_token(session: Session, rotate: bool, remove: bool) -> None:
    """Say where the token of the boards' jobs is ("Trigger builds remotely"), make a new one, or have none.

    \b
    Example: ftc lab trigger-token --rotate
    """
    from fuego_jenkins_remote.cli.lab.trigger_token import change_token, show_token

    if rotate and remove:
        raise click.UsageError("--rotate and --remove exclude each other")
    if rotate or remove:
        change_token(session, rotate=rotate)
    else:
        show_token(session)


@lab.command
@of_a_bridge
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
@of_a_bridge
@common
@pass_session
def poll(session: Session) -> int:
    """Do one pass of the bridge, for a timer: what is open goes on, idle boards get requests, runs are delivered.

    \b
    Example: ftc lab poll
    """
    from fuego_jenkins_remote.lab.serving.poll import poll_once

    return 0 if poll_once(session.lab, session.links, session.out.note) else 1


@lab.command("check-board")
@click.option("-b", "--board", metavar="BOARD", help="A board of this lab; a unique prefix will do.")
@click.option("--now-well", is_flag=True, help="Check nothing: the board is well, I have seen to it.")
@jenkins_url
@hub_url
@host_name
@lab_dir
@state_dir
@common
@pass_session
def check_board(session: Session, board: str | None, now_well: bool) -> int:
    """Check a board as the bridge does after trouble; one that passes comes back into the network.

    Exit status 1 when it does not pass: then it is out of the network, as after a failed check of the bridge's.

    \b
    Example: ftc lab check-board -b bbb
    """
    from fuego_jenkins_remote.cli.boards.sharing import one_local_board
    from fuego_jenkins_remote.lab.serving.check_board import check_board, take_back

    name = one_local_board(session, board)
    if now_well:
        take_back(session.lab, session.links, name)
        session.out.result(f"{name} counts as well", bare=name, data={"board": name, "well": True})
        return 0
    why = check_board(session.lab, session.links, name, session.out.note)
    if why:
        raise Failed(f"{name} is out of the network: {why}")
    session.out.result(f"{name} is well", bare=name, data={"board": name, "well": True})
    return 0


@lab.command
@click.option("-b", "--board", metavar="BOARD", help="Also send a build to this board's gate, and stop it there.")
@jenkins_url
@hub_url
@vision_url
@common
@pass_session
def doctor(session: Session, board: str | None) -> int:
    """Look at everything that a lab needs, and say what to do where something is missing.

    BAD keeps the lab from its work and makes the exit status 1; warn is dangerous, or soon in the way.

    \b
    Examples: ftc lab doctor
              ftc lab doctor -b bbb
    """
    from fuego_jenkins_remote.cli.findings import show
    from fuego_jenkins_remote.cli.lab.doctor.examining import examine

    if board is not None:
        from fuego_jenkins_remote.cli.boards.sharing import one_local_board

        board = one_local_board(session, board)
    findings = examine(session, board)
    if not show(session, findings):
        raise Failed("the lab is not ready; see above")
    return 0


# What builds of the jobs for people call.
lab.add_command(started_by)
lab.add_command(describe_build)


def _ready(session: Session, service: str, url: str, text: str) -> None:
    ready = {"service": service, "url": url, "pid": os.getpid()}
    print(json.dumps(ready) if session.as_json else text, flush=True)  # noqa: T201 - the line that others wait for
