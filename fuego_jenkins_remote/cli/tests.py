"""A test on its way into a package: what verbs share that send tests along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fuego_jenkins_remote.cli.errors import Failed

if TYPE_CHECKING:
    from fuego_jenkins_remote.fuego.packages import PackageInfo


@contextmanager
def packed(source: Path) -> Iterator[PackageInfo]:
    """A test as a package: a .ftp as it is, a folder packed for the time of the block. Raises BadPackage, Failed."""
    from fuego_jenkins_remote.fuego.packages import Kind, check_package, pack_test

    if source.is_file():
        yield check_package(source, Kind.TEST)
        return
    if not source.is_dir():
        raise Failed(f"{source}: there is no such test package, and no such folder")
    with TemporaryDirectory(prefix="ftc-") as folder:
        yield pack_test(source.resolve(), Path(folder) / "test.ftp")
