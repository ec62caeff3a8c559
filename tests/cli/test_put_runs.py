"""`ftc put-run` with several runs, and with a kernel's commit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuego_jenkins_remote.fuego.packages import pack_run
from fuego_jenkins_remote.fuego.redact import Redactor
from kcidb_server import TOKEN, KcidbServer

from .conftest import Ftc

COMMIT = "c942fddf8793b2013be8c901b47d0a8dc02bf99f"


@pytest.fixture
def kcidb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KcidbServer]:
    """A server that the lab's fuego.conf names."""
    server = KcidbServer()
    conf = tmp_path / "fuego.conf"
    conf.write_text(f"host_name=timslab\nkcidb_url={server.url}\nkcidb_origin=timslab\n")
    monkeypatch.setenv("FUEGO_CONF", str(conf))
    monkeypatch.setenv("FUEGO_KERNELCI_TOKEN", TOKEN)
    yield server
    server.close()


def package(folder: Path, name: str, **metadata: object) -> Path:
    made = folder / name
    made.mkdir()
    said = {"board": "bbb", "kernel_version": "6.1", **metadata}
    run = {"name": f"Functional.{name}", "status": "PASS", "metadata": said}
    (made / "run.json").write_text(json.dumps(run))
    return pack_run(made, folder / f"{name}.frp", redactor=Redactor(()), metadata={}).path


def test_several_runs_go_to_kernelci_in_one_submission(ftc: Ftc, kcidb: KcidbServer, tmp_path: Path) -> None:
    files = [package(tmp_path, name) for name in ("one", "two", "three")]
    told = ftc("put-run", *files, "--to", "kernelci", "--json")
    assert told.status == 0
    assert [one["targets"][0]["delivered"] for one in json.loads(told.out)] == [True, True, True]
    assert (len(kcidb.received), len(kcidb.objects("tests"))) == (1, 3)


def test_one_that_is_not_delivered_is_told_and_holds_up_no_other(
    ftc: Ftc, kcidb: KcidbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [package(tmp_path, name) for name in ("one", "two")]
    monkeypatch.setenv("FUEGO_KERNELCI_TOKEN", "wrong")
    refused = ftc("put-run", *files, "--to", "kernelci")
    assert (refused.status, refused.err.count("answered 401")) == (1, 2)


def test_the_kernels_commit_can_be_given(ftc: Ftc, kcidb: KcidbServer, tmp_path: Path) -> None:
    assert ftc("put-run", package(tmp_path, "one"), "--to", "kernelci", "--kernel-commit", COMMIT).status == 0
    assert kcidb.objects("checkouts")[f"timslab:{COMMIT}"]["git_commit_hash"] == COMMIT


@pytest.mark.parametrize("commit", ["v6.9", "C" * 40, "0" * 39])
def test_a_commit_that_is_none_is_a_mistake_of_the_call(ftc: Ftc, kcidb: KcidbServer, commit: str) -> None:
    result = ftc("put-run", "x.frp", "--to", "kernelci", "--kernel-commit", commit)
    assert (result.status, "40 digits 0-9 a-f" in result.err) == (2, True)


def test_of_private_runs_none_goes_where_the_lab_does_not_send_such(
    ftc: Ftc, kcidb: KcidbServer, tmp_path: Path
) -> None:
    files = [package(tmp_path, "one", private=True), package(tmp_path, "two")]
    told = ftc("put-run", *files, "--to", "kernelci", "--json")
    assert told.status == 1
    private, other = (one["targets"][0] for one in json.loads(told.out))
    assert (private["delivered"], other["delivered"]) == (False, True)
    assert "private_targets in fuego.conf does not name kernelci" in private["trouble"]
    assert {one["path"] for one in kcidb.objects("tests").values()} == {"two"}


def test_private_runs_go_where_the_lab_sends_such(ftc: Ftc, kcidb: KcidbServer, tmp_path: Path) -> None:
    with (tmp_path / "fuego.conf").open("a") as conf:
        conf.write("private_targets=vision,kernelci\n")
    assert ftc("put-run", package(tmp_path, "one", private=True), "--to", "kernelci").status == 0
    assert {one["path"] for one in kcidb.objects("tests").values()} == {"one"}
