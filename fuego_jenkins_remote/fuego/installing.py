"""Putting a test package into Fuego's folder of tests: whole or not at all, and never over another test unasked."""

from __future__ import annotations

import enum
import filecmp
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import BadPackage
from fuego_jenkins_remote.fuego.packages import Kind, unpack


class Outcome(enum.StrEnum):
    """What came of it."""

    INSTALLED = "installed"
    REPLACED = "replaced"
    THERE = "there already"


class OtherTest(BadPackage):
    """A test of this name is installed, and it is another one."""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """The test's folder, and what came of it."""

    folder: Path
    outcome: Outcome


def install_test(package: Path, tests: Path, *, force: bool = False) -> Installed:
    """Unpack a test into the folder of tests. Raises BadPackage, OtherTest unless `force`, OSError.

    The old one of a name is moved aside before the new one comes: who is killed in between leaves it there, and the
    next call puts it back first. Two calls for one test at once are for nobody.
    """
    with tempfile.TemporaryDirectory(prefix=".ftc-", dir=tests) as work:
        new = unpack(package, Path(work) / "unpacked", kind=Kind.TEST)
        target, aside = tests / new.name, tests / f".{new.name}.replaced"
        if aside.exists():
            _tidy(target, aside)
        if not target.exists():
            new.rename(target)
            return Installed(folder=target, outcome=Outcome.INSTALLED)
        if _same(new, target):
            return Installed(folder=target, outcome=Outcome.THERE)
        if not force:
            raise OtherTest("is installed already, and is another one: --force replaces it", file=target)
        target.rename(aside)
        new.rename(target)
        shutil.rmtree(aside)
        return Installed(folder=target, outcome=Outcome.REPLACED)


def _tidy(target: Path, aside: Path) -> None:
    """What a kill has left: the new one is there, or the old one goes back."""
    if target.exists():
        shutil.rmtree(aside)
    else:
        aside.rename(target)


def _same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files with the same content."""
    compared = filecmp.dircmp(one, other, ignore=[], hide=[])
    if compared.left_only or compared.right_only or compared.funny_files or compared.common_funny:
        return False
    _, different, failed = filecmp.cmpfiles(one, other, compared.common_files, shallow=False)
    if different or failed:
        return False
    return all(_same(one / name, other / name) for name in compared.common_dirs)
