"""A test that lies in a git repository: its folder at one commit, as a tar file.

The repository is hostile: it is fetched without a work tree, hooks, submodules or the lab's own git settings, checked
by git as it comes, and listed before it is written. Files come as they were committed: no attribute changes them.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from fuego_jenkins_remote.client import git
from fuego_jenkins_remote.client.values import GitSource
from fuego_jenkins_remote.fuego.packages import Limits
from fuego_jenkins_remote.lab.attempts.git_hosts import git_options
from fuego_jenkins_remote.lab.attempts.git_tree import LIST_BYTES, check_tree
from fuego_jenkins_remote.lab.errors import PrepareError

GIT_TIMEOUT = 120
"""Seconds for one fetch."""
HISTORY = 1000
"""How many commits back from where a branch is now one that was asked for is looked for."""

_HARDENED = {
    "core.hooksPath": os.devnull,
    # Names that leave their folder, a .git, entries that are there twice: git knows them all.
    "fetch.fsckObjects": "true",
    # One pack, which is bounded as one file; else each object would be a file of its own.
    "fetch.unpackLimit": "1",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "pack.threads": "2",
}
_ATTRIBUTES = "* !text !eol !crlf !ident !filter !working-tree-encoding !export-subst !export-ignore\n"
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules")
_NOT_THERE = "couldn't find remote ref"
_OTHER_NAMES = re.compile(r"mismatched algorithms: client \w+; server (sha1|sha256)\b")
"""git's complaint about a repository whose objects are named otherwise than in ours."""
_HISTORY_BYTES = 16 * 2**20
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}")
_PATH = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+/-]{0,199}")


def from_git(
    source: GitSource, test: str, folder: Path, *, max_bytes: int, inside: Collection[str]
) -> tuple[Path, str]:
    """The test as a tar file in `folder`, and the commit it is of. Raises PrepareError."""
    _check(source)
    archive = folder / "test.tar"
    options = git_options(source.url, inside)
    options += [word for key, value in _HARDENED.items() for word in ("-c", f"{key}={value}")]
    here, commit = _fetched(source, folder, options, max_bytes)
    tree = f"{commit}:{source.path.strip('/')}" if source.path.strip("/.") else f"{commit}^{{tree}}"
    listing = _answer([*here, "ls-tree", "-r", "-t", "-l", "-z", "--full-tree", tree], LIST_BYTES)
    check_tree(listing, replace(Limits(), package=max_bytes))
    _git([*here, "archive", "--format=tar", f"--prefix={test}/", f"--output={archive}", tree], max_bytes * 4)
    return archive, commit


def _check(source: GitSource) -> None:
    """The hub's word is checked again: nothing else may reach git's arguments."""
    if not _REF.fullmatch(source.ref) or ".." in source.ref:
        raise PrepareError(f"no git ref: {source.ref!r}")
    if source.path and (not _PATH.fullmatch(source.path) or ".." in source.path.split("/")):
        raise PrepareError(f"no path in a git repository: {source.path!r}")
    if source.commit and not git.is_commit(source.commit):
        raise PrepareError(f"no commit: {source.commit!r}")
    if git.is_commit(source.ref) and source.commit not in {"", source.ref}:
        raise PrepareError(f"two commits were asked for: {source.ref} and {source.commit}")
    try:
        git.check_address(source.url)
    except git.GitFailed as error:
        raise PrepareError(str(error)) from error


def _fetched(source: GitSource, folder: Path, options: Sequence[str], max_bytes: int) -> tuple[list[str], str]:
    """A repository with the commit in it, as git's options, and the commit: what names objects there is found out."""
    asked_for = source.commit or (source.ref if git.is_commit(source.ref) else "")
    for sha256 in (True,) if git.is_sha256(asked_for) else (False, True):
        here = _new(folder / ("sha256" if sha256 else "repository"), options, max_bytes, sha256=sha256)
        try:
            return here, _fetch(source, here, folder, options, max_bytes)
        except PrepareError as error:
            theirs = _OTHER_NAMES.search(str(error))
            if theirs is None:
                raise
            if asked_for:
                digits = 64 if theirs[1] == "sha256" else 40
                asked = f"the commit that was asked for has {len(asked_for)} digits"
                raise PrepareError(f"git: {asked}, and those of this repository have {digits}") from error
    raise PrepareError(f"git: what names objects at {source.url} is not known here")


