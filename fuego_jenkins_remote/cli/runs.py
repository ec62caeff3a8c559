"""`ftc get-run`, `list-runs`, `package-run`, `put-run`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import (
    FILE,
    FOLDER,
    common,
    host_name,
    hub_url,
    pass_session,
    remote,
    state_dir,
    vision_url,
)
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.fuego.packages import PackageInfo

PAGE = 200


@click.command
@click.argument("run", metavar="RUN|REQUEST")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to; without it NAME.frp in this folder.")
@click.option("--unpack", type=FOLDER, metavar="DIR", help="Unpack it into this new folder; with -o both.")
@hub_url
@vision_url
@common
@pass_session
def get_run(session: Session, run: str, output: Path | None, unpack: Path | None) -> None:
    """Fetch a run package, by the run's key or the request's id; its digest is checked.

    \b
    Examples: ftc get-run 20261123-101500123-k3j7x2m4
              ftc get-run timslab/20261123-101500123-k3j7x2m4.1 --unpack run
    """
    from fuego_jenkins_remote.fuego import packages

    key = _run_key(session, run)
    target = unpack or output or Path(f"{key.partition('/')[2]}.frp")
    if unpack and unpack.exists():
        raise Failed(f"{unpack}: is there already; a run is unpacked into a new folder")
    digest = _digest(session, key)
    if output and output.is_dir():
        raise Failed(f"{output}: is a folder: name the file, or unpack it into a new folder (--unpack)")
    for given in (output, unpack):
        _there(given.parent if given else target.parent)
    with TemporaryDirectory(prefix=".ftc-", dir=(output or target).parent) as work:
        fetched = Path(work) / "run.frp"
        session.vision.get_run(key, fetched)
        if packages.file_sha256(fetched) != digest:
            raise Failed(f"what {session.vision.url} sent is not the run {key}: its SHA-256 differs; nothing was kept")
        if unpack:
            packages.unpack(fetched, unpack, kind=packages.Kind.RUN)
        if output or not unpack:
            fetched.replace(output or target)
    session.out.result(f"{key}: {target}", bare=str(target), data={"run": key, "file": str(target), "sha256": digest})


def _digest(session: Session, key: str) -> str:
    from fuego_jenkins_remote.client.errors import NotFound

    try:
        return str(session.vision.run(key).get("sha256", ""))
    except NotFound as error:
        hint = "its lab may not have delivered it yet (ftc query-request says)"
        raise Failed(f"{session.vision.url} has no run {key}: {hint}") from error


def _there(folder: Path) -> Path:
    if not folder.is_dir():
        raise Failed(f"{folder}: there is no such folder")
    return folder


def _run_key(session: Session, run: str) -> str:
    """The key of a run that was given by its key, its attempt or its request."""
    from fuego_jenkins_remote.network.identities import check_request_id, split_run_key

    if "/" in run:
        split_run_key(run)
        return run
    request_id, _, number = run.partition(".")
    request = session.hub.request(check_request_id(request_id))
    if number and request.host and str(request.attempt) != number:
        raise Failed(f"{run} is not the last attempt: give the run's key, like {request.host}/{run}")
    if not request.run_key:
        raise Failed(f"request {request.id} is {request.state}: it has no run" + ("" if request.is_final else " yet"))
    return request.run_key


_STATUSES = ("PASS", "FAIL", "ERROR", "SKIP")


@click.command
@remote
@click.option("-b", "--board", default="", metavar="[HOST:]BOARD", help="Only runs on this board.")
@click.option("-t", "--test", default="", metavar="TEST", help="Only runs of this test.")
@click.option("-s", "--spec", default="", metavar="SPEC", help="Only runs of this spec.")
@click.option("--host", default="", metavar="HOST", help="With -r: only runs of this lab.")
@click.option("--status", default="", metavar="STATUS", help="Only PASS, FAIL, ERROR or SKIP.")
@click.option("--request", default="", metavar="REQUEST", help="With -r: only the runs of this request.")
@click.option("--campaign", default="", metavar="CAMPAIGN", help="With -r: only the runs of this campaign.")
@click.option("--since", default="", metavar="TIME", help="With -r: a date (UTC), or a time with its offset.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest so many.")
@vision_url
@common
@pass_session
def list_runs(session: Session, /, remote: bool, limit: int, **filters: str) -> None:
    """List runs, of this lab or of the network, newest first.

    \b
    Examples: ftc list-runs -t Functional.hello_world
              ftc list-runs -r --board timslab:bbb --status FAIL
    """
    if filters["status"]:
        _check_status(filters["status"])
    if remote:
        _list_remote(session, limit, filters)
        return
    for name in ("host", "request", "campaign", "since"):
        if filters[name]:
            raise click.UsageError(f"--{name} is for the network's runs: add -r")
    from fuego_jenkins_remote.cli.local_runs import local_runs

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


def _list_remote(session: Session, limit: int, filters: dict[str, str]) -> None:
    runs: list[dict[str, Any]] = []
    before: str | None = ""
    while before is not None and len(runs) < limit:
        page, before = session.vision.runs(**filters, limit=min(limit - len(runs), PAGE), before=before)
        runs += page
    runs = runs[:limit]
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
    from datetime import datetime

    try:
        return local_time(datetime.fromisoformat(str(text))) if text else ""
    except ValueError:
        return str(text)


@click.command
@click.argument("folder", metavar="FOLDER", type=FILE)
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to; without it NAME.frp in this folder.")
@click.option("-b", "--board", metavar="BOARD", help="Whose secrets to leave out, if it is not the board of the run.")
@common
@pass_session
def package_run(session: Session, folder: Path, output: Path | None, board: str | None) -> None:
    """Pack a run folder, without the lab's secrets: no prolog.sh, and *** for what the board's file keeps private.

    FOLDER is a run folder, or the name of one below fuego_rw_dir/logs, as list-runs shows it.

    \b
    Example: ftc package-run Functional.hello_world/bbb.default.7.7
    """
    source = _run_folder(session, folder)
    info = _pack(session, source, output or Path(f"{source.name}.frp"), board)
    for name in info.cut:
        session.out.note(f"{name} is too large: only in part in the package")
    session.out.result(
        f"{info.name}: {info.path} ({info.size} bytes)",
        bare=str(info.path),
        data={"test": info.name, "file": str(info.path), "sha256": info.sha256, "size": info.size},
    )


def _run_folder(session: Session, given: Path) -> Path:
    if given.is_dir():
        return given.resolve()
    logs = session.settings.path("fuego_rw_dir") / "logs"
    if len(given.parts) <= 2 and not given.is_absolute() and ".." not in given.parts:
        tests = [logs] if len(given.parts) == 2 else _folders(logs)
        found = [test / given for test in tests if (test / given).is_dir()]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(str(one.relative_to(logs)) for one in found)
            raise Failed(f"{given} is there more than once: {names}")
    raise Failed(f"{given}: there is no such run folder, here or in {logs}")


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def _pack(session: Session, folder: Path, target: Path, board: str | None) -> PackageInfo:
    from fuego_jenkins_remote.fuego.names import check_board_name
    from fuego_jenkins_remote.fuego.packages import pack_run
    from fuego_jenkins_remote.fuego.redact import Redactor
    from fuego_jenkins_remote.fuego.run_folder import RunFolder

    with RunFolder(folder, Redactor(())) as opened:
        name = board or opened.read_run().text("board")
    if session.lab.board_file(check_board_name(name)) is None:
        raise Failed(
            f"there is no board file {session.lab.fuego_ro / 'boards' / name}.board: what of its run is secret is not"
            " known (-b BOARD names another board)"
        )
    _there(target.parent)
    redactor = Redactor(session.lab.secret_values(name))
    return pack_run(folder, target, redactor=redactor, metadata={"host_name": session.settings.host_name})


@click.command
@click.argument("run", metavar="PACKAGE|FOLDER|REQUEST")
@click.option(
    "-b", "--board", metavar="BOARD", help="For a folder: whose secrets to leave out, if not its own board's."
)
@click.option("--to", default="", metavar="TARGET,...", help="Where to; without it to the targets in fuego.conf.")
@hub_url
@vision_url
@host_name
@state_dir
@common
@pass_session
def put_run(session: Session, run: str, board: str | None, to: str) -> int:
    """Deliver a run to its targets.

    A run package, a run folder, or what a request of this lab has left.

    Delivering the same run again changes nothing. Targets are vision, squad, kernelci, fserver, and what packages add.

    \b
    Examples: ftc put-run 20261123-101500123-k3j7x2m4
              ftc put-run bbb.default.7.frp --to vision,squad
    """
    from fuego_jenkins_remote.cli.settings import target_names

    names = target_names(to) if to else ()
    path = Path(run)
    if not path.exists() and (attempt := _attempt(session, run)):
        from fuego_jenkins_remote.lab.serving.by_hand import deliver

        key, url = f"{session.settings.host_name}/{attempt}", deliver(session.lab, session.links, attempt, names)
        session.out.result(f"{key}: {url}" if url else key, bare=key, data={"run": key, "url": url})
        return 0
    from fuego_jenkins_remote.cli.delivering import put_package

    with _as_package(session, path, board) as info:
        return put_package(session, info, names or session.settings.targets)


def _attempt(session: Session, text: str) -> Any:
    """The attempt (AttemptId) of this lab that a run's key, an attempt or a request names; None where it is none."""
    from fuego_jenkins_remote.cli.outbox import last_attempt
    from fuego_jenkins_remote.network.identities import AttemptId, BadIdentity, check_request_id

    name = text.removeprefix(f"{session.settings.host_name}/")
    try:
        return AttemptId.parse(name)
    except BadIdentity:
        pass
    try:
        return last_attempt(session, check_request_id(name))
    except BadIdentity:
        return None


@contextmanager
def _as_package(session: Session, source: Path, board: str | None) -> Iterator[PackageInfo]:
    from fuego_jenkins_remote.fuego.packages import Kind, check_package

    if source.is_file():
        yield check_package(source, Kind.RUN)
        return
    folder = _run_folder(session, source)
    with TemporaryDirectory(prefix="ftc-") as work:
        yield _pack(session, folder, Path(work) / "run.frp", board)
