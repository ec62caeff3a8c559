"""A backup of a service's data while it runs, and the way back.

    TARGET/
        manifest.json       which service and version, when, digests; written last
        hub.sqlite          (vision.sqlite) one consistent copy, by SQLite's own backup
        packages/           as in the data folder: hard links where that is on the same file system, else copies
        packages.sha256     all of them, as `sha256sum -c` reads it

The database is copied first, packages after it: they never change, so each that the copy names is there. TARGET appears
by a rename, when all of it is safe on the disk: a kill at any moment leaves nothing under that name. Memory is bounded:
names and bytes are read as they are needed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from fuego_jenkins_remote import __version__

MANIFEST = "manifest.json"
LISTING = "packages.sha256"
LAST = "last-backup.json"
"""In the data folder: when the last backup was made, and where."""
AWAITS = "awaits-database"
"""In a data folder that was restored without its database, since that was elsewhere, until it is told where it is."""

_FORMAT = 1
_CHUNK = 2**20


class BackupError(RuntimeError):
    """It cannot be done; the text is for the person who called."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a service's data are: its name, the file of its database, the question for the digests of its packages."""

    service: str
    database: str
    digests: str
    path_of: Callable[[str], str]
    """Where a package of a digest stands, below the data folder."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of it. ``missing``: packages that the database names and that were not there; ``tables``: revision.

    ``database``: whether it is in it; else it is dumped and brought back by its own programs.
    """

    where: Path
    database: bool
    packages: int
    size: int
    missing: tuple[str, ...]
    tables: str


@contextmanager
def in_care(data_dir: Path, *, alone: bool) -> Iterator[None]:
    """Hold the data folder against care of another kind: backups beside each other, what removes packages ``alone``.

    Raises BackupError where the other one is at work.
    """
    with (data_dir / ".care.lock").open("w") as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"{data_dir} is being backed up or cleaned by another process: try again later") from None
        yield


def back_up(kind: Kind, data_dir: Path, target: Path, *, elsewhere: tuple[str, Iterator[str]] | None = None) -> Made:
    """Make a backup of the data of a service that may be running. Raises BackupError, OSError, sqlite3.Error.

    `elsewhere`: the database is no file here, and dumped by other means; its tables' revision, and the digests in it.
    """
    if elsewhere is None and not (data_dir / kind.database).is_file():
        raise BackupError(f"{data_dir} holds no {kind.database}: is it the data folder of the {kind.service}?")
    with in_care(data_dir, alone=False), _appearing(target) as folder:
        if elsewhere is not None:
            tables, digests = elsewhere
            count, size, missing = _keep_packages(kind, data_dir, folder, digests)
            database = None
        else:
            _copy_database(data_dir / kind.database, folder / kind.database)
            with closing(_opened(folder / kind.database, "ro")) as copy:
                tables = _tables(copy)
                digests = (str(row[0]) for row in copy.execute(kind.digests))
                count, size, missing = _keep_packages(kind, data_dir, folder, digests)
            database = {"file": kind.database, "sha256": _digest(folder / kind.database)}
        manifest = {
            "format": _FORMAT,
            "service": kind.service,
            "version": __version__,
            "tables": tables,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "database": database,
            "packages": {"count": count, "bytes": size, "sha256": _digest(folder / LISTING)},
            "missing": missing,
        }
        _write(folder / MANIFEST, json.dumps(manifest, indent=1) + "\n")
    note = {"made_at": manifest["made_at"], "where": str(target.absolute())}
    with contextlib.suppress(OSError):  # a backup that could not be noted is one all the same
        _replace(data_dir / LAST, json.dumps(note) + "\n")
    return Made(
        where=target,
        database=database is not None,
        packages=count,
        size=size,
        missing=tuple(missing),
        tables=tables,
    )