def _new(repository: Path, options: Sequence[str], max_bytes: int, *, sha256: bool) -> list[str]:
    """git's options for a new repository, which has nothing that anybody else has put there."""
    # Not said where it is the usual one: git before 2.29 knows no other.
    form = ["--object-format=sha256"] if sha256 else []
    _git(["init", "--quiet", "--bare", "--template=", *form, str(repository)], max_bytes)
    (repository / "info").mkdir(exist_ok=True)
    (repository / "info" / "attributes").write_text(_ATTRIBUTES)
    return [*options, f"--git-dir={repository}"]


def _fetch(source: GitSource, here: Sequence[str], folder: Path, options: Sequence[str], max_bytes: int) -> str:
    """Fetch the commit that was asked for, and no other; without one what the ref is at now. Gives the commit."""
    name = _fetch_ref(source, here, max_bytes)
    tip = _commit_of(here)
    wanted = source.commit or (source.ref if git.is_commit(source.ref) else tip)
    if wanted == tip:
        return tip
    # A server gives out any commit that it has by its name: of other people's forks and proposals too.
    history = _new(folder / "history", options, max_bytes, sha256=git.is_sha256(wanted))
    _git([*history, *_FETCH, "--filter=tree:0", f"--depth={HISTORY}", "--", source.url, name], max_bytes * 4)
    if wanted not in _answer([*history, "rev-list", "FETCH_HEAD"], _HISTORY_BYTES).decode().split():
        raise PrepareError(
            f"{source.ref} is no longer at the commit {wanted}, and that is none of the last {HISTORY} that led to "
            f"where it is at {source.url} now: name the branch or tag that it is on"
        )
    try:
        _git([*here, *_FETCH, "--depth=1", "--", source.url, wanted], max_bytes * 4)
    except PrepareError as error:
        moved = f"{source.ref} is no longer at the commit {wanted}, and {source.url} does not give that out"
        raise PrepareError(f"{moved} ({error})") from error
    return wanted


def _fetch_ref(source: GitSource, here: Sequence[str], max_bytes: int) -> str:
    """Fetch the branch or the tag, and give its whole name."""
    for name in _names(source.ref):
        try:
            _git([*here, *_FETCH, "--depth=1", "--", source.url, name], max_bytes * 4)
        except PrepareError as error:
            if _NOT_THERE not in str(error):
                raise
        else:
            return name
    raise PrepareError(f"git: {source.url} has no branch and no tag {source.ref}")


def _names(ref: str) -> list[str]:
    """What a ref may be called in full. Anybody may make others: a proposal (refs/pull/...) is nobody's branch."""
    if ref == "HEAD" or git.is_commit(ref):
        return ["HEAD"]
    if ref.startswith(("refs/heads/", "refs/tags/")):
        return [ref]
    if ref.startswith("refs/"):
        raise PrepareError(f"tests are fetched from branches and tags, not from {ref}")
    return [f"refs/heads/{ref}", f"refs/tags/{ref}"]


def _commit_of(here: Sequence[str]) -> str:
    commit = _answer([*here, "rev-parse", "--verify", "FETCH_HEAD^{commit}"], 100).decode("ascii", "replace").strip()
    if not git.is_commit(commit):
        raise PrepareError("git: what was fetched is no commit")
    return commit


def _answer(arguments: Sequence[str], max_bytes: int) -> bytes:
    with tempfile.TemporaryFile() as answer:
        _git(arguments, max_bytes, answer)
        answer.seek(0)
        return answer.read(max_bytes)


def _git(arguments: Sequence[str], max_bytes: int, output: IO[bytes] | None = None) -> None:
    try:
        git.run(arguments, max_bytes, seconds=GIT_TIMEOUT, output=output)
    except git.GitFailed as error:
        raise PrepareError(str(error)) from error
