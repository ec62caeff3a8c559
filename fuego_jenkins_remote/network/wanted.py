"""What a request asks for beside its test and its boards, in words: for its page, for notices, for ftc. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

USUAL_PRIORITY = 50
"""Of a request for which none is said."""

SHORT = 12
"""Digits of a commit where there is room for a word."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_SWITCHES = (
    ("rebuild", True, "rebuild: the test's program is built anew"),
    ("reboot", True, "reboot: the board is rebooted first"),
    ("precleanup", False, "no precleanup: earlier files stay on the board"),
    ("postcleanup", False, "no postcleanup: the test's files stay on the board afterwards"),
)
"""A switch of Fuego's run-test, the value that is not the usual one, and what that does."""


class Git(Protocol):
    """A test in a git repository, as the hub and its clients have it."""

    @property
    def url(self) -> str:
        """Of the repository."""

    @property
    def ref(self) -> str:
        """A branch, a tag, or a commit."""

    @property
    def path(self) -> str:
        """The test's folder there; empty for the whole."""

    @property
    def commit(self) -> str:
        """What its requester has found `ref` to be; empty: nobody has looked."""


def commit_of(git: Git) -> str:
    """The commit that is asked for; empty where it is whatever `ref` is when the test starts."""
    return git.commit or (git.ref if _COMMIT.fullmatch(git.ref) else "")


def no_commit(git: Git) -> str:
    """What a person should know of a test from git without a commit; empty where there is one."""
    return "" if commit_of(git) else f"none was said: it is what {git.ref} is when the test starts"


def source(git: Git | None, package: str | None) -> str:
    """Where the test comes from, as a sentence."""
    if git is not None:
        commit = commit_of(git)
        at = "" if git.ref == commit else f", {git.ref}"
        folder = f", folder {git.path}" if git.path else ""
        which = f", at the commit {commit}." if commit else f". Commit: {no_commit(git)}."
        return f"The test comes from {git.url}{at}{folder}{which}"
    if package is not None:
        return f"The test comes as a package, SHA-256 {package}."
    return "The test is one that is installed in the lab."


def short_source(git: Git | None, package: str | None) -> str:
    """The same for a column: `git 0123456789ab`, `git, no commit`, `package`, `installed`."""
    if git is not None:
        commit = commit_of(git)
        return f"git {commit[:SHORT]}" if commit else "git, no commit"
    return "installed" if package is None else "package"


def switches(options: Mapping[str, bool]) -> list[str]:
    """The switches that are not as Fuego has them, each with what it does."""
    return [words for name, unusual, words in _SWITCHES if options.get(name, not unusual) is unusual]


def eyes(team: str) -> str:
    """For whose eyes a private request is."""
    return f"for the eyes of {team} and of labs that may run it"
