"""What is older than it is to be kept goes, in small steps; what lives, and what something names, never does."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import hub_folders
from fuego_jenkins_remote.hub import admin, audit, packages, records, retention
from fuego_jenkins_remote.hub.retention import Keep, Removed, prune
from fuego_jenkins_remote.hub.schema import metadata
from fuego_jenkins_remote.network.states import State
from fuego_jenkins_remote.service.backup import BackupError, in_care
from fuego_jenkins_remote.service.tokens import add_token, list_tokens, revoke_token

from .conftest import World

YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_PAUSE", 0.0)


def ended(world: World, who: records.Caller, **values: Any) -> str:
    """A request that is done."""
    request = world.put(who, "demolab:one", **values)
    which = world.running("demolab", "one")
    world.tested("demolab", which)
    world.done("demolab", which)
    return request.id


def pruned(world: World, *, dry_run: bool = False, **keep: timedelta) -> Removed:
    return prune(world.hub.engine, world.hub.data_dir, Keep(**keep), now=world.clock(), dry_run=dry_run)


def rows(world: World, table: str) -> int:
    with world.hub.reading() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(metadata.tables[table])).scalar_one())


@pytest.fixture
def lab(world: World) -> World:
    world.add_lab("demolab", "one")
    return world


def test_a_request_that_ended_long_ago_goes_with_all_that_is_told_of_it(lab: World, ann: records.Caller) -> None:
    ended(lab, ann)
    lab.clock.forward(days=366)
    kept = ended(lab, ann)
    assert pruned(lab, requests=YEAR).requests == 1
    assert (rows(lab, "requests"), rows(lab, "attempts")) == (1, 1)
    assert {entry.new for entry in _history(lab, kept)}
    if not hub_folders.on_postgresql():  # which holds references always
        with lab.hub.reading() as conn:
            assert conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []


def _history(world: World, request_id: str) -> list[records.HistoryEntry]:
    from fuego_jenkins_remote.hub.statements import requests as sql

    with world.hub.reading() as conn:
        return sql.history_of(conn, request_id)


def test_what_lives_is_kept_however_old_it_is(lab: World, ann: records.Caller) -> None:
    running = lab.put(ann, "demolab:one").id
    lab.running("demolab", "one")
    waiting = lab.put(ann, "demolab:one").id
    lab.clock.forward(days=1000)
    assert pruned(lab, requests=YEAR).requests == 0
    assert lab.get(running).state is State.RUNNING
    assert lab.get(waiting).state is State.PENDING


def test_one_that_was_put_long_ago_and_ended_lately_is_kept(lab: World, ann: records.Caller) -> None:
    request = lab.put(ann, "demolab:one")
    lab.clock.forward(days=1000)
    lab.cancel(ann, request.id)
    assert pruned(lab, requests=YEAR).requests == 0


def test_a_campaign_goes_as_a_whole_when_all_of_it_is_old(lab: World, ann: records.Caller) -> None:
    lab.put_board("demolab", "two")
    first, second = lab.put_all(ann, "*:one or *:two", count="each")
    lab.cancel(ann, first.id)
    lab.clock.forward(days=400)
    assert pruned(lab, requests=YEAR).requests == 0  # the other one still waits
    lab.cancel(ann, second.id)
    lab.clock.forward(days=400)
    assert pruned(lab, requests=YEAR) == Removed(requests=2, campaigns=1)
    assert rows(lab, "campaigns") == 0


def test_a_dry_run_says_the_same_and_removes_nothing(lab: World, ann: records.Caller) -> None:
    for _ in range(3):
        ended(lab, ann)
    lab.clock.forward(days=400)
    assert pruned(lab, requests=YEAR, dry_run=True).requests == 3
    assert rows(lab, "requests") == 3


def test_it_goes_in_batches_and_goes_on_where_it_was_stopped(
    lab: World, ann: records.Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "A_BATCH", 2)
    for _ in range(5):
        ended(lab, ann)
    lab.clock.forward(days=400)
    kept = ended(lab, ann)
    remove, batches = retention.sql.remove_requests, []

    def stop_in_the_second(conn: sa.Connection, ids: Any) -> None:
        batches.append(len(ids))
        remove(conn, ids)
        if len(batches) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(retention.sql, "remove_requests", stop_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        pruned(lab, requests=YEAR)
    assert rows(lab, "requests") == 4
    monkeypatch.setattr(retention.sql, "remove_requests", remove)
    assert pruned(lab, requests=YEAR).requests == 3
    assert pruned(lab, requests=YEAR) == Removed()
    assert lab.get(kept).state is State.DONE


# -- packages


def keep_package(world: World, content: bytes, who: records.Caller) -> str:
    digest = hashlib.sha256(content).hexdigest()
    folder = packages.folder(world.hub.data_dir)
    folder.mkdir(exist_ok=True)
    (folder / digest).write_bytes(content)
    with world.hub.change() as change:
        row = {"sha256": digest, "size": len(content), "uploaded_by": who.name, "at": change.at}
        change.conn.execute(metadata.tables["packages"].insert().values(row))
        mine = {"sha256": digest, "kind": "user", "name": who.name, "at": change.at}
        change.conn.execute(metadata.tables["uploads"].insert().values(mine))
    return digest


def stored(world: World) -> set[str]:
    return {file.name for file in packages.folder(world.hub.data_dir).iterdir()}


def test_packages_that_nothing_names_go_with_their_files(lab: World, ann: records.Caller) -> None:
    unused, used = keep_package(lab, b"unused", ann), keep_package(lab, b"used", ann)
    lab.put(ann, "demolab:one", package=used)
    lab.clock.forward(days=100)
    new = keep_package(lab, b"new", ann)
    assert pruned(lab, packages=timedelta(days=90)) == Removed(packages=1, bytes=6)
    assert stored(lab) == {used, new}
    assert unused not in stored(lab)


def test_what_only_an_old_request_named_goes_after_it(lab: World, ann: records.Caller) -> None:
    used = keep_package(lab, b"used", ann)
    ended(lab, ann, package=used)
    lab.clock.forward(days=400)
    found = pruned(lab, requests=YEAR, packages=timedelta(days=90))
    assert (found.requests, found.packages) == (1, 1)
    assert stored(lab) == set()


def test_files_that_no_row_names_go_after_a_day(lab: World, ann: records.Caller) -> None:
    keep_package(lab, b"kept", ann)
    folder = packages.folder(lab.hub.data_dir)
    old, young = folder / ("0" * 64), folder / ("1" * 64)
    for file in (old, young):
        file.write_bytes(b"x")
    os.utime(old, (time.time() - 90_000,) * 2)
    pruned(lab, packages=YEAR)
    assert (old.exists(), young.exists()) == (False, True)
    assert len(stored(lab)) == 2


def test_nothing_goes_while_a_backup_is_made(lab: World) -> None:
    with in_care(lab.hub.data_dir, alone=False), pytest.raises(BackupError, match="another process"):
        pruned(lab, packages=YEAR)


# -- the audit log, tokens


def test_old_entries_of_the_audit_log_go(lab: World, ann: records.Caller) -> None:
    before = rows(lab, "audit")
    with lab.hub.change() as change:
        audit.write(change, ann, "put-board", "demolab:one", "first")
    lab.clock.forward(days=400)
    with lab.hub.change() as change:
        audit.write(change, ann, "put-board", "demolab:one", "second")
    assert pruned(lab, audit=YEAR).audit == before + 1
    assert [entry.detail for entry in _log(lab)][1:] == ["second"]


def test_what_went_stands_in_the_audit_log_even_if_that_went_itself(lab: World, ann: records.Caller) -> None:
    for _ in range(3):
        ended(lab, ann)
    lab.clock.forward(days=400)
    prune(
        lab.hub.engine, lab.hub.data_dir, Keep(requests=YEAR, audit=YEAR), now=lab.clock(), address="account fuego-hub"
    )
    [entry] = _log(lab)
    assert (entry.name, entry.address, entry.action, entry.thing) == ("operator", "account fuego-hub", "prune", "hub")
    assert entry.detail.startswith("kept: requests 365d, audit 365d; removed: 3 requests, ")


def test_a_call_that_breaks_off_is_told_of_as_far_as_it_came(
    lab: World, ann: records.Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "A_BATCH", 2)
    for _ in range(5):
        ended(lab, ann)
    lab.clock.forward(days=400)
    remove, calls = retention.sql.remove_requests, iter([False, False, True])

    def break_off(conn: sa.Connection, ids: list[str]) -> None:
        remove(conn, ids)
        if next(calls):
            raise KeyboardInterrupt

    monkeypatch.setattr(retention.sql, "remove_requests", break_off)
    with pytest.raises(KeyboardInterrupt):
        pruned(lab, requests=YEAR)
    [entry] = [one for one in _log(lab) if one.action == "prune"]
    assert entry.detail == "kept: requests 365d; removed: 4 requests"
    assert rows(lab, "requests") == 1


@pytest.mark.parametrize(("dry", "days"), [(True, 400), (False, 10)])
def test_where_nothing_went_there_is_nothing_to_tell(lab: World, ann: records.Caller, dry: bool, days: int) -> None:
    ended(lab, ann)
    lab.clock.forward(days=days)
    pruned(lab, requests=YEAR, dry_run=dry)
    assert "prune" not in [entry.action for entry in _log(lab)]


def _log(world: World) -> list[records.AuditEntry]:
    return admin.audit_log(world.hub.engine, audit.Filter(limit=200))


def test_tokens_that_are_good_for_nothing_any_more_go(lab: World, ann: records.Caller) -> None:
    tokens = metadata.tables["tokens"]
    with lab.hub.change() as change:
        good = add_token(change.conn, tokens, kind="user", owner="ann", now=change.at)
        expired = add_token(
            change.conn, tokens, kind="user", owner="ann", now=change.at, expires_at=change.at + timedelta(days=1)
        )
        revoked = add_token(change.conn, tokens, kind="user", owner="ann", now=change.at)
        revoke_token(change.conn, tokens, revoked.prefix, change.at)
    lab.clock.forward(days=100)
    assert pruned(lab, tokens=timedelta(days=90)).tokens == 2
    with lab.hub.reading() as conn:
        left = {one.prefix for one in list_tokens(conn, tokens)}
    assert good.prefix in left
    assert not left & {expired.prefix, revoked.prefix}


def test_nothing_is_asked_of_a_hub_that_keeps_everything(lab: World, tmp_path: Path) -> None:
    assert pruned(lab) == Removed()
