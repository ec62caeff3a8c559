"""Runs come in: once for each key, whole, from whom they should."""

from __future__ import annotations

import io
import json
import os
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from fuego_jenkins_remote.fuego.packages import Limits
from fuego_jenkins_remote.service.clock import utc_now
from fuego_jenkins_remote.vision import admin
from fuego_jenkins_remote.vision.app import make_app
from fuego_jenkins_remote.vision.runs import take_in
from fuego_jenkins_remote.vision.statements import labels as label_sql
from fuego_jenkins_remote.vision.statements import runs as run_sql
from fuego_jenkins_remote.vision.store import PackageStore

KEY = "demolab/20261123-101500123-k3j7x2m4.1"


def packages_in(world: Any) -> list[Path]:
    return [path for path in (world.data_dir / "packages").rglob("*") if path.is_file()]


def test_a_run_package_is_taken_and_its_page_named(world: Any) -> None:
    answer = world.put(KEY, world.pack(world.run_json()))

    assert answer.status_code == 201
    assert answer.json() == {"key": KEY, "url": f"http://testserver/runs/{KEY}", "status": "PASS"}


def test_the_package_is_kept_as_a_file_named_by_its_digest(world: Any) -> None:
    package = world.pack(world.run_json())
    world.put(KEY, package)

    sha256 = world.digest(package)
    assert packages_in(world) == [world.data_dir / "packages" / sha256[:2] / sha256]
    assert packages_in(world)[0].read_bytes() == package
    assert list((world.data_dir / "incoming").iterdir()) == []


def test_the_same_run_again_is_no_error_and_changes_nothing(world: Any) -> None:
    package = world.pack(world.run_json())
    first = world.put(KEY, package)
    again = world.put(KEY, package)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(world.get("/api/v1/runs").json()["runs"]) == 1


def test_other_content_for_a_key_that_is_there_is_a_conflict(world: Any) -> None:
    world.put(KEY, world.pack(world.run_json()))
    answer = world.put(KEY, world.pack(world.run_json(status="FAIL")))

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert len(packages_in(world)) == 1
    assert world.get(f"/api/v1/runs/{KEY}").json()["status"] == "PASS"


def test_bytes_that_are_not_those_that_were_announced_are_refused(world: Any) -> None:
    answer = world.put(KEY, world.pack(world.run_json()), sha256="0" * 64)

    assert (answer.status_code, answer.json()["code"]) == (422, "bad-digest")
    assert packages_in(world) == []


def bad_packages(world: Any) -> dict[str, bytes]:
    def tar_with(header: tarfile.TarInfo, data: bytes = b"") -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            ok = tarfile.TarInfo("run/run.json")
            body = json.dumps(world.run_json()).encode()
            ok.size = len(body)
            tar.addfile(ok, io.BytesIO(body))
            header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
        return out.getvalue()

    link = tarfile.TarInfo("run/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device = tarfile.TarInfo("run/null")
    device.type = tarfile.CHRTYPE
    return {
        "empty": b"",
        "no tar": b"no tar at all" * 100,
        "no run.json": world.pack(None, {"testlog.txt": b"x"}),
        "run.json is no JSON": world.pack(b"{"),
        "run.json is a list": world.pack(b"[]"),
        "run.json without a name": world.pack(b"{}"),
        "cut off": world.pack(world.run_json(), {"log": bytes(range(256)) * 500})[:-200],
        "path upwards": tar_with(tarfile.TarInfo("run/../../evil"), b"x"),
        "absolute path": tar_with(tarfile.TarInfo("/etc/cron.d/x"), b"x"),
        "beside the run": tar_with(tarfile.TarInfo("other/file"), b"x"),
        "link": tar_with(link),
        "device": tar_with(device),
        "twice": tar_with(tarfile.TarInfo("run/run.json"), b"{}"),
    }


@pytest.mark.parametrize(
    "what",
    [
        "empty", "no tar", "no run.json", "run.json is no JSON", "run.json is a list", "run.json without a name",
        "cut off", "path upwards", "absolute path", "beside the run", "link", "device", "twice",
    ],
)  # fmt: skip
def test_what_is_no_run_package_is_refused_and_nothing_of_it_stays(world: Any, what: str) -> None:
    answer = world.put(KEY, bad_packages(world)[what])

    assert (answer.status_code, answer.json()["code"]) == (422, "bad-package")
    assert str(world.data_dir) not in answer.json()["detail"]
    assert packages_in(world) == []
    assert world.get("/api/v1/runs").json()["runs"] == []


def test_a_lab_brings_no_runs_of_another_host(world: Any) -> None:
    answer = world.put("timslab/20261123-101500123-k3j7x2m4.1", world.pack(world.run_json()))

    assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")


def test_a_token_for_any_host_brings_runs_of_every_host(world: Any) -> None:
    headers = {"Authorization": f"Bearer {admin.add_token(world.engine, '*')}"}

    assert world.put("timslab/local-run-1", world.pack(world.run_json()), headers=headers).status_code == 201


def test_a_reading_token_brings_nothing(world: Any) -> None:
    assert world.put(KEY, world.pack(world.run_json()), headers=world.reader).status_code == 403


def test_without_a_token_nothing_is_taken_even_where_all_may_read(world: Any) -> None:
    app = make_app(world.engine, world.data_dir, public=True)
    package = world.pack(world.run_json())
    answer = TestClient(app).put(f"/api/v1/runs/{KEY}", params={"sha256": world.digest(package)}, content=package)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    "key", ["demolab/short", "demolab/..%2F..%2Fetc%2Fpasswd", ".hidden/20261123-run", "demolab/aa%00bbccdd"]
)
def test_keys_that_are_none_are_refused(world: Any, key: str) -> None:
    assert world.put(key, world.pack(world.run_json())).status_code in (404, 422)


