"""Where the test of a request comes from: installed here, a package that the hub keeps, or a git repository.

What comes from outside is hostile: a package is unpacked with limits, and a repository is fetched without a work tree,
hooks or the lab's own git settings, then read as a tar file under the same limits. Nothing of it is executed here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from fuego_jenkins_remote.client import git
from fuego_jenkins_remote.client.errors import NotFound, TooLarge
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.values import GitSource, Request
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.names import check_test_name
from fuego_jenkins_remote.fuego.packages import Kind, Limits, file_sha256, unpack
from fuego_jenkins_remote.lab.errors import PrepareError
from fuego_jenkins_remote.network.policy import Source

GIT_TIMEOUT = 120
"""Seconds for one fetch."""

_URL = re.compile(r"(?:git|https|ssh)://[A-Za-z0-9\[][!-~]{0,999}")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}")
_PATH = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+/-]{0,199}")


def source_of(request: Request) -> Source:
    """Where the request's test comes from."""
    if request.git is not None:
        return Source.GIT
    return Source.PACKAGE if request.package else Source.INSTALLED


def fetch_test(request: Request, hub: HubClient, folder: Path, *, max_bytes: int) -> Path | None:
    """The test's folder below `folder` (fresh, empty); None for an installed one.

    Raises PrepareError with a sentence for the requester when the test is not right, ClientError when the hub cannot be
    reached (to be tried again).
    """
    if request.git is not None:
        archive = _from_git(request.git, request.test, folder, max_bytes)
    elif request.package:
        archive = _from_hub(request.package, hub, folder, max_bytes)
    else:
        return None
    try:
        check_test_name(request.test)
        limits = replace(Limits(), package=max_bytes)
        test = unpack(archive, folder / "unpacked", kind=Kind.TEST, limits=limits)
    except FormatError as error:
        raise PrepareError(f"the test cannot be used: {error}") from error
    finally:
        archive.unlink(missing_ok=True)
    if test.name != request.test:
        raise PrepareError(f"the package holds {test.name}, not {request.test}")
    if not (test / "fuego_test.sh").is_file():
        raise PrepareError(f"{request.test} has no fuego_test.sh")
    return test


def _from_hub(sha256: str, hub: HubClient, folder: Path, max_bytes: int) -> Path:
    archive = folder / "test.ftp"
    try:
        hub.get_package(sha256, archive, limit=max_bytes)
    except NotFound as error:
        raise PrepareError(f"the hub does not have the test package {sha256}") from error
    except TooLarge as error:
        raise PrepareError(f"the test package is larger than this lab takes ({max_bytes} bytes)") from error
    if file_sha256(archive) != sha256:
        raise PrepareError("the test package that came is another one than was asked for (its SHA-256 differs)")
    return archive


def _from_git(source: GitSource, test: str, folder: Path, max_bytes: int) -> Path:
    if not _REF.fullmatch(source.ref) or ".." in source.ref:
        raise PrepareError(f"no git ref: {source.ref!r}")
    if source.path and (not _PATH.fullmatch(source.path) or ".." in source.path.split("/")):
        raise PrepareError(f"no path in a git repository: {source.path!r}")
    if not _URL.fullmatch(source.url):
        raise PrepareError(f"no address that tests are fetched from: {source.url!r} (git://, https:// or ssh://)")
    if source.commit and not git.is_commit(source.commit):
        raise PrepareError(f"no commit: {source.commit!r}")
    repository, archive = folder / "repository", folder / "test.tar"
    _git(["init", "--quiet", "--bare", str(repository)], max_bytes)
    _fetch(source, repository, max_bytes)
    what = source.commit or "FETCH_HEAD"
    tree = f"{what}:{source.path.strip('/')}" if source.path.strip("/.") else f"{what}^{{tree}}"
    pack = ["archive", "--format=tar", f"--prefix={test}/", f"--output={archive}", tree]
    _git([f"--git-dir={repository}", *pack], max_bytes)
    return archive


def _fetch(source: GitSource, repository: Path, max_bytes: int) -> None:
    """Fetch the commit that was asked for, and no other; without one what the ref is at now."""
    fetch = [f"--git-dir={repository}", "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--"]
    try:
        _git([*fetch, source.url, source.commit or source.ref], max_bytes)
    except PrepareError:
        if not source.commit:
            raise
        # Not every server gives out a commit by its name alone. The ref may be at it still.
        _git([*fetch, source.url, source.ref], max_bytes)
    if source.commit:
        try:
            _git([f"--git-dir={repository}", "cat-file", "-e", f"{source.commit}^{{commit}}"], max_bytes)
        except PrepareError as error:
            moved = f"{source.ref} is no longer at the commit {source.commit}, and {source.url} does not give that out"
            raise PrepareError(moved) from error


def _git(arguments: list[str], max_bytes: int) -> None:
    try:
        git.run(arguments, max_bytes * 4, seconds=GIT_TIMEOUT)
    except git.GitFailed as error:
        raise PrepareError(str(error)) from error
