"""Tests, binaries and runs that old clients bring and fetch."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.hub.fserver.settings import Fserver
from old_folder import packed
from packed_tests import pack, pack_binary

from .conftest import OldHub

RUN = "run-2026-11-23_18:00:00-Functional.hello_world-on-timslab:bbb"


def packed_run(**metadata: Any) -> bytes:
    """A run package as old clients make them."""
    said = {"board": "bbb", "host_name": "timslab", "test_spec": "default", "timestamp": "2026-11-23T18:00:00+0000"}
    run = {"name": "Functional.hello_world", "status": "PASS", "metadata": {**said, **metadata}, "test_sets": []}
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        content = json.dumps(run).encode()
        header = tarfile.TarInfo("run/run.json")
        header.size = len(content)
        tar.addfile(header, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def full(start: Callable[..., OldHub], vision: Fserver) -> OldHub:
    """An open hub with a vision, and the board timslab:bbb."""
    made = start(vision)
    made.put_board()
    return made


# -- tests


def test_a_test_is_in_the_store_of_today(old: OldHub, tmp_path: Path) -> None:
    content = pack(tmp_path).read_bytes()
    answer = old.upload("put_test", "Functional.hello-1.0-1.ftp", content)
    assert answer.startswith("OK\nFile 'Functional.hello-1.0-1.ftp' uploaded successfully!\n")
    stored = old.today("tim", "GET", "/tests/Functional.hello")["versions"][0]
    assert (stored["label"], stored["team"], stored["uploaded_by"]) == ("1.0-1", "oldteam", "fserver")
    assert old.done("query_tests") == "Functional.hello-1.0-1\n"
    assert old.client.get("/fserver-data/files/tests/Functional.hello-1.0-1.ftp").content == content
    assert "name: Functional.hello" in old.client.get("/fserver-data/data/tests/Functional.hello-1.0-1.yaml").text
    assert old.upload("put_test", "Functional.hello-1.0-1.ftp", b"x").startswith("FAIL\nAlready have a file")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Functional.hello-2.0-1.ftp", "holds Functional.hello-1.0-1"),
        ("Functional.hello.tar", "expected .ftp extension"),
        ("../Functional.hello-1.0-1.ftp", "is no name of a file"),
        ("a;reboot-1-1.ftp", "is no test name"),
        ("Functional.hello.ftp", "is no test of an old"),
    ],
)
def test_a_name_that_is_not_the_tests_is_refused(old: OldHub, tmp_path: Path, name: str, why: str) -> None:
    answer = old.upload("put_test", name, pack(tmp_path).read_bytes())
    assert answer.startswith("FAIL\n")
    assert why in answer
    assert old.done("query_tests") == ""


def test_what_is_no_package_leaves_nothing_behind(old: OldHub) -> None:
    assert old.upload("put_test", "Functional.hello-1.0-1.ftp", b"no tar").startswith("FAIL\n")
    assert list((old.hub.data_dir / "packages").iterdir()) == []


def test_binaries_are_found_by_toolchain(old: OldHub, tmp_path: Path) -> None:
    content = pack_binary(tmp_path, '{"name": "Functional.hello", "toolchain": "debian-armhf"}').read_bytes()
    name = "debian-armhf-Functional.hello"
    assert old.upload("put_binary_package", f"{name}-binary-package.ftbp", content).startswith("OK\n")
    assert old.done("query_binary_tests", toolchain="*armhf") == f"{name}\n"
    assert old.done("query_binary_tests", toolchain="mips") == ""
    path = f"/fserver-data/files/binary-packages/{name}-binary-package.ftbp"
    assert old.client.get(path).content == content
    assert old.client.get(f"/fserver-data/data/binary-packages/{name}.json").json()["toolchain"] == "debian-armhf"


@pytest.mark.parametrize(
    ("action", "name", "missing"),
    [
        ("put_test", "Functional.hello-1.0-1.ftp", "data/tests/Functional.hello/test.yaml"),
        ("put_binary_package", "arm-Functional.hello-binary-package.ftbp", "data/binary-packages/binary-package.json"),
        ("put_run", f"{RUN}.frp", f"files/runs/{RUN.removeprefix('run-')}/run.json"),
    ],
)
def test_a_package_that_does_not_say_what_it_is_is_refused(full: OldHub, action: str, name: str, missing: str) -> None:
    answer = full.upload(action, name, packed({"Functional.hello/other": "x"}))
    assert answer.startswith("FAIL\n")
    assert f"Error: can't find /fserver-data/{missing}\n in extracted " in answer


# -- runs


def test_without_vision_runs_are_refused_in_a_clear_line(old: OldHub) -> None:
    old.put_board()
    answer = old.upload("put_run", f"{RUN}.frp", packed_run())
    assert answer.startswith("FAIL\nError: runs are kept by vision, and this hub has been told of none")


def test_a_run_is_at_vision_and_found_by_its_name(full: OldHub) -> None:
    content = packed_run(build_number="1")
    answer = full.upload("put_run", f"{RUN}.frp", content)
    assert answer.startswith(f"OK\nFile '{RUN}.frp' uploaded successfully!\n"), answer
    assert full.done("query_runs", host="timslab", board="bbb", test_name="Functional.*") == f"{RUN}\n"
    url = full.done("get_run_url", run_id=RUN)
    assert full.client.get(url).content == content
    assert full.client.get(f"/fserver-data/data/runs/{RUN}.json").json()["status"] == "PASS"
    assert full.upload("put_run", f"{RUN}.frp", content).startswith(f"FAIL\nAlready have a file {RUN}.frp.")


def test_a_run_of_a_request_is_its_run_for_everybody(full: OldHub) -> None:
    request = full.put_request()
    full.update(request, state="running", start_time="2026-11-23T18:12:00+0000")
    name = "run-2026-11-23_18:12:00-Functional.hello_world-on-timslab:bbb"
    assert full.upload("put_run", f"{name}.frp", packed_run(request_id=request)).startswith("OK\n")
    full.update(request, state="done", run_id=name.removeprefix("run-"))
    now = full.newest()
    assert (now["state"], now["status"]) == ("done", "PASS")
    assert now["run_key"] == f"timslab/{now['id']}.1"
    assert now["run_url"].endswith(now["run_key"])
    assert full.done("query_runs", request_id=request) == f"{name}\n"


def test_a_run_that_comes_after_its_request_was_done_is_found_there(full: OldHub) -> None:
    request = full.put_request()
    name = "run-2026-11-23_18:13:00-Functional.hello_world-on-timslab:bbb"
    full.update(request, state="done", run_id=name.removeprefix("run-"))
    assert full.newest()["run_url"] == ""
    assert full.upload("put_run", f"{name}.frp", packed_run(build_number="3")).startswith("OK\n")
    now = full.newest()
    assert (now["status"], now["run_url"].endswith(now["run_key"]), now["reason"]) == ("PASS", True, "")


def test_a_run_that_came_before_anybody_named_its_request_is_found_there(full: OldHub) -> None:
    request = full.put_request()
    name = "run-2026-11-23_18:15:00-Functional.hello_world-on-timslab:bbb"
    assert full.upload("put_run", f"{name}.frp", packed_run(build_number="5")).startswith("OK\n")
    full.update(request, state="done", run_id=name.removeprefix("run-"))
    now = full.newest()
    assert (now["state"], now["status"], now["run_url"].endswith(now["run_key"])) == ("done", "PASS", True)


@pytest.mark.parametrize("is_first", [True, False], ids=["run first", "error first"])
def test_the_run_of_an_error_is_found_by_its_request(full: OldHub, is_first: bool) -> None:
    request = full.put_request()
    full.update(request, state="running", start_time="2026-11-23T18:12:00+0000")
    name = f"run-2026-11-23_18:16:0{int(is_first)}-Functional.hello_world-on-timslab:bbb"
    package = packed_run(request_id="20261123-181200000-abcdefgh", fserver_request=request)

    def put() -> None:
        assert full.upload("put_run", f"{name}.frp", package).startswith("OK\n")

    if is_first:
        put()
    full.update(request, state="error", reason="board did not boot", run_id=name.removeprefix("run-"))
    if not is_first:
        put()
    now = full.newest()
    assert (now["state"], now["run_key"]) == ("error", f"timslab/{now['id']}.1")
    assert now["run_url"].endswith(now["run_key"])
    assert "board did not boot" in now["reason"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("results.tgz", "Invalid filename for run"),
        ("run-2026-11-23_18:00:00-Functional.bc-on-nocolon.frp", "is no run"),
        ("run-2026-11-23_18:00:00-Functional.bc-on-$(reboot):bbb.frp", "is no host name"),
        ("run-2026-11-23_18:00:00-Functional.bc-on-elsewhere:bbb.frp", "not one of the team"),
        ("run-2026-11-23_18:00:00-Functional.bc-on-timslab:../x.frp", "is no name of a file"),
    ],
)
def test_a_name_that_no_run_can_have_is_refused(full: OldHub, name: str, why: str) -> None:
    answer = full.upload("put_run", name, packed_run())
    assert answer.startswith("FAIL\n")
    assert why in answer


def test_a_removed_run_is_there_no_more(full: OldHub) -> None:
    name = "run-2026-11-23_18:14:00-Functional.hello_world-on-timslab:bbb"
    full.upload("put_run", f"{name}.frp", packed_run(build_number="4"))
    assert f"Run file {name}.frp was removed" in full.done("remove_run", run_id=name)
    assert "does not exist" in full.failed("get_run_url", run_id=name)
    assert "does not exist" in full.failed("remove_run", run_id=name)
    assert full.client.get(f"/fserver-data/files/runs/{name}.frp").status_code == 404