def test_a_crash_after_the_file_and_before_the_rows_loses_nothing(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    package = world.pack(world.run_json())

    def crash(*_: object) -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(run_sql, "add", crash)
        assert world.put(KEY, package).status_code == 500
    assert world.get(f"/api/v1/runs/{KEY}").status_code == 404
    assert len(packages_in(world)) == 1

    assert world.put(KEY, package).status_code == 201
    assert world.get(f"/api/v1/runs/{KEY}/package").content == package


def test_a_run_is_stored_with_all_its_rows_or_none(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("the power is gone")

    monkeypatch.setattr(label_sql, "_add_once", crash)
    assert world.put(KEY, world.pack(world.run_json())).status_code == 500

    with world.engine.connect() as conn:
        for table in ("runs", "sights", "documents", "cases", "measurements", "labels"):
            assert conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() == 0


def test_who_was_quicker_with_the_same_key_wins(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one comes between our look and our write."""
    mine, other = world.pack(world.run_json()), world.pack(world.run_json(status="FAIL"))
    real_find, calls = run_sql.find, []

    def find_nothing_at_first(conn: Any, key: str) -> Any:
        calls.append(key)
        return None if len(calls) == 1 else real_find(conn, key)

    world.put(KEY, other)
    monkeypatch.setattr(run_sql, "find", find_nothing_at_first)
    assert world.put(KEY, mine).status_code == 409


def test_many_at_once_with_the_same_run_make_one(world: Any) -> None:
    package, outcomes = world.pack(world.run_json()), []
    store, together = PackageStore(world.data_dir), threading.Barrier(4, timeout=90)

    def bring() -> None:
        with store.receive(limit=10**6) as incoming:
            incoming.write(package)
            together.wait()
            sha256 = world.digest(package)
            _, new = take_in(world.engine, store, incoming, key=KEY, sha256=sha256, by="demolab", clock=utc_now)
            outcomes.append(new)

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [False, False, False, True]
    assert len(packages_in(world)) == 1


def test_a_disk_that_is_full_is_said_so(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    answer = world.put(KEY, world.pack(world.run_json()))

    assert (answer.status_code, answer.json()["code"]) == (503, "no-room")


def test_a_package_larger_than_is_taken_stops_early(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.vision.api.LIMITS", Limits(package=1000))
    package = world.pack(world.run_json(), {"noise": bytes(range(256)) * 100, "more": os.urandom(5000)})

    assert world.put(KEY, package).status_code == 413
    assert list((world.data_dir / "incoming").iterdir()) == []


def test_what_an_upload_left_behind_long_ago_is_swept_at_the_start(world: Any) -> None:
    incoming = world.data_dir / "incoming"
    incoming.mkdir(exist_ok=True)
    old, new = incoming / "old", incoming / "new"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (1, 1))
    make_app(world.engine, world.data_dir)

    assert list(incoming.iterdir()) == [new]


@pytest.mark.parametrize(
    "run",
    [
        {"name": "Functional.x", "status": "PASS", "duration_ms": 10**30},
        {"name": "x" * 5000, "status": "nonsense", "metadata": {"board": "ä" * 500, "kernel_version": ["a", 1]}},
        {"name": "nul \0 byte", "status": "PASS", "metadata": {"board": "\0", "timestamp": "9999-12-31T23:59:59+0000"}},
        {"name": "Functional.\ud800", "status": "PASS", "metadata": {"start_time": "9" * 30}},
        {"name": "a", "test_sets": [{"name": "s", "test_cases": [{"name": "c", "measurements": [
            {"name": "m", "measure": float("nan")}, {"name": "n", "measure": 10**300}]}]}]},
    ],
)  # fmt: skip
def test_strange_values_are_stored_and_shown_without_harm(world: Any, run: dict[str, Any]) -> None:
    package = world.pack(json.dumps(run).encode())

    assert world.put(KEY, package).status_code == 201
    assert world.get(f"/api/v1/runs/{KEY}").status_code == 200
    assert world.page(f"/runs/{KEY}").status_code == 200
    assert world.page("/runs").status_code == 200


def test_real_runs_come_in_and_out_as_they_are(world: Any, shared_data: Path) -> None:
    files = sorted((shared_data / "fuego" / "runs").glob("*.run.json"))
    for at, file in enumerate(files):
        key = f"demolab/real-run-{at}"
        assert world.put(key, world.pack(file.read_bytes())).status_code == 201
        answer = world.get(f"/api/v1/runs/{key}").json()
        assert answer["test_sets"] == json.loads(file.read_text())["test_sets"]
        assert answer["test"] == file.name.removesuffix(".run.json")
        assert world.page(f"/runs/{key}").status_code == 200
