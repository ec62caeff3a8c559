"""`ftc list-tests`, `show-test`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from fuego_jenkins_remote.cli.options import common, hub_url, pass_session, remote
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session

if TYPE_CHECKING:
    from fuego_jenkins_remote.client.store import StoredTest

PAGE = 500


@click.command
@click.argument("words", nargs=-1, metavar="[TEXT]...")
@remote
@click.option("--tag", default="", metavar="TAG", help="With -r: only those with this tag.")
@click.option("--limit", type=click.IntRange(1), default=500, show_default=True, help="With -r: so many at most.")
@hub_url
@common
@pass_session
def list_tests(session: Session, words: tuple[str, ...], remote: bool, tag: str, limit: int) -> None:
    """List the tests that are installed here, or, with -r, those of the network's store, in their newest versions.

    With TEXT those of the store with all these words in name, tags, author or description.

    \b
    Examples: ftc list-tests
              ftc list-tests -r usb gadget --tag network
    """
    if remote and session.speaks_fserver:
        from fuego_jenkins_remote.cli.fserver import tests as on_fserver

        on_fserver.list_tests(session, " ".join(words), tag, limit)
        return
    if remote:
        _list_stored(session, " ".join(words), tag, limit)
        return
    if words or tag:
        raise click.UsageError("a search is for the store: -r")
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


def _list_stored(session: Session, text: str, tag: str, limit: int) -> None:
    from fuego_jenkins_remote.client import store

    found: list[StoredTest] = []
    after: str | None = ""
    while after is not None and len(found) < limit:
        asked = min(limit - len(found), PAGE)
        page, after = store.listed(session.hub.api, text=text, tag=tag, after=after, limit=asked)
        found += page
    session.out.table(
        ("test", "version", "tags", "by", "what it is"),
        [(one.name, one.label, ", ".join(one.tags), _whose(one), _first_line(one.description)) for one in found],
        bare=[one.name for one in found],
        data=[dict(one.raw) for one in found],
        empty="no such test in the store" if text or tag else "no tests in the store yet: ftc put-test FOLDER",
    )


@click.command
@click.argument("name", metavar="TEST")
@hub_url
@common
@pass_session
def show_test(session: Session, name: str) -> None:
    """Show a test of the network. What it is, its versions, its binaries, and how it went last on which board.

    -q prints its versions, the newest first.

    \b
    Example: ftc show-test Functional.hello_world
    """
    from fuego_jenkins_remote.client import store
    from fuego_jenkins_remote.fuego.names import check_test_name

    found = store.everything(session.hub.api, check_test_name(name))
    out = session.out
    if out.as_json:
        out.json(dict(found.raw))
        return
    if out.quiet:
        out.values(one.label for one in found.versions)
        return
    out.record(_head(name, found.versions), bare=name, data={})
    for title, columns, rows in (
        (
            "versions",
            ("version", "by", "put", "sha256"),
            [(one.label, _whose(one), local_time(one.at), one.sha256) for one in found.versions],
        ),
        (
            "binaries",
            ("toolchain", "by", "put", "sha256"),
            [
                (one.toolchain, f"{one.uploaded_by} ({one.team})", local_time(one.at), one.sha256)
                for one in found.binaries
            ],
        ),
        (
            "where it ran last",
            ("board", "how", "when", "test from", "request"),
            [(one.place, one.word, local_time(one.at), one.source, one.request) for one in found.runs],
        ),
    ):
        if rows:
            out.line(f"\n{title}:")
            out.table(columns, rows, bare=(), data=None, empty="")


def _head(name: str, versions: Sequence[StoredTest]) -> list[tuple[str, str]]:
    newest = next(iter(versions), None)
    if newest is None:
        return [("test", name), ("in the store", "no: it only ran")]
    return [
        ("test", name),
        ("license", newest.license),
        ("author", newest.author),
        ("tags", ", ".join(newest.tags)),
        ("what it is", newest.description),
    ]


def _whose(one: StoredTest) -> str:
    return f"{one.uploaded_by} ({one.team}{', private' if one.private else ''})"


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 60 else line[:59] + "…"
