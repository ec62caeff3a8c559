"""`ftc get-test`, `install-test`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import FILE, common, hub_url, pass_session
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.store import StoredTest
    from fuego_jenkins_remote.fuego.installing import Installed
    from fuego_jenkins_remote.fuego.packages import Kind

version = click.option(
    "--version", "wanted", default="", metavar="VERSION", help="VERSION-RELEASE, or VERSION; without it the newest."
)


@click.command
@click.argument("sha256", required=False, metavar="[SHA256]")
@click.option("-t", "--test", "name", metavar="TEST", help="A test of the store.")
@version
@click.option("--binary", metavar="TOOLCHAIN", help="Its binaries for this toolchain, not the test.")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Where to; without it as Fuego calls such a package.")
@hub_url
@common
@pass_session
def get_test(
    session: Session,
    /,
    *,
    sha256: str | None,
    name: str | None,
    wanted: str,
    binary: str | None,
    output: Path | None,
) -> None:
    """Fetch a test package from the hub, by the test's name and version, or by its SHA-256.

    \b
    Examples: ftc get-test -t Functional.hello_world
              ftc get-test -t Functional.hello_world --version 1.0-3 -o hello.ftp
              ftc get-test 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    """
    from fuego_jenkins_remote.fuego.packages import Kind
    from fuego_jenkins_remote.network.identities import check_sha256

    if bool(sha256) == bool(name):
        raise click.UsageError("say which test: -t TEST, or the SHA-256 of a package")
    if (wanted or binary) and not name:
        raise click.UsageError("--version and --binary belong to -t TEST")
    if wanted and binary:
        raise click.UsageError("binaries have no version: --version and --binary exclude each other")
    if session.speaks_fserver:
        from fuego_jenkins_remote.cli.fserver import tests as on_fserver

        on_fserver.get_test(session, name, wanted, binary, output)
        return
    file, kind = "", Kind.TEST
    if name and binary:
        sha256, kind = _binary(session, name, binary), Kind.BINARY
        file = f"{binary}-{name}-binary-package.ftbp"
    elif name:
        found = stored(session, name, wanted)
        sha256, file = found.sha256, f"{found.name}-{found.label}.ftp"
    folder = output.parent if output else Path()
    with fetched(session, check_sha256(sha256 or ""), folder, kind) as (package, said):
        target = output or Path(file or f"{said}.ftp")
        package.replace(target)
    session.out.result(
        f"{said or name}: {target}",
        bare=str(target),
        data={"test": said or name, "file": str(target), "sha256": sha256},
    )


@click.command
@click.argument("word", required=False, metavar="[TEST]")
@click.option("-t", "--test", "name", metavar="TEST", help="A test of the store.")
@version
@click.option("--force", is_flag=True, help="Also over another test of this name.")
@hub_url
@common
@pass_session
def install_test(session: Session, word: str | None, name: str | None, wanted: str, force: bool) -> None:
    """Install a test of the store in this lab's Fuego. It is fetched, checked, and appears in fuego_core_dir/tests.

    The lab runs it then for whom its policy runs installed tests: look at it first.

    \b
    Example: ftc install-test -t Functional.hello_world
    """
    if bool(word) == bool(name):
        raise click.UsageError("say which test, once: -t TEST")
    if session.speaks_fserver:
        from fuego_jenkins_remote.cli.fserver import tests as on_fserver

        on_fserver.install_test(session, name or word or "", wanted, force=force)
        return
    found, done = install(session, name or word or "", wanted, force=force)
    session.out.result(
        f"{found.name} {found.label}: {done.outcome} in {done.folder}",
        bare=str(done.folder),
        data={"test": found.name, "version": found.label, "folder": str(done.folder), "outcome": str(done.outcome)},
    )


def install(session: Session, name: str, wanted: str, *, force: bool) -> tuple[StoredTest, Installed]:
    """Install a version of a test, the newest without one; which one it was, and what came of it."""
    from fuego_jenkins_remote.fuego.installing import install_test
    from fuego_jenkins_remote.fuego.packages import Kind

    tests = session.settings.path("fuego_core_dir") / "tests"
    if not tests.is_dir():
        raise Failed(f"{tests}: there is no such folder (fuego_core_dir in fuego.conf names Fuego's)")
    found = stored(session, name, wanted)
    with fetched(session, found.sha256, None, Kind.TEST) as (package, _):
        return found, install_test(package, tests, force=force)


def stored(session: Session, name: str, wanted: str) -> StoredTest:
    """A version of a test in the store, the newest without one; raises BadName, ClientError."""
    from fuego_jenkins_remote.client import store
    from fuego_jenkins_remote.fuego.names import check_test_name
    from fuego_jenkins_remote.fuego.releases import check_version

    return store.version(session.hub.api, check_test_name(name), check_version(wanted) if wanted else "")


def _binary(session: Session, name: str, toolchain: str) -> str:
    from fuego_jenkins_remote.client import store
    from fuego_jenkins_remote.fuego.names import check_test_name

    found = store.everything(session.hub.api, check_test_name(name)).binaries
    for one in found:
        if one.toolchain == toolchain:
            return one.sha256
    there = ", ".join(one.toolchain for one in found) or "none"
    raise Failed(f"there are no binaries of {name} for {toolchain}; for: {there}")


@contextmanager
def fetched(session: Session, sha256: str, folder: Path | None, kind: Kind) -> Iterator[tuple[Path, str]]:
    """A package of the hub, checked, with its test's name, for the time of the block. Raises Failed, BadPackage."""
    from fuego_jenkins_remote.fuego.packages import Limits, check_package

    with TemporaryDirectory(prefix=".ftc-", dir=folder) as work:
        package = Path(work) / "package"
        session.hub.get_package(sha256, package, limit=Limits().package)
        info = check_package(package, kind)
        if info.sha256 != sha256:
            raise Failed("what the hub sent is another package than was asked for (its SHA-256 differs)")
        yield package, info.name
