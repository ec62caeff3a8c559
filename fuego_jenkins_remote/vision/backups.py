"""Vision's part of backups: what its data are."""

from __future__ import annotations

from pathlib import Path

from fuego_jenkins_remote.service import backup
from fuego_jenkins_remote.service.engine import known_tables
from fuego_jenkins_remote.vision.admin import PACKAGE

KIND = backup.Kind(
    service="vision",
    database="vision.sqlite",
    digests="SELECT DISTINCT sha256 FROM runs ORDER BY sha256",
    path_of=lambda sha256: f"packages/{sha256[:2]}/{sha256}",
)


def back_up(data_dir: Path, target: Path) -> tuple[backup.Made, str]:
    """Make a backup; the second is the command that has to dump the database, where that is elsewhere, else empty."""
    return backup.back_up(KIND, data_dir, target), ""


def restore(source: Path, data_dir: Path) -> backup.Made:
    """Make a data folder of a backup; raises BackupError."""
    return backup.restore(KIND, source, data_dir, known_tables=known_tables(PACKAGE))
