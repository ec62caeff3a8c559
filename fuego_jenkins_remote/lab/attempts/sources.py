"""Where the test of a request comes from: installed here, a package that the hub keeps, or a git repository.

What comes from outside is hostile: a package is unpacked with limits, and what a repository holds comes as a tar file
under the same limits. Nothing of it is executed here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from fuego_jenkins_remote.client.errors import NotFound, TooLarge
from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.fuego.names import check_test_name
from fuego_jenkins_remote.fuego.packages import Kind, Limits, file_sha256, unpack
from fuego_jenkins_remote.lab.attempts.git_source import from_git
from fuego_jenkins_remote.lab.errors import PrepareError
from fuego_jenkins_remote.lab.hubs import LabHub
from fuego_jenkins_remote.network.policy import Source


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A test that was fetched: its folder, and of one from git the commit that it is."""

    folder: Path
    commit: str = ""


def source_of(request: Request) -> Source:
    """Where the request's test comes from."""
    if request.git is not None:
        return Source.GIT
    return Source.PACKAGE if request.package else Source.INSTALLED


def fetch_test(
    request: Request, hub: LabHub, folder: Path, *, max_bytes: int, git_inside: Collection[str] = ()
) -> Fetched | None:
    """The test, below `folder` (fresh, empty); None for an installed one. For `git_inside` see git_hosts.py.

    Raises PrepareError with a sentence for the requester when the test is not right, ClientError when the hub cannot be
    reached (to be tried again).
    """
    commit = ""
    if request.git is not None:
        archive, commit = from_git(request.git, request.test, folder, max_bytes=max_bytes, inside=git_inside)
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
    return Fetched(folder=test, commit=commit)


def _from_hub(sha256: str, hub: LabHub, folder: Path, max_bytes: int) -> Path:
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
