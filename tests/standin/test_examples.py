"""The examples are what they say: each is whole, runs here, and has the result it is for."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fuego_jenkins_remote.fuego.boards import read_boards_dir
from fuego_jenkins_remote.fuego.test_yaml import read_test_yaml
from fuego_jenkins_remote.standin.installed import list_tests

if TYPE_CHECKING:
    from tests.standin.conftest import Lab

EXAMPLES = Path(__file__).parents[2] / "examples"
ALL = sorted(path.parent for path in EXAMPLES.glob("*/*/fuego_test.sh"))


@pytest.mark.parametrize("folder", ALL, ids=lambda folder: folder.name)
def test_each_example_runs_in_less_than_two_seconds(lab: Lab, folder: Path) -> None:
    lab.add_example(folder.name, folder.parent.name)
    for _ in range(5):
        started, worked = time.monotonic(), _work_of_children()
        ran = lab.run(folder.name)
        took, worked = time.monotonic() - started, _work_of_children() - worked
        assert ran.run.status == ("FAIL" if folder.name == "Functional.fails" else "PASS")
        if took < 2 or worked < 1.5:  # others may keep the machine busy
            return
    pytest.fail("never")


def _work_of_children() -> float:
    """Seconds of processors' time that processes of ours which have ended took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("folder", ALL, ids=lambda folder: folder.name)
def test_each_test_yaml_names_the_test_its_license_and_its_files(folder: Path) -> None:
    found = read_test_yaml(folder / "test.yaml")
    assert (found.name, found.license) == (folder.name, "BSD-3-Clause")
    assert found.type == folder.name.partition(".")[0]
    assert sorted(found.data_files) == sorted(path.name for path in folder.iterdir())


def test_the_installed_ones_are_listed(lab: Lab) -> None:
    core = lab.places.fuego_core
    (core / "tests" / "Functional.no_script").mkdir()
    (core / "tests" / "notes").mkdir()
    lab.add_example("Functional.fails")
    lab.add_example("Benchmark.memory_and_sort")
    assert [test.name for test in list_tests(core)] == ["Benchmark.memory_and_sort", "Functional.fails"]
    assert [test.specs().keys() for test in list_tests(core)] == [{"default", "quick"}, {"default"}]
    assert [test.info().license for test in list_tests(core)] == ["BSD-3-Clause", "BSD-3-Clause"]
    assert list_tests(core / "nowhere") == []


def test_the_boards_are_read_and_keep_their_secrets() -> None:
    boards = {board.name: board for board in read_boards_dir(EXAMPLES / "boards")}
    assert boards.keys() == {"local1", "local2", "placeholder"}
    assert all(not board.warnings for board in boards.values())
    assert boards["local1"].facts()["arch"] == "x86_64"
    assert {"horse-battery-7", "192.0.2.17"} <= boards["local1"].secret_values()
    assert boards["placeholder"].is_placeholder


@pytest.mark.parametrize("board", ["local1", "local2"])
def test_the_boards_run_tests(lab: Lab, board: str) -> None:
    lab.add_board(board, (EXAMPLES / f"boards/{board}.board").read_text("utf-8"))
    lab.add_example("Functional.fails")
    assert lab.run("fails", board=board).run.text("board") == board
