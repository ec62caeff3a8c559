"""Runs of an old Fuego server, from the shell."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from fserver_server import FserverServer
from fuego_jenkins_remote.client.site import MAX_ANSWER

from ..conftest import Ftc, Lab

NAME = "run-2026-11-23_10:15:00-Functional.hello-on-timslab:bbb"
RUN = {
    "name": "Functional.hello",
    "status": "PASS",
    "schema_version": "1.0",
    "metadata": {
        "board": "bbb",
        "host_name": "timslab",
        "test_spec": "default",
        "build_number": "7",
        "timestamp": "2026-11-23T10:15:00+0000",
    },
    "test_sets": [{"name": "default", "status": "PASS", "test_cases": [{"name": "hello", "status": "PASS"}]}],
}
pytestmark = pytest.mark.usefixtures("old_lab")


def package(run: dict[str, object] = RUN) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in (("run/run.json", json.dumps(run).encode()), ("run/testlog.txt", b"Hello\n")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def stored(server: FserverServer) -> None:
    server.files[NAME], server.data[NAME] = package(), RUN


def test_a_run_is_put_without_a_word_in_the_conf_on_where(ftc: Ftc, server: FserverServer, tmp_path: Path) -> None:
    (tmp_path / "x.frp").write_bytes(package())
    done = ftc("put-run", tmp_path / "x.frp")
    assert done.status == 0, done.err
    assert list(server.data) == ["run-2026-11-23_10:15:00-Functional.hello-on-demolab:bbb"]


@pytest.mark.usefixtures("stored")
def test_runs_are_listed_with_what_they_say_of_themselves(ftc: Ftc, server: FserverServer) -> None:
    failed = "run-2026-11-23_11:00:00-Functional.bc-on-timslab:pi"
    server.data[failed] = {**RUN, "name": "Functional.bc", "status": "FAIL"}
    assert ftc("list-runs", "-r", "-q").out.split() == [failed, NAME]
    assert ftc("list-runs", "-r", "-q", "--status", "PASS").out.split() == [NAME]
    assert ftc("list-runs", "-r", "-q", "-b", "timslab:pi").out.split() == [failed]
    assert ftc("list-runs", "-r", "-q", "-t", "hello").out.split() == [NAME]
    assert ftc("list-runs", "-r", "-q", "--since", "2026-11-24").out == ""
    assert "1 PASS" in ftc("list-runs", "-r").out
    assert ftc("list-runs", "-r", "--campaign", "c-20261123-101500123-a2b3c4d5").status == 1


@pytest.mark.usefixtures("stored")
def test_a_run_whose_data_are_torn_is_listed_by_its_name(ftc: Ftc, server: FserverServer) -> None:
    server.data[NAME] = []  # type: ignore[assignment]
    assert ftc("list-runs", "-r", "-q").out.split() == [NAME]


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("given", [NAME, NAME.removeprefix("run-")])
def test_a_run_is_fetched_by_either_of_its_names(ftc: Ftc, tmp_path: Path, server: FserverServer, given: str) -> None:
    got = ftc("get-run", given, "-o", tmp_path / "x.frp")
    assert got.status == 0, got.err
    assert (tmp_path / "x.frp").read_bytes() == server.files[NAME]


@pytest.mark.usefixtures("stored")
def test_a_run_is_fetched_by_its_request(ftc: Ftc, tmp_path: Path, server: FserverServer) -> None:
    request = "request-2026-11-23_10:00:00.12-timslab:bbb"
    server.requests[request] = {"state": "done", "run_id": NAME.removeprefix("run-"), "host": "timslab"}
    assert ftc("get-run", request, "-o", tmp_path / "x.frp").status == 0
    server.requests[request] = {"state": "running"}
    assert "has no run yet" in ftc("get-run", request).err


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    "address",
    [
        "http://elsewhere.example.org/run.frp",
        "//elsewhere.example.org/run.frp",
        "/fserver-data/../../etc/passwd",
        "/etc/passwd",
        "",
    ],
)
def test_an_address_that_is_none_of_the_servers_own_files_is_not_followed(
    ftc: Ftc, server: FserverServer, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_do_get_run_url", lambda _form: address, raising=False)
    refused = ftc("get-run", NAME)
    assert (refused.status, "says that the file is at" in refused.err) == (1, True)


@pytest.mark.usefixtures("stored")
def test_a_run_of_which_the_server_gives_too_much_hides_no_other(ftc: Ftc, server: FserverServer) -> None:
    other = "run-2026-11-23_11:00:00-Functional.bc-on-timslab:pi"
    server.data[other] = {**RUN, "name": "Functional.bc", "notes": "x" * MAX_ANSWER}
    listed = ftc("list-runs", "-r", "--json").json()
    assert [(one["key"], one["status"]) for one in listed] == [(other, ""), (NAME, "PASS")]


@pytest.mark.usefixtures("stored")
def test_what_is_no_run_package_is_not_kept(ftc: Ftc, tmp_path: Path, server: FserverServer) -> None:
    server.files[NAME] = b"half"
    assert ftc("get-run", NAME, "-o", tmp_path / "x.frp").status == 1
    assert not (tmp_path / "x.frp").exists()


@pytest.mark.usefixtures("stored")
def test_a_run_is_installed_among_the_labs_own_once(ftc: Ftc, lab: Lab, server: FserverServer) -> None:
    first = ftc("install-run", NAME)
    assert first.status == 0, first.err
    folder = lab.root / "fuego-rw" / "logs" / "Functional.hello" / "bbb.default.timslab.7"
    assert (folder / "testlog.txt").read_text() == "Hello\n"
    assert "Functional.hello/bbb.default.timslab.7" in ftc("list-runs").out
    assert ftc("install-run", NAME).status == 0
    server.files[NAME] = package({**RUN, "status": "FAIL"})
    refused = ftc("install-run", NAME)
    assert (refused.status, "another run" in refused.err) == (1, True)


@pytest.mark.usefixtures("stored")
def test_a_run_is_taken_off(ftc: Ftc, server: FserverServer) -> None:
    assert ftc("rm-run", NAME).status == 0
    assert not server.files
    assert not server.data
    assert ftc("rm-run", NAME).status == 1


def test_the_half_of_a_run_is_taken_off_too(ftc: Ftc, server: FserverServer) -> None:
    server.files[NAME] = b"half"
    assert ftc("rm-run", NAME).status == 0
    assert not server.files


def test_what_no_run_can_be_called_is_a_mistake_of_the_caller_as_with_a_hub(ftc: Ftc, server: FserverServer) -> None:
    assert ftc("get-run", "nosuch").status == ftc("rm-run", "nosuch").status == 2
    assert server.seen == []


def test_an_address_that_is_set_nowhere_is_named(ftc: Ftc, old_lab: Lab) -> None:
    old_lab.add_settings(server_domain="", hub_url="http://127.0.0.1:1")
    assert "fserver_url or server_domain is not set in fuego.conf" in ftc("list-runs", "-r", "--from", "fserver").err


def test_vision_without_an_address_is_told_as_what_is_not_set(ftc: Ftc, tmp_path: Path) -> None:
    (tmp_path / "x.frp").write_bytes(package())
    refused = ftc("put-run", tmp_path / "x.frp", "--to", "vision")
    assert (refused.status, "vision: vision_url is not set in fuego.conf" in refused.err) == (1, True)
