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
    from fuego_jenkins_remote.lab.attempts.journal import Delivery, Entry, Journal
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
        _tell_programs(session, [])
        return 0
    from fuego_jenkins_remote.lab.serving.by_hand import push_runs

    if into is None and os.environ.get("WORKSPACE"):
        into = Path(os.environ["WORKSPACE"])
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
    told: list[str] = []

    def say(text: str) -> None:
        told.append(text)
        session.out.note(text)

    well = push_runs(session.lab, session.links, into, say)
    _tell_programs(session, told)
    return 0 if well else 1


def _tell_programs(session: Session, told: list[str]) -> None:
    """With --json, what was said of each run."""
    if session.as_json:
        parts = (text.partition(": ") for text in told)
        session.out.json([{"attempt": attempt, "said": said} for attempt, _, said in parts])


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


@click.group(invoke_without_command=True)
@click.option("--not-sent", is_flag=True, help="List what was given up or held back instead, and why.")
@state_dir
@common
@click.pass_context
@pass_session
def outbox(session: Session, context: click.Context, not_sent: bool) -> None:
    """List the deliveries that wait; try them again, or give them up.

    \b
    Examples: ftc outbox
              ftc outbox --not-sent
              ftc outbox retry
              ftc outbox drop 20261123-101500123-k3j7x2m4 --reason "vision was set up anew"
    """
    if context.invoked_subcommand is not None:
        return
    waiting = _not_sent(session) if not_sent else _waiting(session)
    session.out.table(
        ("run", "test", "status", "target", "tries", "why it was not sent" if not_sent else "why it waits"),
        [
            (str(entry.id), entry.request.test, entry.status, one.target, str(one.tries), one.trouble)
            for entry, one in waiting
        ],
        bare=[f"{entry.id} {one.target}" for entry, one in waiting],
        data=[
            {"attempt": str(entry.id), "target": one.target, "tries": one.tries, "trouble": one.trouble}
            for entry, one in waiting
        ],
        empty="nothing was given up or held back" if not_sent else "nothing waits",
    )


@outbox.command
@click.argument("runs", nargs=-1, metavar="[REQUEST]...")
@hub_url
@vision_url
@lab_dir
@state_dir
@common
@pass_session
def retry(session: Session, runs: tuple[str, ...]) -> int:
    """Try the deliveries that wait again now, all or those of the requests given; exit status 1 if some still wait.

    \b
    Example: ftc outbox retry 20261123-101500123-k3j7x2m4
    """
    from fuego_jenkins_remote.lab.errors import LabError
    from fuego_jenkins_remote.lab.serving.by_hand import deliver

    wanted = [_attempt(session, run) for run in runs] or list(dict.fromkeys(entry.id for entry, _ in _waiting(session)))
    delivered: list[AttemptId] = []
    for attempt in wanted:
        try:
            url = deliver(session.lab, session.links, attempt)
        except LabError as error:
            session.out.note(f"{attempt}: {error}")
        else:
            delivered.append(attempt)
            if not session.as_json:
                session.out.result(f"{attempt}: delivered {url}".rstrip(), bare=str(attempt))
    if session.as_json:
        session.out.json([{"attempt": str(one), "delivered": one in delivered} for one in wanted])
    elif not wanted:
        session.out.note("nothing waits")
    return 0 if len(delivered) == len(wanted) else 1


@outbox.command
@click.argument("run", metavar="REQUEST")
@click.option("--target", metavar="NAME", help="Only for this target; without it for all that wait.")
@click.option("--reason", default="", metavar="TEXT", help="For the requester.")
@hub_url
@vision_url
@lab_dir
@state_dir
@common
@pass_session
def drop(session: Session, run: str, target: str | None, reason: str) -> None:
    """Give up the deliveries of a run that wait. Its package is kept in state_dir/packages/refused.

    \b
    Example: ftc outbox drop 20261123-101500123-k3j7x2m4 --reason "vision was set up anew"
    """
    from fuego_jenkins_remote.lab.serving.by_hand import drop

    attempt = _attempt(session, run)
    dropped = drop(session.lab, session.links, attempt, target, reason)
    session.out.result(
        f"{attempt}: given up for {', '.join(dropped)}",
        bare=dropped,
        data={"attempt": str(attempt), "targets": dropped},
    )


def _attempt(session: Session, text: str) -> AttemptId:
    """REQUEST.N as it is, REQUEST as its last attempt here. Raises BadIdentity, Failed."""
    from fuego_jenkins_remote.network.identities import AttemptId, check_request_id

    return AttemptId.parse(text) if "." in text else last_attempt(session, check_request_id(text))


def _waiting(session: Session) -> list[tuple[Entry, Delivery]]:
    journal = _open_journal(session)
    if journal is None:
        return []
    pairs = ((entry, one) for entry in journal.open_entries() for one in journal.deliveries(entry.id))
    return [(entry, one) for entry, one in pairs if not one.delivered]


def _not_sent(session: Session) -> list[tuple[Entry, Delivery]]:
    journal = _open_journal(session)
    if journal is None:
        return []
    pairs = ((journal.entry(one.attempt), one) for one in journal.not_sent())
    return [(entry, one) for entry, one in pairs if entry is not None]


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
    from fuego_jenkins_remote.lab.attempts.journal import Journal

    path = session.settings.path("state_dir") / "journal.sqlite"
    return Journal(path) if path.is_file() else None
