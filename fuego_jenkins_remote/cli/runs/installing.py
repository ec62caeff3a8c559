"""`ftc install-run`: a run of elsewhere among this machine's own, where Fuego's reports find it."""

from __future__ import annotations

import filecmp
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import common, hub_url, pass_session, vision_url
from fuego_jenkins_remote.cli.runs.local import existing
from fuego_jenkins_remote.cli.runs.reading import origin_option, run_key
from fuego_jenkins_remote.cli.session import Session


@click.command
@click.argument("run", metavar="RUN|REQUEST")
@origin_option
@hub_url
@vision_url
@common
@pass_session
def install_run(session: Session, run: str, origin: str) -> None:
    """Fetch a run and put it among this machine's own, where Fuego's reports and list-runs find it.

    Its folder is fuego_rw_dir/logs/TEST/BOARD.SPEC.HOST.BUILD_NUMBER.

    \b
    Example: ftc install-run 20261123-101500123-k3j7x2m4
    """
    from fuego_jenkins_remote.fuego import packages

    logs = existing(session.settings.path("fuego_rw_dir")) / "logs"
    origin = session.runs_from(origin)
    key = run_key(session, run, origin)
    with TemporaryDirectory(prefix=".ftc-", dir=logs.parent) as work:
        file = Path(work) / "run.frp"
        fetched = session.readable(origin).fetch(key, file)
        unpacked = packages.unpack(file, Path(work) / "unpacked", kind=packages.Kind.RUN)
        folder = logs / _place_of(unpacked)
        if folder.exists():
            if not _alike(unpacked, folder):
                raise Failed(f"{folder}: is there already, and another run; nothing was changed")
        else:
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(unpacked, folder)
    session.out.result(f"{fetched.key}: {folder}", bare=str(folder), data={"run": fetched.key, "folder": str(folder)})


def _place_of(unpacked: Path) -> Path:
    """TEST/FOLDER; raises BadName for a run whose names are none."""
    from fuego_jenkins_remote.fuego.names import check_board_name, check_host_name, check_spec_name, check_test_name
    from fuego_jenkins_remote.fuego.runs import read_run

    run = read_run(unpacked / "run.json")
    board, host = check_board_name(run.text("board")), check_host_name(run.text("host_name") or "unknown")
    spec, number = check_spec_name(run.text("test_spec") or "default"), run.text("build_number")
    number = check_board_name(number) if number else "0"
    return Path(check_test_name(run.name), f"{board}.{spec}.{host}.{number}")


def _alike(one: Path, other: Path) -> bool:
    compared = filecmp.dircmp(one, other, ignore=[])
    return not (compared.left_only or compared.diff_files or compared.funny_files) and all(
        _alike(one / name, other / name) for name in compared.common_dirs
    )
