"""`ftc lab init`: its options and what it prints at the end."""

from __future__ import annotations

import os
from pathlib import Path

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import FILE, common, pass_session
from fuego_jenkins_remote.cli.session import Session


@click.command
@click.option("--conf", type=FILE, metavar="FILE", help="A fuego.conf of the lab's own, instead of Fuego's.")
@click.option("--host-name", metavar="HOST", help="This lab's name in the network; else the hub says it.")
@click.option("--hub-url", metavar="URL", help="The hub.")
@click.option("--hub-token-file", metavar="FILE", help="A file with the lab's token for it; -: standard input.")
@click.option("--vision-url", metavar="URL", help="The results service.")
@click.option("--vision-token-file", metavar="FILE", help="A file with the lab's token for it; -: standard input.")
@click.option("--jenkins-url", metavar="URL", help="The lab's Jenkins, with its prefix; else the usual ones are tried.")
@click.option("--jenkins-user", metavar="NAME", help="The bridge's user there; '' for a Jenkins without a login.")
@click.option("--jenkins-token-file", metavar="FILE", help="A file with that user's API token; -: standard input.")
@click.option(
    "--people-token-file",
    metavar="FILE",
    help="A file with a person's token for the hub, for the jobs for"
    " people and for a test request at the end; -: standard input.",
)
@click.option("--fuego-ro-dir", metavar="DIR", help="Fuego's folder with boards; else it is looked for.")
@click.option("--fuego-rw-dir", metavar="DIR", help="Fuego's folder that is written; else it is looked for.")
@click.option("--fuego-core-dir", metavar="DIR", help="Fuego's programs and tests; else they are looked for.")
@click.option("--lab-dir", metavar="DIR", help="The folder shared with the jobs; else fuego_rw_dir/remote.")
@click.option("--state-dir", metavar="DIR", help="The bridge's own folder.")
@click.option("--ca-file", metavar="FILE", help="Certificates to trust besides the system's.")
@click.option("--container", is_flag=True, help="The jobs run in Fuego's container: its folders, not this machine's.")
@click.option("--share", metavar="BOARD[,BOARD]", help="Boards to share with the network: names, all or none.")
@click.option("--try-board", metavar="BOARD", help="The board to try at the end; none: no build is made.")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing: what is not given is as found, or as it was.")
@common
@pass_session
def init(
    session: Session,
    /,
    *,
    conf: Path | None,
    container: bool,
    share: str | None,
    try_board: str | None,
    yes: bool,
    **given: str | None,
) -> None:
    """Set a lab up: ask for what it needs, check it, write it to fuego.conf, make the jobs, share boards, try one.

    Everything can be given by options; without a terminal, or with --yes, nothing is asked. Called again it changes
    only what differs, and after a break it goes on. Tokens are never shown, and stand in files for their owner alone.

    \b
    Examples: ftc lab init
              ftc lab init --yes --hub-url https://hub.example.org --hub-token-file tokens/hub --share bbb
    """
    from fuego_jenkins_remote.cli.findings import Finding, State
    from fuego_jenkins_remote.cli.lab.init.asking import as_path
    from fuego_jenkins_remote.cli.lab.init.command import Wanted, is_terminal, set_up, what_next

    wanted = Wanted(
        given={key: value for key, value in given.items() if value is not None},
        conf=as_path(str(conf)) if conf else None,
        share=share,
        board=try_board,
        container=container,
        asks=not yes and is_terminal(),
    )
    conf_before = os.environ.get("FUEGO_CONF")
    found: list[Finding] = []
    commands: list[str] = []
    try:
        set_up(session, wanted, found)
        commands = what_next(conf_before)
    except (KeyboardInterrupt, click.Abort):
        session.out.note("\nbroken off; call ftc lab init again: it goes on, and keeps what was written")
        raise KeyboardInterrupt from None
    finally:
        if session.out.as_json:
            session.out.json({"findings": [one.data for one in found], "next": commands})
    if any(one.state is State.BAD for one in found):
        raise Failed("the lab is set up, but what was tried did not go well; see above")
    if not session.out.as_json:
        session.out.note("\nNow, for as long as the lab is to serve (docs/places.md says how as a service):")
        for command in commands:
            session.out.note(f"  {command}")