def last_backup(data_dir: Path) -> tuple[datetime, str] | None:
    """When the last backup of this data folder was made, and where; None: never, as far as is known."""
    try:
        note = json.loads((data_dir / LAST).read_text(encoding="utf-8"))
        return datetime.fromisoformat(note["made_at"]), str(note["where"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def restore(kind: Kind, source: Path, data_dir: Path, *, known_tables: set[str]) -> Made:
    """Make a data folder of a backup; everything is checked before it appears. Never over what is there already.

    ``known_tables`` are the revisions that this version can bring up to date. A folder without its database has AWAITS
    in it. Raises BackupError, OSError.
    """
    manifest = _manifest(kind, source)
    if manifest["tables"] not in known_tables:
        raise BackupError(f"{source} was made by a newer version ({manifest['version']}): update this program first")
    if data_dir.exists() and (not data_dir.is_dir() or any(data_dir.iterdir())):
        raise BackupError(f"{data_dir} is there already, and not empty: nothing was changed")
    with _appearing(data_dir) as folder:
        if manifest["database"] is None:
            _write(folder / AWAITS, f"restored from {source.absolute()}, whose database was elsewhere\n")
        else:
            _copy_checked(source / kind.database, folder / kind.database, manifest["database"]["sha256"])
            with closing(sqlite3.connect(folder / kind.database)) as database:
                _check_integrity(database, folder / kind.database)
        count = size = 0
        if _digest(source / LISTING) != manifest["packages"]["sha256"]:
            raise BackupError(f"{source / LISTING} has been changed since the backup")
        for digest, path in _listed(source / LISTING):
            if path != kind.path_of(digest):
                raise BackupError(f"{source / LISTING} names a strange file: {path!r}")
            (folder / path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            size += _copy_checked(source / path, folder / path, digest)
            count += 1
    return Made(
        where=data_dir,
        database=manifest["database"] is not None,
        packages=count,
        size=size,
        missing=tuple(manifest["missing"]),
        tables=manifest["tables"],
    )


# -- the database


def _opened(file: Path, mode: str) -> sqlite3.Connection:
    # "rw" for one in WAL: to read it the files beside it may have to be made.
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, timeout=30)


def _copy_database(source: Path, target: Path) -> None:
    with closing(_opened(source, "rw")) as running, closing(sqlite3.connect(target)) as copy:
        # In one step: who reads in WAL keeps nobody from writing, while copying in several begins anew with each write.
        running.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without others beside it
        _check_integrity(copy, target)
    _sync(target)


def _check_integrity(database: sqlite3.Connection, file: Path) -> None:
    said = [row[0] for row in database.execute("PRAGMA integrity_check(5)")]
    if said != ["ok"]:
        raise BackupError(f"{file.name} is damaged: {'; '.join(map(str, said))}")
    broken = database.execute("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        raise BackupError(f"{file.name} is damaged: a row of {broken[0]} refers to nothing")


def _tables(database: sqlite3.Connection) -> str:
    return str(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])


# -- packages


def _keep_packages(kind: Kind, data_dir: Path, folder: Path, digests: Iterator[str]) -> tuple[int, int, list[str]]:
    """Link or copy them, and list them; how many, their bytes, and which are not there."""
    count = size = 0
    missing: list[str] = []
    with (folder / LISTING).open("w", encoding="ascii") as listing:
        for digest in digests:
            path = kind.path_of(digest)
            source, target = data_dir / path, folder / path
            if not source.is_file():
                missing.append(digest)
                continue
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                os.link(source, target)
            except OSError:
                # Another file system, or one without links.
                _copy_checked(source, target, digest)
            listing.write(f"{digest}  {path}\n")
            count += 1
            size += target.stat().st_size
        listing.flush()
        os.fsync(listing.fileno())
    return count, size, missing


def _listed(listing: Path) -> Iterator[tuple[str, str]]:
    with listing.open(encoding="ascii") as lines:
        for line in lines:
            digest, _, path = line.rstrip("\n").partition("  ")
            yield digest, path


def _copy_checked(source: Path, target: Path, sha256: str) -> int:
    """Copy a file, durably; its size. Raises BackupError if it is not what its digest says."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reader, _new(target) as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
            size += len(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    if digest.hexdigest() != sha256:
        raise BackupError(f"{source} is damaged: it has the SHA-256 {digest.hexdigest()}, not {sha256}")
    return size


# -- files


def _manifest(kind: Kind, source: Path) -> Any:
    try:
        manifest = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BackupError(f"{source} is no backup: it has no {MANIFEST}") from None
    except ValueError:
        raise BackupError(f"{source / MANIFEST} cannot be read") from None
    wanted = {"format", "service", "version", "tables", "database", "packages", "missing"}
    if not isinstance(manifest, dict) or not wanted <= set(manifest) or manifest["format"] != _FORMAT:
        raise BackupError(f"{source / MANIFEST} is no manifest that this version knows")
    if manifest["service"] != kind.service:
        raise BackupError(f"{source} is a backup of the {manifest['service']}, not of the {kind.service}")
    return manifest


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """A folder that appears under its name, whole, when the block has ended well. What a kill has left is removed."""
    target = target.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupError(f"{target} is there already: nothing was changed")
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{target.name}.*.part"):
        _remove_if_left(left)
    folder = target.with_name(f".{target.name}.{os.getpid()}.part")
    folder.mkdir(mode=0o700)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder
        for inner, _, _ in os.walk(folder):
            _sync(Path(inner))
        folder.rename(target)  # onto nothing, or an empty folder
        _sync(target.parent)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(held)


def _remove_if_left(folder: Path) -> None:
    """Remove what a killed process has left; not what another one is making."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    except BlockingIOError:
        pass
    finally:
        os.close(held)


def _new(file: Path) -> IO[bytes]:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _write(file: Path, text: str) -> None:
    with _new(file) as opened:
        opened.write(text.encode())
        opened.flush()
        os.fsync(opened.fileno())


def _replace(file: Path, text: str) -> None:
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    _write(new, text)
    new.replace(file)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
