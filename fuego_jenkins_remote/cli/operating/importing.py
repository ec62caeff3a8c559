"""`ftc hub import-fserver`, `ftc vision import-fserver`: what lies in an old Fuego server's data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.options import FOLDER, common, pass_session
from fuego_jenkins_remote.cli.people import new_teams
from fuego_jenkins_remote.cli.session import Session

folder = click.argument("folder", type=FOLDER, metavar="FOLDER")


@click.command(name="import-fserver")
@folder
@service.data
@common
@pass_session
def import_runs(session: Session, folder: Path, data_dir: Path) -> int:
    """Take over the runs of an old Fuego server's data folder (fserver-data); exit status 1 if some were torn.

    What is torn or badly named is told of, a line each, and the rest is taken. Calling it again takes what is new, and
    changes nothing else; vision may run meanwhile.

    \b
    Example: ftc vision import-fserver /srv/fserver/fserver-data --data /var/lib/fuego-vision
    """
    from fuego_jenkins_remote.fuego.fserver_folder import FserverFolder, Torn
    from fuego_jenkins_remote.vision import importing
    from fuego_jenkins_remote.vision.admin import open_data

    old = FserverFolder(folder)
    engine = open_data(data_dir)
    report = Report(session)
    try:
        for one in importing.import_runs(engine, data_dir, old):
            if isinstance(one, Torn):
                report.torn(one.path, one.what)
            else:
                report.taken("runs", is_new=one.is_new)
    finally:
        engine.dispose()
    return report.end()


@click.command(name="import-fserver")
@folder
@service.data
@click.option("--team", required=True, metavar="TEAM", help="Whose labs, tests and requests they are here.")
@click.option("--waiting", is_flag=True, help="Requests that wait go on waiting here; without it they have expired.")
@click.option("--vision-url", default="", metavar="URL", help="Where people find their runs.")
@common
@pass_session
def import_objects(session: Session, /, *, folder: Path, data_dir: Path, **wanted: Any) -> int:
    """Take over boards, tests and requests of an old Fuego server's data folder (fserver-data).

    Labs that are not here are made, without a token. What is torn or badly named is told of, a line each; the rest is
    taken, and the exit status is 1. What is here already stays as it is: calling it again takes what is new. The hub
    may run meanwhile. The runs are vision's: ftc vision import-fserver.

    \b
    Example: ftc hub import-fserver /srv/fserver/fserver-data --data /var/lib/fuego-hub --team oldnetwork
    """
    from fuego_jenkins_remote.fuego.fserver_folder import FserverFolder, Torn
    from fuego_jenkins_remote.hub.admin import all_teams, open_data
    from fuego_jenkins_remote.hub.core import Hub
    from fuego_jenkins_remote.hub.importing.folder import import_folder
    from fuego_jenkins_remote.hub.importing.values import Import

    old = FserverFolder(folder)
    engine = open_data(data_dir)
    report = Report(session)
    wanted["vision_url"] = wanted["vision_url"].rstrip("/")
    try:
        with new_teams.told(session, lambda: all_teams(engine)):
            for one in import_folder(Hub(engine=engine, data_dir=data_dir), old, Import(**wanted)):
                if isinstance(one, Torn):
                    report.torn(one.path, one.what)
                else:
                    report.taken(one.kind, is_new=one.is_new)
    finally:
        engine.dispose()
    return report.end()


class Report:
    """What came of an import, told as it goes and at the end."""

    def __init__(self, session: Session) -> None:
        """Nothing yet."""
        self._session = session
        self._new: dict[str, int] = {}
        self._there: dict[str, int] = {}
        self._torn: list[dict[str, str]] = []

    def taken(self, kind: str, *, is_new: bool) -> None:
        """One of a kind is there now, or was before."""
        counts = self._new if is_new else self._there
        counts[kind] = counts.get(kind, 0) + 1

    def torn(self, path: str, what: str) -> None:
        """One is not taken over."""
        self._torn.append({"path": path, "what": what})
        self._session.out.note(f"{path}: {what}")

    def end(self) -> int:
        """Print the sum; the exit status."""
        new = ", ".join(f"{number} {kind}" for kind, number in self._new.items()) or "nothing new"
        there = ", ".join(f"{number} {kind}" for kind, number in self._there.items())
        said = f"taken over: {new}" + (f"; there before: {there}" if there else "")
        if self._torn:
            said += f"; torn or not taken over: {len(self._torn)}, for the reasons above"
        bare = str(sum(self._new.values()))
        self._session.out.result(said, bare=bare, data={"new": self._new, "there": self._there, "torn": self._torn})
        return 1 if self._torn else 0
