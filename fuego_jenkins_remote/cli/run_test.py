"""`ftc run-test` where no Fuego is installed. Where it is, main.py hands the call to Fuego's own ftc before this."""

from __future__ import annotations

import os
from typing import Any

import click

from fuego_jenkins_remote.cli.boards.sharing import wanted_boards
from fuego_jenkins_remote.cli.options import DURATION, common, pass_session
from fuego_jenkins_remote.cli.session import Session

_TRUTH = click.Choice(["true", "false"])


@click.command
@click.option("-b", "--boards", metavar="BOARD[,BOARD]", help="The board; a unique prefix will do.")
@click.option("-t", "--test", required=True, metavar="TEST", help="The test, by its full or short name.")
@click.option("-s", "--spec", default="default", show_default=True, metavar="SPEC", help="The test's spec.")
@click.option("-p", "--phases", default="", metavar="PHASES", help="Only these phases, by Fuego's letters.")
@click.option("--timeout", type=DURATION, default="30m", show_default=True, metavar="TIME", help="The time limit.")
@click.option("--rebuild", type=_TRUTH, default="false", help="Build the test's program anew.")
@click.option("--reboot", type=_TRUTH, default="false", help="Reboot the board first.")
@click.option("--precleanup", type=_TRUTH, default="true", help="Remove earlier files from the board first.")
@click.option("--postcleanup", type=_TRUTH, default="true", help="Remove the test's files from the board afterwards.")
@click.option("--batch", is_flag=True, help="Part of a batch of tests.")
@click.option("--dynamic-vars", default="", metavar="A=1,B=2", help="Variables of the test.")
@common
@pass_session
def run_test(session: Session, /, boards: str | None, timeout: int, **given: Any) -> int:
    """Run a test on a board of this lab.

    Fuego's own ftc does it, where Fuego is installed. Otherwise a small stand-in runs tests on boards with TRANSPORT
    local: see docs/standin.md. With auto_install_test=true in fuego.conf a test that is missing is installed first.

    \b
    Example: ftc run-test -b local -t Functional.hello_world
    """
    from fuego_jenkins_remote.standin.options import RunTestOptions, parse_dynamic_vars
    from fuego_jenkins_remote.standin.places import Places
    from fuego_jenkins_remote.standin.run_test import run_test

    settings = session.settings
    places = Places(
        fuego_ro=settings.path("fuego_ro_dir"),
        fuego_rw=settings.path("fuego_rw_dir"),
        fuego_core=settings.path("fuego_core_dir"),
        host_name=settings.host_name,
    )
    _install_missing(session, given["test"])
    worst = 0
    for board in wanted_boards(session, boards):
        options = RunTestOptions(
            board=board,
            test=given["test"],
            spec=given["spec"],
            phases=given["phases"],
            timeout=timeout,
            rebuild=given["rebuild"] == "true",
            reboot=given["reboot"] == "true",
            precleanup=given["precleanup"] == "true",
            postcleanup=given["postcleanup"] == "true",
            batch=given["batch"],
            dynamic_vars=parse_dynamic_vars(given["dynamic_vars"]),
        )
        worst = max(worst, run_test(options, places=places, environ=os.environ))
    return worst


def _install_missing(session: Session, test: str) -> None:
    """Fetch a test that is not installed from the network's store, if fuego.conf says so and a person asks.

    The build of a request installs nothing: what is installed is run for whom the lab's policy lets run such tests.
    """
    from fuego_jenkins_remote.standin.errors import StandinError
    from fuego_jenkins_remote.standin.installed import find_test

    settings = session.settings
    wanted = settings.get("auto_install_test").lower() in {"true", "1"} and settings.get("hub_url")
    if not wanted or os.environ.get("REQUEST_ID") or not test.startswith(("Functional.", "Benchmark.")):
        return
    try:
        find_test(settings.path("fuego_core_dir"), test)
    except StandinError:
        from fuego_jenkins_remote.cli.store.getting import install

        found, done = install(session, test, "", force=False)
        session.out.note(f"{found.name} {found.label} of the network's store: {done.outcome} in {done.folder}")
