"""`ftc get-run`, `list-runs`: runs that are elsewhere, and this lab's own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import AGO, FILE, FOLDER, HOST, common, hub_url, pass_session, remote, vision_url
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.runs.local import existing
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.values import Request
    from fuego_jenkins_remote.publish.targets import Readable


origin_option = click.option(
    "--from", "origin", default="", metavar="TARGET", help="Where from: vision, squad or fserver."
)


@click.command
@click.argument("run", metavar="RUN|REQUEST")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to; without it NAME.frp in this folder.")
@click.option("--unpack", type=FOLDER, metavar="DIR", help="Unpack it into this new folder; with -o both.")
@origin_option
@hub_url
@vision_url
@common
@pass_session
def get_run(session: Session, run: str, origin: str, output: Path | None, unpack: Path | None) -> None:
    """Fetch a run package, by the run's key or the request's id; its digest is checked.

    Where vision_url is not set, it comes from the server of server_type, as with --from squad or --from fserver.

    \b
    Examples: ftc get-run 20261123-101500123-k3j7x2m4
              ftc get-run timslab/20261123-101500123-k3j7x2m4.1 --unpack run
    """
    from fuego_jenkins_remote.fuego import packages

    origin = session.runs_from(origin)
    key = run_key(session, run, origin)
    source = session.readable(origin)
    target = unpack or output or Path(f"{key.rpartition('/')[2]}.frp")
    if unpack and unpack.exists():
        raise Failed(f"{unpack}: is there already; a run is unpacked into a new folder")
    if output and output.is_dir():
        raise Failed(f"{output}: is a folder: name the file, or unpack it into a new folder (--unpack)")
    for given in (output, unpack):
        existing(given.parent if given else target.parent)
    with TemporaryDirectory(prefix=".ftc-", dir=(output or target).parent) as work:
        file = Path(work) / "run.frp"
        fetched = source.fetch(key, file)
        if unpack:
            packages.unpack(file, unpack, kind=packages.Kind.RUN)
        if output or not unpack:
            file.replace(output or target)
    if not fetched.is_original:
        session.out.note(f"{source.url} has no package of {fetched.key}: this one was made of what it has of the run")
    session.out.result(
        f"{fetched.key}: {target}",
        bare=str(target),
        data={"run": fetched.key, "file": str(target), "sha256": fetched.sha256, "original": fetched.is_original},
    )


def run_key(session: Session, run: str, origin: str) -> str:
    """The key of a run that was given by its key, its attempt or its request; other servers have other names, too.

    Raises BadIdentity, BadName, ClientError, Failed.
    """
    if run.startswith("request-") and session.speaks_fserver:
        return _of_request(session.hub.request(session.request_id(run)))
    from fuego_jenkins_remote.network.identities import BadIdentity, check_request_id, split_run_key

    if "/" in run:
        split_run_key(run)
        return run
    request_id, _, number = run.partition(".")
    try:
        check_request_id(request_id)
    except BadIdentity:
        if origin != "vision":
            return run
        raise
    request = session.hub.request(request_id)
    if number and request.host and str(request.attempt) != number:
        raise Failed(f"{run} is not the last attempt: give the run's key, like {request.host}/{run}")
    return _of_request(request)


def _of_request(request: Request) -> str:
    if not request.run_key:
        raise Failed(f"request {request.id} is {request.state}: it has no run" + ("" if request.is_final else " yet"))
    return request.run_key


_STATUSES = ("PASS", "FAIL", "ERROR", "SKIP")


def _since(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """A date or a time as it was given; of a span (7d) the moment at which it began."""
    try:
        datetime.fromisoformat(value or "2026-11-23")
    except ValueError:
        return AGO.convert(value, parameter, context).isoformat(timespec="seconds")
    return value


@click.command
@remote
@click.option("-b", "--board", default="", metavar="[HOST:]BOARD", help="Only runs on this board.")
@click.option("-t", "--test", default="", metavar="TEST", help="Only runs of this test.")
@click.option("-s", "--spec", default="", metavar="SPEC", help="Only runs of this spec.")
@click.option("--host", default="", type=HOST, help="With -r: only runs of this lab.")
@click.option("--status", default="", metavar="STATUS", help="Only PASS, FAIL, ERROR or SKIP.")
@click.option("--request", default="", metavar="REQUEST", help="With -r: only the runs of this request.")
@click.option("--campaign", default="", metavar="CAMPAIGN", help="With -r: only the runs of this campaign.")
@click.option(
    "--since",
    default="",
    metavar="TIME",
    callback=_since,
    help="With -r: only what is newer: 2d (ago), a date (UTC), or a time with its offset.",
)
@click.option("--from", "origin", default="", metavar="TARGET", help="With -r: whose, vision, squad or fserver.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest so many.")
@vision_url
@common
@pass_session
def list_runs(session: Session, /, remote: bool, origin: str, limit: int, **filters: str) -> None:
    """List runs, of this lab or of the network, newest first.

    The network's are vision's; where vision_url is not set, those of the server of server_type, squad or fuego.

    \b
    Examples: ftc list-runs -t Functional.hello_world
              ftc list-runs -r --board timslab:bbb --status FAIL
              ftc list-runs -r --from squad -t Benchmark.bonnie
    """
    if filters["status"]:
        _check_status(filters["status"])
    if remote:
        _list_remote(session, session.readable(session.runs_from(origin)), limit, filters)
        return
    for name, given in (
        *((name, filters[name]) for name in ("host", "request", "campaign", "since")),
        ("from", origin),
    ):
        if given:
            raise click.UsageError(f"--{name} is for the network's runs: add -r")
    from fuego_jenkins_remote.cli.runs.local import local_runs

    runs = local_runs(session.settings.path("fuego_rw_dir") / "logs", filters, limit)
    session.out.table(
        ("run", "test", "board", "status", "when"),
        [(one.name, one.test, one.board, one.status, local_time(one.at)) for one in runs],
        bare=[one.name for one in runs],
        data=[
            {"folder": str(one.folder), "test": one.test, "board": one.board, "spec": one.spec, "status": one.status}
            for one in runs
        ],
        empty=f"no such run in {session.settings.path('fuego_rw_dir') / 'logs'}",
    )


def _check_status(status: str) -> None:
    if status not in _STATUSES:
        raise click.UsageError(f"no such status {status!r}; there are: {', '.join(_STATUSES)}")


def _list_remote(session: Session, source: Readable, limit: int, filters: dict[str, str]) -> None:
    listed = source.runs(filters, limit)
    runs = listed.runs
    if not listed.is_all:
        session.out.note(f"{source.url}: only the newest runs were looked at, there may be others that fit")
    session.out.table(
        ("run", "test", "board", "status", "cases", "when"),
        [
            (
                str(one.get("key", "")),
                str(one.get("test", "")),
                f"{one.get('host', '')}:{one.get('board', '')}",
                str(one.get("status", "")),
                _counts(one.get("counts")),
                _when(one.get("started_at")),
            )
            for one in runs
        ],
        bare=[str(one.get("key", "")) for one in runs],
        data=runs,
        empty="no such run" if any(filters.values()) else "no runs yet",
    )


def _counts(counts: object) -> str:
    if not isinstance(counts, dict):
        return ""
    return ", ".join(f"{number} {status}" for status, number in counts.items() if number)


def _when(text: object) -> str:
    try:
        return local_time(datetime.fromisoformat(str(text))) if text else ""
    except ValueError:
        return str(text)
