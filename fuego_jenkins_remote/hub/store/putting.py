"""Putting tests and binaries into the store, and removing them. What is in a package is read as hostile input."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.packages import Limits
from fuego_jenkins_remote.fuego.releases import Described, DescribedBinary, describe_binary, describe_test
from fuego_jenkins_remote.fuego.tar_reader import MIB
from fuego_jenkins_remote.hub import audit, packages, rights
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import Conflict, NotYours, Refused
from fuego_jenkins_remote.hub.records import Caller
from fuego_jenkins_remote.hub.statements import store as sql
from fuego_jenkins_remote.hub.store import sight
from fuego_jenkins_remote.hub.store.values import StoredBinary, StoredTest
from fuego_jenkins_remote.network.permissions import Action, Thing

LIMITS = Limits(package=packages.MAX_BYTES, unpacked=512 * MIB, file=256 * MIB, members=10_000, ratio=100)
"""What the hub reads through of one package, which takes some seconds at most."""

MAX_TAGS = 30
_LONGEST_TAG = 60
_LONGEST = {"description": 4000, "license": 200, "author": 300}
_WORDS = 6000
_SHOWN = 3


def put_test(hub: Hub, caller: Caller, sha256: str, team: str | None, *, private: bool) -> StoredTest:
    """Give a stored package the name and version of its test.yaml, for a team; the same once more is no news.

    Raises Refused for what is no test package with a version, Conflict where this version is another package, NotKnown,
    NotYours for a name that is another team's.
    """
    team = _team(caller, team)
    described = read_test(_file(hub, caller, sha256))
    with hub.change() as change:
        space = sql.space_of(team, private=private)
        there = sql.find(change.conn, described.name, described.label, space)
        if there is None:
            _must_be_its_teams(change, described.name, team, private=private)
            values = sql.insert_values(
                name=described.name,
                sha256=sha256,
                size=described.size,
                by=caller.name,
                team=team,
                private=private,
                at=change.at,
            )
            tags = _tags(described)
            sql.insert(change.conn, {**values, **_texts(described, tags)}, tags)
            _note(change, caller, "put-test", f"{described.name} {described.label}", team, private=private)
            there = sql.find(change.conn, described.name, described.label, space)
        if there is None or there.sha256 != sha256:
            raise Conflict(
                f"{described.name} {described.label} is in the store with another content: raise version or "
                "fuego_release in its test.yaml",
                code="other-content",
            )
    return there


def put_binary(hub: Hub, caller: Caller, sha256: str, team: str | None, *, private: bool) -> StoredBinary:
    """Keep a test's binaries for a toolchain. They have no version: who may remove the ones before replaces them.

    Raises Refused for what is no such package, Conflict where others have brought what is there, NotKnown.
    """
    team = _team(caller, team)
    described = read_binary(_file(hub, caller, sha256))
    with hub.change() as change:
        values = sql.insert_values(
            name=described.name,
            sha256=sha256,
            size=described.size,
            by=caller.name,
            team=team,
            private=private,
            at=change.at,
        )
        key = (described.name, described.toolchain, values["space"])
        before = sql.find_binary(change.conn, *key)
        if before is None:
            _must_be_its_teams(change, described.name, team, private=private)
            sql.insert_binary(change.conn, {**values, "toolchain": described.toolchain})
        elif before.sha256 != sha256:
            if not rights.allowed(caller, Action.REMOVE_TEST, sight.thing(before)):
                raise Conflict(
                    f"the binaries of {described.name} for {described.toolchain} are those of {before.uploaded_by} "
                    f"({before.team}): only they and the team's maintainers replace them",
                    code="other-content",
                )
            if not sql.update_binary(change.conn, before, values):
                raise Conflict("the binaries have changed meanwhile: somebody else was first")
        if before is None or before.sha256 != sha256:
            what = f"{described.name} for {described.toolchain}"
            _note(change, caller, "put-binary-package", what, team, private=private)
        now = sql.find_binary(change.conn, *key)
    if now is None:
        raise Conflict("the binaries have changed meanwhile: somebody else was first")
    return now


def remove(change: Change, caller: Caller, name: str, version: str) -> None:
    """Take a version out of the store. Its package stays for as long as a request refers to it.

    Raises NotKnown, NotYours, and Conflict while a request that has not ended uses it, of those that the caller sees:
    one that is hidden from the caller is not told of, and runs with the package that it has.
    """
    test = sight.find_for(change.conn, caller, name, version)
    otherwise = (
        f"only {test.uploaded_by}, who has brought it, and the maintainers of the team {test.team} may remove "
        f"{name} {test.label}"
    )
    rights.require(caller, Action.REMOVE_TEST, sight.thing(test), otherwise=otherwise)
    using = sql.live_requests_with(change.conn, caller, test.sha256, _SHOWN)
    if using:
        raise Conflict(f"{name} {test.label} is used by requests that have not ended: {', '.join(using)}")
    if not sql.delete(change.conn, test):
        raise Conflict(f"{name} {test.label} was removed meanwhile")
    _note(change, caller, "rm-test", f"{name} {test.label}", test.team, private=test.private)


def _team(caller: Caller, team: str | None) -> str:
    """The team it is kept for: the one that was named, else the caller's first; raises NotYours."""
    chosen = team or next(iter(membership.team for membership in caller.teams), None)
    rights.must_be_good_for(caller, Action.PUT_TEST)
    if caller.kind != "user" or chosen is None:
        raise NotYours("tests are kept for teams, and brought by their people")
    otherwise = f"{caller.name} may not bring tests for the team {chosen}: its members may"
    rights.require(caller, Action.PUT_TEST, Thing(team=chosen), otherwise=otherwise)
    return chosen


