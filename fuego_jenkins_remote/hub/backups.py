"""The hub's part of backups: what its data are."""

from __future__ import annotations

from pathlib import Path

from fuego_jenkins_remote.hub.admin import PACKAGE
from fuego_jenkins_remote.service import backup
from fuego_jenkins_remote.service.engine import known_tables

KIND = backup.Kind(
    service="hub",
    database="hub.sqlite",
    digests="SELECT sha256 FROM packages ORDER BY sha256",
    path_of="packages/{}".format,
)


def back_up(data_dir: Path, target: Path) -> tuple[backup.Made, str]:
    """Make a backup; the second is the command that has to dump the database, where that is elsewhere, else empty."""
    return backup.back_up(KIND, data_dir, target), ""


def restore(source: Path, data_dir: Path) -> backup.Made:
    """Make a data folder of a backup; raises BackupError."""
    return backup.restore(KIND, source, data_dir, known_tables=known_tables(PACKAGE))
