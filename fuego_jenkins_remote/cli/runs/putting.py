"""`ftc package-run`, `put-run`."""

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
    from fuego_jenkins_remote.cli.runs.delivering import put_package

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
