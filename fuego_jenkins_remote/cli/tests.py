"""`ftc put-test`, `get-test`, `list-tests`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import FILE, common, hub_url, pass_session, remote
from fuego_jenkins_remote.cli.session import Session

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


@click.command
@click.argument("source", metavar="FOLDER|FILE", type=FILE)
@hub_url
@common
@pass_session
def put_test(session: Session, source: Path) -> None:
    """Leave a test package with the hub, and print the SHA-256 by which put-request --package finds it.

    \b
    Example: ftc put-test tests/Functional.mine
    """
    with packed(source) as info:
        session.hub.put_package(info.sha256, info.path)
    session.out.result(
        f"{info.name} ({info.size} bytes): ftc put-request -b SELECTOR -t {info.name} --package {info.sha256}",
        bare=info.sha256,
        data={"test": info.name, "sha256": info.sha256, "size": info.size},
    )


@click.command
@click.argument("sha256", metavar="SHA256")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to; without it TEST.ftp in this folder.")
@hub_url
@common
@pass_session
def get_test(session: Session, sha256: str, output: Path | None) -> None:
    """Fetch a test package from the hub.

    \b
    Example: ftc get-test 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    """
    from fuego_jenkins_remote.fuego.packages import Kind, Limits, check_package
    from fuego_jenkins_remote.network.identities import check_sha256

    check_sha256(sha256)
    folder = output.parent if output else Path()
    with TemporaryDirectory(prefix=".ftc-", dir=folder) as work:
        fetched = Path(work) / "test.ftp"
        session.hub.get_package(sha256, fetched, limit=Limits().package)
        info = check_package(fetched, Kind.TEST)
        if info.sha256 != sha256:
            raise Failed("what the hub sent is another package than was asked for (its SHA-256 differs)")
        target = output or Path(f"{info.name}.ftp")
        fetched.replace(target)
    session.out.result(f"{info.name}: {target}", bare=str(target), data={"test": info.name, "file": str(target)})


@click.command
@remote
@common
@pass_session
def list_tests(session: Session, remote: bool) -> None:
    """List the tests that are installed here.

    \b
    Example: ftc list-tests
    """
    if remote:
        raise Failed(
            "the network has no store of tests by name: put-test leaves a package with the hub, and get-test fetches it"
            " by its SHA-256"
        )
    from fuego_jenkins_remote.standin.installed import list_tests

    folder = session.settings.path("fuego_core_dir")
    tests = list_tests(folder)
    session.out.table(
        ("test", "folder"),
        [(test.name, str(test.folder)) for test in tests],
        bare=[test.name for test in tests],
        data=[{"name": test.name, "folder": str(test.folder)} for test in tests],
        empty=f"no test is installed in {folder / 'tests'}",
    )
