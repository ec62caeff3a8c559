"""A test that lies in a git repository: its folder at one commit, as a tar file.

The repository is hostile: it is fetched without a work tree, hooks, submodules or the lab's own git settings.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import IO

from fuego_jenkins_remote.client import git
from fuego_jenkins_remote.client.values import GitSource
from fuego_jenkins_remote.lab.attempts.git_hosts import git_options
from fuego_jenkins_remote.lab.errors import PrepareError

GIT_TIMEOUT = 120
"""Seconds for one fetch."""

_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}")
_PATH = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+/-]{0,199}")


def from_git(
    source: GitSource, test: str, folder: Path, *, max_bytes: int, inside: Collection[str]
) -> tuple[Path, str]:
    """The test as a tar file in `folder`, and the commit it is of. Raises PrepareError."""
    _check(source)
    repository, archive = folder / "repository", folder / "test.tar"
    here = [f"--git-dir={repository}"]
    _git(["init", "--quiet", "--bare", str(repository)], max_bytes)
    _fetch(source, [*git_options(source.url, inside), *here], max_bytes)
    commit = source.commit or _fetched(here, max_bytes)
    tree = f"{commit}:{source.path.strip('/')}" if source.path.strip("/.") else f"{commit}^{{tree}}"
    _git([*here, "archive", "--format=tar", f"--prefix={test}/", f"--output={archive}", tree], max_bytes)
    return archive, commit


def _check(source: GitSource) -> None:
    """The hub's word is checked again: nothing else may reach git's arguments."""
    if not _REF.fullmatch(source.ref) or ".." in source.ref:
        raise PrepareError(f"no git ref: {source.ref!r}")
    if source.path and (not _PATH.fullmatch(source.path) or ".." in source.path.split("/")):
        raise PrepareError(f"no path in a git repository: {source.path!r}")
    if source.commit and not git.is_commit(source.commit):
        raise PrepareError(f"no commit: {source.commit!r}")
    try:
        git.check_address(source.url)
    except git.GitFailed as error:
        raise PrepareError(str(error)) from error


def _fetch(source: GitSource, options: Sequence[str], max_bytes: int) -> None:
    """Fetch the commit that was asked for, and no other; without one what the ref is at now."""
    fetch = [*options, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--"]
    try:
        _git([*fetch, source.url, source.commit or source.ref], max_bytes)
    except PrepareError:
        if not source.commit:
            raise
        # Not every server gives out a commit by its name alone. The ref may be at it still.
        _git([*fetch, source.url, source.ref], max_bytes)
    if source.commit:
        try:
            _git([*options, "cat-file", "-e", f"{source.commit}^{{commit}}"], max_bytes)
        except PrepareError as error:
            moved = f"{source.ref} is no longer at the commit {source.commit}, and {source.url} does not give that out"
            raise PrepareError(moved) from error


def _fetched(here: Sequence[str], max_bytes: int) -> str:
    with tempfile.TemporaryFile() as answer:
        _git([*here, "rev-parse", "--verify", "FETCH_HEAD^{commit}"], max_bytes, answer)
        answer.seek(0)
        commit = answer.read(100).decode("ascii", "replace").strip()
    if not git.is_commit(commit):
        raise PrepareError("git: what was fetched is no commit")
    return commit


def _git(arguments: Sequence[str], max_bytes: int, output: IO[bytes] | None = None) -> None:
    try:
        git.run(arguments, max_bytes * 4, seconds=GIT_TIMEOUT, output=output)
    except git.GitFailed as error:
        raise PrepareError(str(error)) from error
