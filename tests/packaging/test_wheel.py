"""The wheel is all that a lab installs: it carries the job definitions, and nothing under another project's name."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What the wheel holds."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


pytestmark = pytest.mark.slow


def test_it_has_no_other_top_level_than_ours(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"fuego_jenkins_remote"}


@pytest.mark.parametrize("folder", ["jenkins_jobs", "fuego_jenkins_remote"])
def test_it_has_every_file_that_is_no_python_of_ours(names: set[str], folder: str) -> None:
    where = "fuego_jenkins_remote/lab/jobs/jenkins_jobs" if folder == "jenkins_jobs" else "fuego_jenkins_remote"
    files = {path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob("*") if path.is_file()}
    kept = {path for path in files if "__pycache__" not in path.parts}
    assert {f"{where}/{path.as_posix()}" for path in kept} <= names


def test_the_job_definitions_are_no_python_package(names: set[str]) -> None:
    assert not [name for name in names if "jenkins_jobs/" in name and name.endswith(".py")]
