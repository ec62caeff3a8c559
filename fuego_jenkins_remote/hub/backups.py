"""The hub's part of backups: what its data are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from fuego_jenkins_remote.hub.admin import PACKAGE, address_of, open_data
from fuego_jenkins_remote.hub.statements import packages
from fuego_jenkins_remote.service import backup
from fuego_jenkins_remote.service.engine import known_tables, newest_tables, reading

_A_PAGE = 500

KIND = backup.Kind(
    service="hub",
    database="hub.sqlite",
    digests="SELECT sha256 FROM packages ORDER BY sha256",
    path_of="packages/{}".format,
)


def back_up(data_dir: Path, target: Path) -> tuple[backup.Made, str]:
    """Make a backup; the second is the command that has to dump the database, where that is elsewhere, else empty."""
    address = address_of(data_dir)
    if address is None:
        return backup.back_up(KIND, data_dir, target), ""
    engine = open_data(data_dir, connections=1)
    try:
        tables = next(iter(newest_tables(PACKAGE)))
        made = backup.back_up(KIND, data_dir, target, elsewhere=(tables, digests(engine)))
    finally:
        engine.dispose()
    shown = sa.make_url(address).set(drivername="postgresql", password=None).render_as_string()
    return made, f"pg_dump --format=custom --file=hub.dump {shown!r}"


def restore(source: Path, data_dir: Path) -> backup.Made:
    """Make a data folder of a backup; raises BackupError."""
    return backup.restore(KIND, source, data_dir, known_tables=known_tables(PACKAGE))


def digests(engine: sa.Engine) -> Iterator[str]:
    """Those of all packages; a few a question, since to link or copy them takes its time."""
    after: str | None = ""
    while after is not None:
        with reading(engine) as conn:
            found = packages.names(conn, after, _A_PAGE)
        yield from found
        after = found[-1] if len(found) == _A_PAGE else None
