"""Checks of what is on this machine: the folder, the disk, the database, packages, backups, the clock."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.findings import Answer, answer
from fuego_jenkins_remote.cli.operating.doctor.patient import Patient, some

BACKUP_AGE = timedelta(days=2)
_SCARCE = 0.1
_GIB = 2**30


def data(patient: Patient) -> Answer:
    """Whether the folder is there, and for its owner alone."""
    folder = patient.data_dir
    if not folder.is_dir():
        raise Failed(f"{folder}: there is no such folder: ftc hub init makes it")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise Failed(f"{folder}: cannot be written by this user: call this as the one who runs the hub")
    open_to_others = [
        str(path)
        for path in (folder, folder / "hub.sqlite", folder / "database")
        if path.exists() and path.stat().st_mode & 0o077 and (path == folder or folder.stat().st_mode & 0o077)
    ]
    mine = folder.stat().st_uid == os.geteuid()
    return answer(
        str(folder),
        f"others can look into {', '.join(open_to_others)}: chmod go= {folder}" if open_to_others else "",
        "" if mine else f"{folder} belongs to another user: what this command makes there may be in the hub's way",
    )


def room(patient: Patient) -> Answer:
    """Whether there is room on the disk."""
    from fuego_jenkins_remote.service.health import MIN_ROOM

    disk = shutil.disk_usage(patient.data_dir)
    if disk.free < MIN_ROOM:
        raise Failed(f"{disk.free // 2**20} MiB left: nothing more can be taken; ftc hub prune, or a larger disk")
    scarce = disk.free < min(_GIB, disk.total * _SCARCE)
    left = f"{disk.free / _GIB:.1f} GiB left of {disk.total / _GIB:.0f}"
    return answer(left, f"only {left}: ftc hub prune, or a larger disk" if scarce else "")


def opens(patient: Patient) -> Answer:
    """Whether the database answers, with the tables of this version."""
    engine = patient.engine
    return f"{engine.dialect.name}, its tables are this version's"


def integrity(patient: Patient) -> Answer:
    """Whether SQLite's file is whole."""
    from fuego_jenkins_remote.hub.statements import care
    from fuego_jenkins_remote.service.engine import reading

    if patient.engine.dialect.name != "sqlite":
        return "for PostgreSQL to say (pg_amcheck)"
    with reading(patient.engine) as conn:
        said = care.sqlite_check(conn)
    if said != "ok":
        raise Failed(f"the database is damaged: {said}: stop the hub, and go back to a backup (docs/backup.md)")
    return "quick_check is ok"


def engine(patient: Patient) -> Answer:
    """Whether what is accepted stays, and all processes may connect."""
    from fuego_jenkins_remote.hub.statements import care
    from fuego_jenkins_remote.service.engine import reading

    if patient.engine.dialect.name == "sqlite":
        if patient.workers > 1:
            raise Failed(
                f"{patient.workers} workers need PostgreSQL: SQLite takes one writer (ftc hub init --database)"
            )
        return "SQLite, one process"
    from fuego_jenkins_remote.hub.serve import MOST_CONNECTIONS
    from fuego_jenkins_remote.service.postgresql import CONNECTIONS

    with reading(patient.engine) as conn:
        found = care.postgresql_settings(conn)
    off = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if found[name] == "off"]
    wanted = CONNECTIONS if patient.workers == 1 else MOST_CONNECTIONS + patient.workers
    few = int(found["max_connections"]) < wanted + 3
    return answer(
        f"PostgreSQL {found['server_version']}, {found['max_connections']} connections",
        f"{', '.join(off)} off: what was accepted may be lost with the power: switch it on" if off else "",
        f"max_connections is {found['max_connections']}, and the hub may want {wanted}" if few else "",
    )


def packages(patient: Patient) -> Answer:
    """Whether each package that the database names has its file."""
    from fuego_jenkins_remote.hub import packages as files
    from fuego_jenkins_remote.hub.backups import digests

    missing, count = [], 0
    for count, digest in enumerate(digests(patient.engine), 1):  # noqa: B007 - the last one is how many there are
        if not (files.folder(patient.data_dir) / digest).is_file():
            missing.append(digest)
    mind = f"{len(missing)} of {count} have no file: {some(missing, 2)}: bring them back from a backup"
    return answer(f"{count}, each with its file", mind if missing else "")


def backups(patient: Patient) -> Answer:
    """When the last backup was made."""
    from fuego_jenkins_remote.service.backup import last_backup

    last = last_backup(patient.data_dir)
    if last is None:
        return answer("", "none was ever made by ftc hub backup: docs/backup.md")
    at, where = last
    text = f"{at:%Y-%m-%d %H:%M} UTC, {where}"
    old = patient.clock() - at > BACKUP_AGE
    return answer(text, f"the last one is of {text}: does its timer still run?" if old else "")


def clock(patient: Patient) -> Answer:
    """Whether the clock went back, or is another one than the database's."""
    from fuego_jenkins_remote.hub.statements import audit as sql
    from fuego_jenkins_remote.hub.statements import care
    from fuego_jenkins_remote.service.engine import reading

    now = patient.clock()
    with reading(patient.engine) as conn:
        newest = sql.newest_time(conn)
        if patient.engine.dialect.name == "postgresql":
            theirs = care.database_clock(conn)
            if abs(theirs - now) > timedelta(seconds=5):
                return answer(
                    "", f"PostgreSQL's clock says {theirs:%H:%M:%S}, ours {now:%H:%M:%S}: let both follow NTP"
                )
    if newest is not None and newest - now > timedelta(seconds=5):
        return answer(
            "", f"something was written at {newest:%Y-%m-%d %H:%M:%S}, which is to come: did the clock go back?"
        )
    return f"{now:%Y-%m-%d %H:%M:%S} UTC"
