"""`ftc package-run`, `put-run`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import (
    FILE,
    common,
    host_name,
    hub_url,
    pass_session,
    state_dir,
    vision_url,
)
from fuego_jenkins_remote.cli.runs.local import existing
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.fuego.packages import PackageInfo


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
    existing(target.parent)
    redactor = Redactor(session.lab.secret_values(name))
    return pack_run(folder, target, redactor=redactor, metadata={"host_name": session.settings.host_name})


def _keep_commit(context: click.Context, _option: click.Parameter, commit: str | None) -> None:
    if not commit:
        return
    if len(commit) != 40 or not set(commit) <= set("0123456789abcdef"):
        raise click.BadParameter("40 digits 0-9 a-f are wanted")
    context.ensure_object(Session).options["kcidb_commit"] = commit


@click.command
@click.argument("runs", metavar="PACKAGE|FOLDER|REQUEST...", nargs=-1, required=True)
@click.option(
    "-b", "--board", metavar="BOARD", help="For a folder: whose secrets to leave out, if not its own board's."
)
@click.option("--to", default="", metavar="TARGET,...", help="Where to; without it to the targets in fuego.conf.")
@click.option(
    "--kernel-commit",
    metavar="COMMIT",
    expose_value=False,
    callback=_keep_commit,
    help="For KernelCI: which kernel it was, where the run does not say so itself.",
)
@hub_url
@vision_url
@host_name
@state_dir
@common
@pass_session
def put_run(session: Session, runs: tuple[str, ...], board: str | None, to: str) -> int:
    """Deliver runs to their targets.

    A run package, a run folder, or what a request of this lab has left; several in one go.

    Delivering the same run again changes nothing. Targets are vision, squad, kernelci, fserver, and what packages add.

    \b
    Examples: ftc put-run 20261123-101500123-k3j7x2m4
              ftc put-run bbb.default.7.frp --to vision,squad
              ftc put-run *.frp --to kernelci --kernel-commit c942fddf8793b2013be8c901b47d0a8dc02bf99f
    """
    from fuego_jenkins_remote.cli.runs.delivering import put_packages
    from fuego_jenkins_remote.cli.settings import target_names

    names = target_names(to) if to else ()
    attempts = {run: found for run in runs if not Path(run).exists() and (found := _attempt(session, run))}
    told: list[dict[str, Any]] = []
    well = True
    with ExitStack() as stack:
        packages = [stack.enter_context(_as_package(session, Path(run), board)) for run in runs if run not in attempts]
        for attempt in attempts.values():
            one = _put_attempt(session, attempt, names, alone=len(runs) == 1)
            well = well and one is not None
            told += [one] if one else []
        if packages:
            told += put_packages(session, packages, names or session.settings.targets)
    if session.as_json:
        session.out.json(told[0] if len(runs) == 1 else told)
    return 0 if well and all(target["delivered"] for one in told for target in one.get("targets", ())) else 1


def _put_attempt(session: Session, attempt: Any, names: tuple[str, ...], *, alone: bool) -> dict[str, Any] | None:
    """Deliver what a request of this lab has left. Among several one that waits is told of, and gives None."""
    from fuego_jenkins_remote.lab.errors import LabError
    from fuego_jenkins_remote.lab.serving.by_hand import deliver

    key = f"{session.settings.host_name}/{attempt}"
    try:
        url = deliver(session.lab, session.links, attempt, names)
    except LabError as error:
        if alone:
            raise
        session.out.note(f"{key}: {error}")
        return None
    if not session.as_json:
        session.out.result(f"{key}: {url}" if url else key, bare=key, data={})
    return {"run": key, "url": url}


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
