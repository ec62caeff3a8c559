"""What a put may say beside the test and the boards: version, commit, who is told, for whose eyes, its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from fuego_jenkins_remote.cli.options import USER
from fuego_jenkins_remote.cli.session import Session

_F = TypeVar("_F", bound=Callable[..., Any])

DEFAULT_TIMEOUT = 1800
"""Seconds: Fuego's own default."""


def more_options(command: _F) -> _F:
    """Add them to a verb."""
    for option in reversed(
        (
            click.option(
                "--commit", metavar="SHA", help="With --git: this commit, without asking the repository where REF is."
            ),
            click.option(
                "--min-version", default="", metavar="VERSION", help="Not an older version of the installed test."
            ),
            click.option(
                "--notify",
                multiple=True,
                type=USER,
                metavar="USER",
                help="Tell this user of the end, too; may be given again.",
            ),
            click.option("--private", is_flag=True, help="For the eyes of your team and of labs that may run it."),
            click.option(
                "--key", metavar="KEY", help="The same KEY again is the same put: for scripts that try again."
            ),
        )
    ):
        command = option(command)
    return command


def call_id_of(given: Mapping[str, Any]) -> str:
    """The key that was given, else a new one; raises UsageError."""
    from fuego_jenkins_remote.network.identities import BadIdentity, check_call_id, new_call_id

    if not given.get("key"):
        return new_call_id()
    try:
        return check_call_id(given["key"])
    except BadIdentity as error:
        raise click.UsageError("--key: 8 to 64 letters, digits, '.', '_' or '-'") from error


def commit_of(session: Session, given: Mapping[str, Any]) -> str:
    """The commit that --git and --ref mean now; empty without --git. Raises UsageError, Failed."""
    from fuego_jenkins_remote.cli.errors import Failed
    from fuego_jenkins_remote.client import git

    if not given.get("git"):
        if given.get("commit"):
            raise click.UsageError("--commit belongs to --git")
        return ""
    if commit := given.get("commit"):
        if not git.is_commit(commit):
            raise click.UsageError("--commit: a commit's whole name, 40 or 64 digits 0-9 a-f")
        return str(commit)
    if not given.get("ref") or session.speaks_fserver:  # an old Fuego server has no place for it: it is refused there
        return ""
    try:
        commit = git.resolve(given["git"], given["ref"], environ=session.settings.environ)
    except git.GitFailed as error:
        raise Failed(f"{error} (--commit SHA asks for a commit without looking)") from error
    if commit != given["ref"]:
        session.out.note(f"{given['ref']} is commit {commit} now: that is what is tested")
    return commit


def more_wanted(session: Session, given: Mapping[str, Any], test: str) -> dict[str, Any]:
    """What of RequestIn these options say, and what the test needs, if it is installed here; what says nothing is left
    out. Raises UsageError.
    """
    from fuego_jenkins_remote.fuego.names import check_user_name
    from fuego_jenkins_remote.network.versions import BadVersion, check_version

    said: dict[str, Any] = {"notify": [check_user_name(user) for user in given.get("notify") or ()]}
    if given.get("min_version"):
        try:
            said["min_version"] = check_version(given["min_version"])
        except BadVersion as error:
            raise click.UsageError(f"--min-version: {error}") from error
    if not any(given.get(source) for source in ("git", "package", "stored")):
        said["needs"] = list(installed_needs(session, test))
    said["private"] = bool(given.get("private"))
    return {key: value for key, value in said.items() if value}


def installed_needs(session: Session, test: str) -> tuple[str, ...]:
    """What a test needs of a board, if it is installed here. Raises UsageError for needs that cannot be read."""
    from fuego_jenkins_remote.fuego.errors import BadTestYaml
    from fuego_jenkins_remote.fuego.test_yaml import read_needs
    from fuego_jenkins_remote.network import selectors

    path = session.settings.path("fuego_core_dir") / "tests" / test / "test.yaml"
    try:
        needs = read_needs(path) if path.is_file() else ()
        selectors.parse_needs(needs)
    except (BadTestYaml, selectors.SelectorError) as error:
        raise click.UsageError(f"{path}: {error}") from error
    return needs


def is_installed(session: Session, test: str) -> bool:
    """Whether this machine's Fuego has the test."""
    return (session.settings.path("fuego_core_dir") / "tests" / test / "fuego_test.sh").is_file()


def mistyped_words(session: Session, wanted: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence on each test of these RequestIn that a lab must have, that this machine has not, and one much like it.

    A lab may have more tests than this machine: such a request is put all the same.
    """
    from difflib import get_close_matches

    from fuego_jenkins_remote.standin.installed import list_tests

    asked = dict.fromkeys(one["test"] for one in wanted if not one["package"] and not one["git"])
    known = [test.name for test in list_tests(session.settings.path("fuego_core_dir"))]
    return [
        f"{name} is not installed here: did you mean {near}?"
        for name in asked
        if name not in known
        for near in get_close_matches(name, known, n=1, cutoff=0.85)
    ]


def time_limit_words(given: Mapping[str, Any]) -> str:
    """How long the test may take, and whether that was said."""
    from fuego_jenkins_remote.fuego.names import format_timeout

    said = given.get("timeout")
    return f"time limit {format_timeout(said or DEFAULT_TIMEOUT)}{'' if said else ' (default)'}"
