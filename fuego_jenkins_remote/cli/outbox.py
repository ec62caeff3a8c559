"""`ftc push-runs`, `ftc outbox`: runs on their way out of the lab."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import FOLDER, common, hub_url, lab_dir, pass_session, state_dir, vision_url
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.lab.journal import Delivery, Entry, Journal
    from fuego_jenkins_remote.network.identities import AttemptId


@click.command
@click.option("--into", type=FOLDER, metavar="DIR", help="Leave the packages there, too; in a Jenkins job: WORKSPACE.")
@hub_url
@vision_url
@lab_dir
@state_dir
@common
@pass_session
def push_runs(session: Session, into: Path | None) -> int:
    """Package and deliver the runs that wait in the outbox. The bridge does the same; nothing is delivered twice.

    Where no token of the hub is at hand, or the bridge's own folder is closed to us, everything is left to the bridge.

    \b
    Example: ftc push-runs
    """
    why = _why_left_to_the_bridge(session)
    if why:
        session.out.note(f"{why}: the bridge delivers the runs")
        return 0
    from fuego_jenkins_remote.lab.by_hand import push_runs

    if into is None and os.environ.get("WORKSPACE"):
        into = Path(os.environ["WORKSPACE"])
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
    return 0 if push_runs(session.lab, session.links, into, session.out.note) else 1


def _why_left_to_the_bridge(session: Session) -> str:
    """What this user lacks to deliver runs; empty where nothing is."""
    settings = session.settings
    try:
        if not settings.get("hub_url") or not settings.token("hub"):
            return "no hub and token are set here"
    except Failed as error:
        return str(error)
    folder = settings.path("state_dir")
    if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"{folder} is not this user's"
    return ""


@click.command
@state_dir
@common
@pass_session
def outbox(session: Session) -> None:
    """List the deliveries that wait, with the reason.

    \b
    Example: ftc outbox
    """
    journal = _open_journal(session)
    waiting: list[tuple[Entry, Delivery]] = []
    if journal is not None:
        entries = ((entry, one) for entry in journal.open_entries() for one in journal.deliveries(entry.id))
        waiting = [(entry, one) for entry, one in entries if not one.delivered]
    session.out.table(
        ("run", "test", "status", "target", "tries", "why it waits"),
        [
            (str(entry.id), entry.request.test, entry.status, one.target, str(one.tries), one.trouble)
            for entry, one in waiting
        ],
        bare=[f"{entry.id} {one.target}" for entry, one in waiting],
        data=[
            {"attempt": str(entry.id), "target": one.target, "tries": one.tries, "trouble": one.trouble}
            for entry, one in waiting
        ],
        empty="nothing waits",
    )


def last_attempt(session: Session, request: str) -> AttemptId:
    """The last attempt of a request in this lab; raises Failed where there was none."""
    from fuego_jenkins_remote.network.identities import MAX_ATTEMPTS, AttemptId

    journal = _open_journal(session)
    attempts = (AttemptId(request, number) for number in range(MAX_ATTEMPTS, 0, -1))
    found = next((one for one in attempts if journal.entry(one) is not None), None) if journal else None
    if found is not None:
        return found
    raise Failed(f"this lab has had no attempt of request {request}")


def _open_journal(session: Session) -> Journal | None:
    """The bridge's journal; None where there is none yet."""
    from fuego_jenkins_remote.lab.journal import Journal

    path = session.settings.path("state_dir") / "journal.sqlite"
    return Journal(path) if path.is_file() else None
