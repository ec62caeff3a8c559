"""`ftc convert-run`: a run in a format that others read."""

from __future__ import annotations

from pathlib import Path

import click

from fuego_jenkins_remote.cli.options import FILE, common, pass_session
from fuego_jenkins_remote.cli.session import Session

MAX_LOG = 64 * 2**10
"""Bytes that are read of a test's log, from its end."""


@click.command
@click.argument("run", metavar="FOLDER|RUN.JSON", type=FILE)
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to; without it junit.xml in this folder.")
@common
@pass_session
def convert_run(session: Session, run: Path, output: Path | None) -> None:
    """Convert a run to JUnit's XML, which Jenkins shows as cases and trends.

    \b
    Example: ftc convert-run run -o junit.xml
    """
    from fuego_jenkins_remote.fuego.junit import to_junit
    from fuego_jenkins_remote.fuego.redact import Redactor
    from fuego_jenkins_remote.fuego.run_folder import RunFolder
    from fuego_jenkins_remote.fuego.runs import read_run

    target = output or Path("junit.xml")
    if run.is_dir():
        with RunFolder(run, Redactor(())) as folder:
            found = folder.read_run()
        log = _end_of(run / "testlog.txt")
    else:
        found, log = read_run(run), ""
    target.write_bytes(to_junit(found, log=log))
    session.out.result(
        f"{found.name}: {target}",
        bare=str(target),
        data={"test": found.name, "status": found.status, "file": str(target)},
    )


def _end_of(log: Path) -> str:
    """The end of a log; nothing where there is no plain file."""
    if log.is_symlink() or not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - MAX_LOG))
        return file.read(MAX_LOG).decode("utf-8", "replace")
