"""`ftc hub|vision backup` and `restore`: the same for both services."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.options import FOLDER, common, pass_session
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.service.backup import Made


def add_backups(group: click.Group, name: str) -> None:
    """Give the group of a service its verbs `backup` and `restore`."""

    @group.command(
        name="backup",
        help=f"""Make a backup while the service runs: the database by SQLite's own backup, and the packages.

        TARGET is a folder that is not there yet; it appears when all of it is checked and safe on the disk. Packages
        are hard links if it is on the same file system: copy the folder to another machine then.

        \b
        Example: ftc {name} backup /backup/fuego-{name}-2026-11-27 --data /var/lib/fuego-{name}
        """,
    )
    @click.argument("target", type=FOLDER, metavar="TARGET")
    @service.data
    @common
    @pass_session
    def backup(session: Session, target: Path, data_dir: Path) -> None:
        made, dump = _admin(name).back_up(data_dir, target)
        for digest in made.missing:
            session.out.note(f"the package {digest} is named in the database, and its file is not there")
        if dump:
            session.out.note(f"the database is not in it. What has to be dumped before this is called: {dump}")
        said = f"{target}: {'' if dump else 'the database and '}{made.packages} packages ({made.size} bytes)"
        session.out.result(said, bare=str(target), data=_data(made))

    @group.command(
        name="restore",
        help=f"""Make a data folder of a backup. Everything is checked first; what is there is never overwritten.

        \b
        Example: ftc {name} restore /backup/fuego-{name}-2026-11-27 --data /var/lib/fuego-{name}
        """,
    )
    @click.argument("source", type=FOLDER, metavar="SOURCE")
    @service.data
    @common
    @pass_session
    def restore(session: Session, source: Path, data_dir: Path) -> None:
        made = _admin(name).restore(source, data_dir)
        for digest in made.missing:
            session.out.note(f"the package {digest} was missing when the backup was made")
        then = f"ftc {name} init --data {shlex.quote(str(data_dir))}"
        if made.database:
            said = f"{data_dir}: the database and {made.packages} packages; now: {then}"
        else:
            said = (
                f"{data_dir}: {made.packages} packages; the database was not in it: "
                f"pg_restore its dump into a new one, then: {then} --database ADDRESS"
            )
        session.out.result(said, bare=str(data_dir), data=_data(made))


def _admin(name: str) -> Any:
    from importlib import import_module

    return import_module(f"fuego_jenkins_remote.{name}.backups")


def _data(made: Made) -> dict[str, object]:
    return {
        "where": str(made.where),
        "database": made.database,
        "packages": made.packages,
        "bytes": made.size,
        "missing": list(made.missing),
        "tables": made.tables,
    }
