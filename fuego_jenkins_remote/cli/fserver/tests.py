"""Tests of an old Fuego server: the other half of list-tests, get-test, install-test, put-test, put-binary-package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.client.fserver import tests

if TYPE_CHECKING:
    from fuego_jenkins_remote.fuego.fserver_format import TestId
    from fuego_jenkins_remote.fuego.packages import PackageInfo


def list_tests(session: Session, text: str, tag: str, limit: int) -> None:
    """List the server's tests, each in its newest version. Raises Failed for a tag: it knows names alone."""
    if tag:
        raise Failed(f"the Fuego server at {session.fserver.url} knows its tests' names alone: leave --tag out")
    newest = {one.name: one for one in reversed(tests.listed(session.fserver))}
    words = text.lower().split()
    found = [one for name, one in sorted(newest.items()) if all(word in name.lower() for word in words)][:limit]
    session.out.table(
        ("test", "version"),
        [(one.name, one.label) for one in found],
        bare=[one.name for one in found],
        data=[{"name": one.name, "version": one.label} for one in found],
        empty="the server has no such test" if text else "the server has no tests yet: ftc put-test FOLDER",
    )


def get_test(session: Session, name: str | None, wanted: str, binary: str | None, output: Path | None) -> None:
    """Fetch a test package, the newest version without one, or a test's binaries for the toolchain `binary`."""
    if name is None:
        raise Failed(f"the Fuego server at {session.fserver.url} knows no SHA-256: say -t TEST")
    if binary:
        _get_binaries(session, name, binary, output)
        return
    with _fetched(session, name, wanted, output.parent if output else Path()) as (found, info):
        target = output or Path(f"{found}.ftp")
        info.path.replace(target)
    data = {"test": found.name, "version": found.label, "file": str(target), "sha256": info.sha256}
    session.out.result(f"{found.name} {found.label}: {target}", bare=str(target), data=data)


def _get_binaries(session: Session, name: str, toolchain: str, output: Path | None) -> None:
    from fuego_jenkins_remote.fuego.fserver_format import BinaryId
    from fuego_jenkins_remote.fuego.names import check_test_name
    from fuego_jenkins_remote.fuego.packages import Limits
    from fuego_jenkins_remote.fuego.releases import check_toolchain, describe_binary

    wanted = BinaryId(toolchain=check_toolchain(toolchain), name=check_test_name(name))
    there = [one for one in tests.binaries(session.fserver) if one.name == name]
    if wanted not in there:
        has = ", ".join(one.toolchain for one in there) or "none"
        raise Failed(f"there are no binaries of {name} for {toolchain}; for: {has}")
    target = output or Path(wanted.file)
    with TemporaryDirectory(prefix=".ftc-", dir=target.parent) as work:
        package = Path(work) / "package"
        tests.fetch_binaries(session.fserver, wanted, package, limit=Limits().package)
        sha256 = describe_binary(package).sha256
        package.replace(target)
    session.out.result(
        f"{name}: {target}", bare=str(target), data={"test": name, "file": str(target), "sha256": sha256}
    )


def install_test(session: Session, name: str, wanted: str, *, force: bool) -> None:
    """Install a test of the server in this lab's Fuego."""
    from fuego_jenkins_remote.fuego import installing

    folder = session.settings.path("fuego_core_dir") / "tests"
    if not folder.is_dir():
        raise Failed(f"{folder}: there is no such folder (fuego_core_dir in fuego.conf names Fuego's)")
    with _fetched(session, name, wanted, None) as (found, info):
        done = installing.install_test(info.path, folder, force=force)
    session.out.result(
        f"{found.name} {found.label}: {done.outcome} in {done.folder}",
        bare=str(done.folder),
        data={"test": found.name, "version": found.label, "folder": str(done.folder), "outcome": str(done.outcome)},
    )


def put_test(session: Session, source: Path, team: str | None, *, private: bool) -> None:
    """Put a test there, under the name, version and release of its test.yaml."""
    _for_everybody(session, team, private)
    from fuego_jenkins_remote.cli.tests import packed
    from fuego_jenkins_remote.fuego.fserver_format import TestId
    from fuego_jenkins_remote.fuego.releases import describe_test

    with packed(source) as info:
        described = describe_test(info.path)
        _no_dash(described.version)
        test = TestId(name=described.name, version=described.version, release=str(described.release))
        tests.put(session.fserver, test, info.path)
    data = {"name": test.name, "version": test.label, "sha256": described.sha256, "size": described.size}
    session.out.result(f"{test.name} {test.label} is at {session.fserver.url}", bare=described.sha256, data=data)


def _for_everybody(session: Session, team: str | None, private: bool) -> None:
    if team or private:
        raise Failed(f"the Fuego server at {session.fserver.url} has no --team and no --private: all see all")


def _no_dash(version: str) -> None:
    if "-" in version:
        raise Failed(f"the version {version} has a dash, by which an old Fuego server tells it from the release")


def put_binaries(session: Session, package: Path, team: str | None, *, private: bool) -> None:
    """Put a test's binaries there, under the toolchain and the test of their binary-package.json."""
    _for_everybody(session, team, private)
    from fuego_jenkins_remote.fuego.fserver_format import BinaryId
    from fuego_jenkins_remote.fuego.releases import describe_binary

    described = describe_binary(package)
    binary = BinaryId(toolchain=described.toolchain, name=described.name)
    tests.put_binaries(session.fserver, binary, package)
    session.out.result(
        f"binaries of {binary.name} for {binary.toolchain} are at {session.fserver.url}",
        bare=described.sha256,
        data={"name": binary.name, "toolchain": binary.toolchain, "sha256": described.sha256, "size": described.size},
    )


def rm_test(session: Session) -> NoReturn:
    """Raises Failed: the server names the action and has never had it."""
    raise Failed(f"the Fuego server at {session.fserver.url} cannot remove a test: its people have to remove its file")


@contextmanager
def _fetched(session: Session, name: str, wanted: str, folder: Path | None) -> Iterator[tuple[TestId, PackageInfo]]:
    """A test's package, checked, for the time of the block. Raises BadName, BadPackage, ClientError, Failed."""
    from fuego_jenkins_remote.fuego.names import check_test_name
    from fuego_jenkins_remote.fuego.packages import Kind, Limits, check_package
    from fuego_jenkins_remote.fuego.releases import check_version

    found = tests.find(session.fserver, check_test_name(name), check_version(wanted) if wanted else "")
    with TemporaryDirectory(prefix=".ftc-", dir=folder) as work:
        package = Path(work) / "package"
        tests.fetch(session.fserver, found, package, limit=Limits().package)
        info = check_package(package, Kind.TEST)
        if info.name != found.name:
            raise Failed(f"what the Fuego server has as {found} is {info.name}: nothing was kept")
        yield found, info
