"""Runs of an old Fuego server are taken over, each once; what is torn is told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuego_jenkins_remote.fuego.fserver_folder import FserverFolder, Torn
from fuego_jenkins_remote.service.engine import reading
from fuego_jenkins_remote.vision import admin
from fuego_jenkins_remote.vision.importing import Taken, import_runs
from fuego_jenkins_remote.vision.statements import runs as run_sql
from old_folder import RUN, OldFolder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    admin.init_data(tmp_path / "vision")
    return tmp_path / "vision"


@pytest.fixture
def old(tmp_path: Path) -> OldFolder:
    return OldFolder(tmp_path)


def imported(data: Path, old: OldFolder) -> list[Taken | Torn]:
    engine = admin.open_data(data)
    try:
        return list(import_runs(engine, data, FserverFolder(old.root)))
    finally:
        engine.dispose()


def test_a_run_is_there_with_its_cases_under_its_labs_name(data: Path, old: OldFolder) -> None:
    old.run(status="FAIL")
    (taken,) = imported(data, old)
    assert isinstance(taken, Taken)
    assert taken.key.startswith("timslab/")
    engine = admin.open_data(data)
    with reading(engine) as conn:
        run = run_sql.find(conn, taken.key)
    engine.dispose()
    assert run is not None
    assert (run.test, run.board, run.status, run.uploaded_by) == (
        "Functional.hello_world",
        "bbb",
        "FAIL",
        "import of an old server",
    )


def test_a_second_import_changes_nothing(data: Path, old: OldFolder) -> None:
    old.run()
    (first,) = imported(data, old)
    old.run(RUN.replace("10:15", "10:16"), note="another")
    again = imported(data, old)
    assert isinstance(first, Taken)
    assert [one.is_new for one in again if isinstance(one, Taken)] == [False, True]
    assert next(one.key for one in again if isinstance(one, Taken)) == first.key


def test_what_is_torn_is_told_of_and_the_rest_is_taken(data: Path, old: OldFolder) -> None:
    old.run()
    old.run(RUN.replace("10:15", "10:16")).write_bytes(b"half of a pack")
    old.run(RUN.replace("10:15", "10:17")).write_bytes(b"")
    old.run(RUN.replace("timslab", "tim's lab".replace(" ", "_")))
    found = imported(data, old)
    assert [type(one) for one in found].count(Taken) == 1
    said = [one.what for one in found if isinstance(one, Torn)]
    assert len(said) == 3
    assert any("run package" in what for what in said)
    assert any("host name" in what for what in said)
    assert list((data / "incoming").iterdir()) == []
