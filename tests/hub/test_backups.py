"""A backup holds what was accepted before it began; it is whole or not there; a restored hub goes on with it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

import hub_folders
from fuego_jenkins_remote.cli.main import run
from fuego_jenkins_remote.hub import admin, backups
from fuego_jenkins_remote.hub.errors import Conflict
from fuego_jenkins_remote.service import backup
from fuego_jenkins_remote.service.backup import BackupError, in_care, last_backup
from fuego_jenkins_remote.service.engine import known_tables, newest_tables, reading
from fuego_jenkins_remote.vision import admin as vision_admin
from fuego_jenkins_remote.vision import backups as vision_backups

from .conftest import Service
from .running import Running, running_hub

about_sqlite = pytest.mark.skipif(hub_folders.on_postgresql(), reason="is about SQLite")


def put_package(service: Service, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    headers = {"Content-Type": "application/octet-stream"}
    service.call("ann", "PUT", f"/packages/{digest}", content=content, headers=headers)
    return digest


@pytest.fixture
def filled(service: Service, tmp_path: Path) -> Path:
    """The data folder of a hub with a request and two packages."""
    body = {"call_id": "call-put-1", "selector": "demolab:qemu", "test": "Functional.hello"}
    service.ok("ann", "POST", "/requests", 201, json=body)
    put_package(service, b"one")
    put_package(service, b"two")
    return tmp_path / "hub"


def requests_in(folder: Path) -> set[str]:
    engine = admin.open_data(folder)
    with reading(engine) as conn:
        found = {row[0] for row in conn.exec_driver_sql("SELECT id FROM requests")}
    engine.dispose()
    return found


@about_sqlite
def test_a_backup_is_restored_as_it_was(filled: Path, tmp_path: Path) -> None:
    made, dump = backups.back_up(filled, tmp_path / "kept")
    assert (made.packages, made.size, made.missing, dump) == (2, 6, (), "")
    said = subprocess.run(["sha256sum", "--quiet", "-c", "packages.sha256"], cwd=tmp_path / "kept", check=False)
    assert said.returncode == 0
    backups.restore(tmp_path / "kept", tmp_path / "new")
    assert requests_in(tmp_path / "new") == requests_in(filled)
    assert {file.read_bytes() for file in (tmp_path / "new" / "packages").iterdir()} == {b"one", b"two"}
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def test_when_and_where_the_last_one_was_made_is_noted(filled: Path, tmp_path: Path) -> None:
    assert last_backup(filled) is None
    backups.back_up(filled, tmp_path / "kept")
    noted = last_backup(filled)
    assert noted is not None
    assert noted[1] == str(tmp_path / "kept")


def test_what_is_there_is_never_overwritten(filled: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="is there already"):
        backups.back_up(filled, filled)
    backups.back_up(filled, tmp_path / "kept")
    with pytest.raises(BackupError, match="is there already"):
        backups.restore(tmp_path / "kept", filled)


@about_sqlite
@pytest.mark.parametrize("name", ["hub.sqlite", "packages.sha256", "packages"])
def test_a_backup_that_was_damaged_is_not_restored(filled: Path, tmp_path: Path, name: str) -> None:
    backups.back_up(filled, tmp_path / "kept")
    file = tmp_path / "kept" / name
    if file.is_dir():
        file = next(file.iterdir())
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.unlink()  # it is a link
    file.write_bytes(content)
    with pytest.raises(BackupError, match=r"damaged|changed"):
        backups.restore(tmp_path / "kept", tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"service": "vision"}, "of the vision"), ({"tables": "9999"}, "newer version"), ({"format": 2}, "no manifest")],
)
def test_a_backup_of_something_else_is_refused(filled: Path, tmp_path: Path, change: dict, words: str) -> None:
    backups.back_up(filled, tmp_path / "kept")
    manifest = json.loads((tmp_path / "kept" / "manifest.json").read_text())
    (tmp_path / "kept" / "manifest.json").write_text(json.dumps({**manifest, **change}))
    with pytest.raises(BackupError, match=words):
        backups.restore(tmp_path / "kept", tmp_path / "new")


def test_a_listing_that_names_files_elsewhere_is_refused(filled: Path, tmp_path: Path) -> None:
    backups.back_up(filled, tmp_path / "kept")
    listing = tmp_path / "kept" / "packages.sha256"
    listing.write_text(f"{'0' * 64}  ../../etc/passwd\n")
    manifest = json.loads((tmp_path / "kept" / "manifest.json").read_text())
    manifest["packages"]["sha256"] = hashlib.sha256(listing.read_bytes()).hexdigest()
    (tmp_path / "kept" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BackupError, match="strange file"):
        backups.restore(tmp_path / "kept", tmp_path / "new")


@about_sqlite
def test_an_older_one_is_brought_up_to_date_by_init(filled: Path, tmp_path: Path) -> None:
    """Its tables are those of before; restore takes them, serve does not, init makes them new."""
    backups.back_up(filled, tmp_path / "kept")
    database = tmp_path / "kept" / "hub.sqlite"
    with sqlite3.connect(database) as changed:
        (newest,) = changed.execute("SELECT version_num FROM alembic_version").fetchone()
        older = max(known_tables(admin.PACKAGE) - {newest})
        changed.execute("UPDATE alembic_version SET version_num = ?", (older,))
    changed.close()
    manifest = json.loads((tmp_path / "kept" / "manifest.json").read_text())
    manifest["tables"] = older
    manifest["database"]["sha256"] = hashlib.sha256(database.read_bytes()).hexdigest()
    (tmp_path / "kept" / "manifest.json").write_text(json.dumps(manifest))
    made = backups.restore(tmp_path / "kept", tmp_path / "new")
    assert made.tables == manifest["tables"]
    with pytest.raises(admin.NotMigrated, match="ftc hub init"):
        admin.open_data(tmp_path / "new")


def test_a_package_whose_file_is_gone_is_told_and_the_rest_is_kept(filled: Path, tmp_path: Path) -> None:
    gone = next((filled / "packages").iterdir())
    gone.unlink()
    made, _ = backups.back_up(filled, tmp_path / "kept")
    assert (made.packages, made.missing) == (1, (gone.name,))
    assert backups.restore(tmp_path / "kept", tmp_path / "new").missing == (gone.name,)


@about_sqlite
def test_a_damaged_database_is_not_kept_as_if_it_were_well(filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled, tmp_path / "copy")
    with sqlite3.connect(tmp_path / "copy" / "hub.sqlite") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute("DELETE FROM teams")
    database.close()
    with pytest.raises(BackupError, match="refers to nothing"):
        backups.back_up(tmp_path / "copy", tmp_path / "kept")
    assert [one.name for one in tmp_path.iterdir() if "kept" in one.name] == []


def test_nothing_is_removed_while_a_backup_is_made(filled: Path, tmp_path: Path) -> None:
    with in_care(filled, alone=True), pytest.raises(BackupError, match="another process"):
        backups.back_up(filled, tmp_path / "kept")


@pytest.mark.skipif(not hub_folders.on_postgresql(), reason="is about PostgreSQL")
def test_of_a_hub_on_postgresql_the_packages_are_kept_and_the_dump_is_named(filled: Path, tmp_path: Path) -> None:
    made, dump = backups.back_up(filled, tmp_path / "kept")
    assert made.packages == 2
    assert dump.startswith("pg_dump --format=custom --file=hub.dump 'postgresql://")
    assert not (tmp_path / "kept" / "hub.sqlite").exists()
    assert backups.restore(tmp_path / "kept", tmp_path / "new").packages == 2


@pytest.mark.skipif(not hub_folders.on_postgresql(), reason="is about PostgreSQL")
def test_a_restored_hub_on_postgresql_goes_on_with_its_database(filled: Path, tmp_path: Path) -> None:
    """`init` takes the database only when the dump is in it."""
    backups.back_up(filled, tmp_path / "kept")
    backups.restore(tmp_path / "kept", tmp_path / "new")
    with pytest.raises(Conflict, match="holds no hub yet"):
        admin.init_data(tmp_path / "new", hub_folders.new_database())
    with pytest.raises(admin.NotMigrated, match="pg_restore"):
        admin.open_data(tmp_path / "new")
    admin.init_data(tmp_path / "new", admin.address_of(filled))
    assert requests_in(tmp_path / "new") == requests_in(filled)
    admin.init_data(tmp_path / "new")


@pytest.fixture
def without_database(tmp_path: Path) -> Path:
    """A backup of a hub whose database is elsewhere."""
    (tmp_path / "elsewhere").mkdir()
    (tables,) = newest_tables(admin.PACKAGE)
    backup.back_up(backups.KIND, tmp_path / "elsewhere", tmp_path / "kept", elsewhere=(tables, iter(())))
    return tmp_path / "kept"


def test_where_the_database_was_elsewhere_init_makes_no_new_one(without_database: Path, tmp_path: Path) -> None:
    assert not backups.restore(without_database, tmp_path / "new").database
    with pytest.raises(Conflict, match=r"pg_restore .*ftc hub init --data \S+/new --database ADDRESS"):
        admin.init_data(tmp_path / "new")
    assert not (tmp_path / "new" / "hub.sqlite").exists()


def test_restore_says_how_the_database_comes_back(
    without_database: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["hub", "restore", str(without_database), "--data", str(tmp_path / "new")]) == 0
    said = capfd.readouterr().out
    assert "the database was not in it" in said
    assert f"ftc hub init --data {tmp_path / 'new'} --database ADDRESS" in said


@about_sqlite
def test_restore_says_that_the_database_was_in_it(
    filled: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    backups.back_up(filled, tmp_path / "kept")
    assert run(["hub", "restore", str(tmp_path / "kept"), "--data", str(tmp_path / "new")]) == 0
    assert (
        capfd.readouterr()
        .out.strip()
        .endswith(f"the database and 2 packages; now: ftc hub init --data {tmp_path / 'new'}")
    )


def test_vision_is_backed_up_likewise(tmp_path: Path) -> None:
    vision_admin.init_data(tmp_path / "vision")
    vision_backups.back_up(tmp_path / "vision", tmp_path / "kept")
    vision_backups.restore(tmp_path / "kept", tmp_path / "new")
    vision_admin.open_data(tmp_path / "new").dispose()


KEEP = "import sys; from pathlib import Path; from fuego_jenkins_remote.hub import backups; "
KEEP += "print('go', flush=True); backups.back_up(Path(sys.argv[1]), Path(sys.argv[2]))"


@about_sqlite
@pytest.mark.slow
def test_a_backup_that_is_killed_leaves_nothing_under_its_name(filled: Path, tmp_path: Path) -> None:
    with sqlite3.connect(filled / "hub.sqlite") as database:
        for number in range(2000):
            digest = hashlib.sha256(str(number).encode()).hexdigest()
            (filled / "packages" / digest).write_bytes(str(number).encode())
            row = (digest, "ann", "2026-11-23T10:00:00.000000+00:00")
            database.execute("INSERT INTO packages (sha256, size, uploaded_by, at) VALUES (?, 4, ?, ?)", row)
    database.close()
    killed = 0
    for number, after in enumerate((0.0, 0.005, 0.02, 0.05, 0.1, *[0.0] * 20)):
        if number >= 5 and killed:
            break
        with subprocess.Popen(
            [sys.executable, "-c", KEEP, str(filled), str(tmp_path / "kept")], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(after)
            process.send_signal(signal.SIGKILL)
        if (tmp_path / "kept").exists():
            backups.restore(tmp_path / "kept", tmp_path / f"new{number}")
            shutil.rmtree(tmp_path / "kept")
        else:
            killed += 1
    assert killed
    backups.back_up(filled, tmp_path / "kept")
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".part")] == []


@about_sqlite
@pytest.mark.slow
def test_a_backup_under_load_holds_all_that_was_accepted_before_it_began(tmp_path: Path) -> None:
    accepted: list[str] = []
    with running_hub(tmp_path / "hub") as hub:
        stop = threading.Event()

        def put(worker: int) -> None:
            for number in range(100_000):
                if stop.is_set():
                    return
                accepted.append(hub.put(f"call-{worker}-{number:06}")["id"])

        workers = [threading.Thread(target=put, args=(worker,)) for worker in range(3)]
        for one in workers:
            one.start()
        while len(accepted) < 30:
            time.sleep(0.05)
        before = set(accepted)
        backups.back_up(tmp_path / "hub", tmp_path / "kept")
        after = set(accepted)
        stop.set()
        for one in workers:
            one.join()
        secrets = hub.secrets
    backups.restore(tmp_path / "kept", tmp_path / "new")
    assert before <= requests_in(tmp_path / "new") <= set(accepted)
    assert after >= before
    _serves(tmp_path / "new", secrets, before)


def _serves(folder: Path, secrets: dict[str, str], ids: set[str]) -> None:
    """A hub over a restored folder answers for each of them, to the token of before."""
    from .running import SERVE

    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), "1", "50"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            hub = Running(url=json.loads(process.stdout.readline())["url"], process=process, secrets=secrets)
            for one in ids:
                answer: requests.Response = hub.call("ann", "GET", f"/requests/{one}")
                assert answer.status_code == 200
        finally:
            os.kill(process.pid, signal.SIGTERM)
