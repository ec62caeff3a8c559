"""`ftc list-runs -r` and `get-run` where the runs are in a SQUAD."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuego_jenkins_remote.fuego.packages import Kind, pack_run, unpack
from fuego_jenkins_remote.fuego.redact import Redactor
from squad_servers import TOKEN, FakeSquad

from .conftest import Ftc

KEY = "timslab/20261123-101500123-k3j7x2m4.1"


@pytest.fixture
def squad() -> Iterator[FakeSquad]:
    squad = FakeSquad()
    yield squad
    squad.close()


@pytest.fixture
def conf(tmp_path: Path, squad: FakeSquad, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fuego.conf as Fuego itself has it for a SQUAD."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "fuego.conf"
    domain = squad.url.removeprefix("http://")
    file.write_text(
        f"host_name=timslab\nserver_type=squad\nserver_domain={domain}\nserver_squad_token={TOKEN}\n"
        "server_squad_team=fuego\nserver_squad_project=boards\ntargets=squad\n"
    )
    monkeypatch.setenv("FUEGO_CONF", str(file))
    return file


@pytest.fixture
def delivered(conf: Path, ftc: Ftc, tmp_path: Path) -> Path:
    """A run's package, delivered to the SQUAD."""
    metadata = {"board": "bbb", "host_name": "timslab", "request_id": KEY.partition("/")[2][:-2], "attempt": 1}
    metadata |= {"timestamp": "2026-11-23T10:15:00+0000", "kernel_version": "6.1"}
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"name": "Functional.hello", "status": "PASS", "metadata": metadata}))
    package = pack_run(folder, tmp_path / "run.frp", redactor=Redactor(()), metadata={}).path
    assert ftc("put-run", package).status == 0
    return package


def test_runs_are_listed_as_those_of_vision(ftc: Ftc, delivered: Path) -> None:
    assert ftc("list-runs", "-r", "-q").out == f"{KEY}\n"
    assert ftc("list-runs", "-r", "--board", "bbb").out.split()[:6] == [
        "RUN",
        "TEST",
        "BOARD",
        "STATUS",
        "CASES",
        "WHEN",
    ]
    (told,) = json.loads(ftc("list-runs", "-r", "--json").out)
    assert (told["key"], told["kernel_version"], told["status"]) == (KEY, "6.1", "PASS")


def test_a_run_is_fetched_by_its_key(ftc: Ftc, delivered: Path, tmp_path: Path) -> None:
    assert ftc("get-run", KEY, "-o", tmp_path / "back.frp").status == 0
    assert (tmp_path / "back.frp").read_bytes() == delivered.read_bytes()
    assert ftc("get-run", KEY, "--unpack", tmp_path / "back").status == 0
    assert (tmp_path / "back" / "run" / "run.json").is_file()


def test_a_run_of_others_is_fetched_by_what_squad_calls_it_and_said_to_be_made(
    ftc: Ftc, delivered: Path, squad: FakeSquad, tmp_path: Path
) -> None:
    squad.runs[0].job_id, squad.runs[0].contents = "lava-7", {}
    fetched = ftc("get-run", "lava-7")
    assert (fetched.status, fetched.out) == (0, "lava-7: lava-7.frp\n")
    assert "this one was made of what it has" in fetched.err
    assert unpack(tmp_path / "lava-7.frp", tmp_path / "back", kind=Kind.RUN).is_dir()


def test_a_squad_that_auto_has_found_is_read_and_delivered_to(
    ftc: Ftc, delivered: Path, conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUEGO_STATE_DIR", str(tmp_path / "state"))
    conf.write_text(conf.read_text().replace("server_type=squad", "server_type=auto"))
    assert ftc("list-runs", "-r", "-q").out == f"{KEY}\n"
    assert ftc("put-run", delivered).status == 0


def test_a_lab_with_vision_names_squad_to_read_from_it(ftc: Ftc, delivered: Path, conf: Path) -> None:
    conf.write_text(conf.read_text() + "vision_url=http://127.0.0.1:9\n")
    assert "vision at http://127.0.0.1:9 cannot be reached" in ftc("list-runs", "-r").err
    assert ftc("list-runs", "-r", "-q", "--from", "squad").out == f"{KEY}\n"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("get-run", KEY), 1, f"has no run {KEY}"),
        (("list-runs", "-r", "--from", "nothing"), 2, "'nothing' is no target of runs"),
        (("list-runs", "-r", "--from", "vision"), 1, "vision_url is not set"),
        (("list-runs", "--from", "squad"), 2, "--from is for the network's runs: add -r"),
        (("list-runs", "-r", "--since", "yesterday"), 2, "'yesterday' is neither a span (2h) nor a time"),
        (("get-run", "20261123-101500123-k3j7x2m4"), 1, "SQUAD keeps runs only"),
    ],
)
def test_what_cannot_be_is_told(ftc: Ftc, conf: Path, words: tuple[str, ...], status: int, said: str) -> None:
    result = ftc(*words)
    assert (result.status, said in result.err) == (status, True), result.err
