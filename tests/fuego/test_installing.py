"""A test gets into Fuego's folder whole or not at all, and never over another one unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuego_jenkins_remote.fuego import installing
from fuego_jenkins_remote.fuego.errors import BadPackage
from fuego_jenkins_remote.fuego.installing import OtherTest, Outcome, install_test
from packed_tests import pack

NAME = "Functional.hello"


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    folder = tmp_path / "core" / "tests"
    folder.mkdir(parents=True)
    return folder


def script(tests: Path) -> str:
    return (tests / NAME / "fuego_test.sh").read_text()


def test_a_test_is_installed_with_nothing_left_beside_it(tests: Path, tmp_path: Path) -> None:
    done = install_test(pack(tmp_path), tests)
    assert (done.outcome, done.folder) == (Outcome.INSTALLED, tests / NAME)
    assert [path.name for path in tests.iterdir()] == [NAME]
    assert done.folder.stat().st_mode & 0o777 == 0o755


def test_the_same_test_again_changes_nothing(tests: Path, tmp_path: Path) -> None:
    install_test(pack(tmp_path), tests)
    before = (tests / NAME).stat().st_ino
    assert install_test(pack(tmp_path), tests).outcome is Outcome.THERE
    assert (tests / NAME).stat().st_ino == before


@pytest.mark.parametrize("change", ["content", "one more", "one less", "in a folder"])
def test_another_test_is_replaced_only_when_that_is_said(tests: Path, tmp_path: Path, change: str) -> None:
    folder = install_test(pack(tmp_path), tests).folder
    match change:
        case "content":
            (folder / "fuego_test.sh").write_text("mine")
        case "one more":
            (folder / "more").write_text("mine")
        case "one less":
            (folder / "fuego_test.sh").unlink()
        case _:
            (folder / "sub").mkdir()
            (folder / "sub" / "file").write_text("mine")
    with pytest.raises(OtherTest, match="--force replaces it"):
        install_test(pack(tmp_path), tests)
    assert install_test(pack(tmp_path), tests, force=True).outcome is Outcome.REPLACED
    assert sorted(path.name for path in (tests / NAME).iterdir()) == ["fuego_test.sh", "test.yaml"]
    assert [path.name for path in tests.iterdir()] == [NAME]


def test_what_is_no_test_package_leaves_nothing(tests: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.ftp"
    bad.write_text("no tar")
    with pytest.raises(BadPackage):
        install_test(bad, tests)
    assert list(tests.iterdir()) == []


@pytest.mark.parametrize("renames", [1, 2])
def test_a_kill_in_the_middle_is_made_good_by_the_next_call(
    tests: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    install_test(pack(tmp_path, body="old"), tests)
    real, left = Path.rename, renames

    class Killed(BaseException):
        pass

    def rename(self: Path, target: Path) -> Path:
        nonlocal left
        if tests not in {self.parent, self.parent.parent.parent}:
            return real(self, target)
        if not left:
            raise Killed
        left -= 1
        return real(self, target)

    def rmtree(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(Path, "rename", rename)
    monkeypatch.setattr(installing.shutil, "rmtree", rmtree)
    with pytest.raises(Killed):
        install_test(pack(tmp_path, body="new"), tests, force=True)
    monkeypatch.undo()
    assert (tests / f".{NAME}.replaced").is_dir()
    done = install_test(pack(tmp_path, body="new"), tests, force=True)
    assert done.outcome in {Outcome.REPLACED, Outcome.THERE}
    assert "new" in script(tests)
    assert [path.name for path in tests.iterdir() if not path.name.startswith(".ftc-")] == [NAME]
