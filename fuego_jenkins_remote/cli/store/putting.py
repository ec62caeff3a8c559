"""`ftc put-test`, `put-binary-package`, `rm-test`."""

from __future__ import annotations

from pathlib import Path

import click

from fuego_jenkins_remote.cli.options import FILE, TEAM, common, hub_url, pass_session
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.tests import packed

team = click.option("--team", type=TEAM, help="For which of your teams; without it the first.")
private = click.option("--private", is_flag=True, help="For the team alone.")


@click.command
@click.argument("source", metavar="FOLDER|FILE", type=FILE)
@team
@private
@hub_url
@common
@pass_session
def put_test(session: Session, source: Path, team: str | None, private: bool) -> None:
    """Put a test into the network's store. Its test.yaml says its name, version and fuego_release.

    The same test again changes nothing; other content needs another version or fuego_release.

    \b
    Example: ftc put-test tests/Functional.mine
    """
    from fuego_jenkins_remote.client import store

    if session.speaks_fserver:
        from fuego_jenkins_remote.cli.fserver import tests as on_fserver

        on_fserver.put_test(session, source, team, private=private)
        return
    with packed(source) as info:
        _leave(session, info.sha256, info.path)
    stored = store.put_test(session.hub.api, info.sha256, team=team, private=private)
    session.out.result(
        f"{stored.name} {stored.label} is in the store: ftc put-request SELECTOR -t {stored.name} --stored "
        f"{stored.label}",
        bare=stored.sha256,
        data=dict(stored.raw),
    )


@click.command
@click.argument("package", metavar="FILE", type=FILE)
@team
@private
@hub_url
@common
@pass_session
def put_binary_package(session: Session, package: Path, team: str | None, private: bool) -> None:
    """Put a test's binaries into the network's store. Its binary-package.json says test and toolchain.

    They take the place of those before.

    \b
    Example: ftc put-binary-package debian-armhf-Functional.hello_world-binary-package.ftbp
    """
    from fuego_jenkins_remote.client import store
    from fuego_jenkins_remote.fuego.releases import describe_binary

    if session.speaks_fserver:
        from fuego_jenkins_remote.cli.fserver import tests as on_fserver

        on_fserver.put_binaries(session, package, team, private=private)
        return
    described = describe_binary(package)
    _leave(session, described.sha256, package)
    stored = store.put_binary(session.hub.api, described.sha256, team=team, private=private)
    session.out.result(
        f"binaries of {stored.name} for {stored.toolchain} are in the store: ftc get-test -t {stored.name} --binary "
        f"{stored.toolchain}",
        bare=stored.sha256,
        data={"name": stored.name, "toolchain": stored.toolchain, "sha256": stored.sha256, "size": stored.size},
    )


@click.command
@click.option("-t", "--test", "name", required=True, metavar="TEST", help="Which test.")
@click.option("--version", "wanted", required=True, metavar="VERSION", help="Which version: VERSION-RELEASE.")
@hub_url
@common
@pass_session
def rm_test(session: Session, name: str, wanted: str) -> None:
    """Take a version of a test out of the network's store. Not while a request that you see uses it and has not ended.

    \b
    Example: ftc rm-test -t Functional.mine --version 1.0-3
    """
    from fuego_jenkins_remote.client import store
    from fuego_jenkins_remote.fuego.names import check_test_name
    from fuego_jenkins_remote.fuego.releases import check_version

    if session.speaks_fserver:
        from fuego_jenkins_remote.cli.fserver import tests as on_fserver

        on_fserver.rm_test(session)
    store.remove(session.hub.api, check_test_name(name), check_version(wanted))
    session.out.result(f"{name} {wanted} is no longer in the store", bare=name, data={"name": name, "version": wanted})


def _leave(session: Session, sha256: str, path: Path) -> None:
    session.hub.put_package(sha256, path)