def _must_be_its_teams(change: Change, name: str, team: str, *, private: bool) -> None:
    """A name that everybody sees is its team's from the first version on: who takes the newest takes it from them."""
    theirs = None if private else sql.team_of_name(change.conn, name)
    if theirs not in {None, team}:
        raise NotYours(
            f"{name} is a test of the team {theirs}, whose members bring its versions and binaries: give yours another "
            "name, or keep it private to your team"
        )


def _file(hub: Hub, caller: Caller, sha256: str) -> Path:
    with hub.reading() as conn:
        return packages.find_for(conn, hub.data_dir, caller, sha256)


def read_test(path: Path) -> Described:
    """What a test package says that it is; raises Refused."""
    try:
        return describe_test(path, LIMITS)
    except FormatError as error:
        raise Refused(f"no test package: {error.what}", code="bad-package") from error


def read_binary(path: Path) -> DescribedBinary:
    """What a package of binaries says that it is; raises Refused."""
    try:
        return describe_binary(path, LIMITS)
    except FormatError as error:
        raise Refused(f"no binary package: {error.what}", code="bad-package") from error


def _texts(described: Described, tags: tuple[str, ...]) -> dict[str, object]:
    info = described.info
    texts = {key: _plain(getattr(info, key))[:longest] for key, longest in _LONGEST.items()}
    words = "\n".join([described.name, *tags, texts["author"], texts["description"]])
    return {
        "version": described.version,
        "release": described.release,
        "label": described.label,
        "words": normal(words)[:_WORDS],
        **texts,
    }


def _tags(described: Described) -> tuple[str, ...]:
    tags = (normal_tag(_plain(tag))[:_LONGEST_TAG] for tag in described.info.tags[:MAX_TAGS])
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def normal(text: str) -> str:
    """As texts are compared in a search."""
    return unicodedata.normalize("NFKC", text).casefold()


def normal_tag(text: str) -> str:
    """A tag as it is kept and looked for."""
    return unicodedata.normalize("NFKC", text).lower().strip()


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text).strip()


def _note(change: Change, caller: Caller, action: str, what: str, team: str, *, private: bool) -> None:
    # The log is read by the network's admins too, for whom a private test is not there.
    thing = "a private test" if private else f"test {what}"
    audit.write(change, caller, action, thing, team=team)
