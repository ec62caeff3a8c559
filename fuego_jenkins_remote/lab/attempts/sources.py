"""Where the test of a request comes from: installed here, a package that the hub keeps, or a git repository.

What comes from outside is hostile: a package is unpacked with limits, and a repository is fetched without a work tree,
hooks or the lab's own git settings, then read as a tar file under the same limits. Nothing of it is executed here.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import IO

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

_GIT_PROTOCOLS = "git:https:ssh"
_SAID = 4096
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


def _from_git(git: GitSource, test: str, folder: Path, max_bytes: int) -> Path:
    if not _REF.fullmatch(git.ref) or ".." in git.ref:
        raise PrepareError(f"no git ref: {git.ref!r}")
    if git.path and (not _PATH.fullmatch(git.path) or ".." in git.path.split("/")):
        raise PrepareError(f"no path in a git repository: {git.path!r}")
    if not _URL.fullmatch(git.url):
        raise PrepareError(f"no address that tests are fetched from: {git.url!r} (git://, https:// or ssh://)")
    repository, archive = folder / "repository", folder / "test.tar"
    _git(["init", "--quiet", "--bare", str(repository)], max_bytes)
    fetch = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", git.url, git.ref]
    _git([f"--git-dir={repository}", *fetch], max_bytes)
    tree = f"FETCH_HEAD:{git.path.strip('/')}" if git.path.strip("/.") else "FETCH_HEAD^{tree}"
    pack = ["archive", "--format=tar", f"--prefix={test}/", f"--output={archive}", tree]
    _git([f"--git-dir={repository}", *pack], max_bytes)
    return archive


def _git(arguments: list[str], max_bytes: int) -> None:
    """Run git with no settings, hooks, questions or protocols but ours, and no file larger than the lab takes."""
    environment = {
        name: os.environ[name]
        for name in ("PATH", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "GIT_SSL_CAINFO")
        if name in os.environ
    }
    environment |= {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": _GIT_PROTOCOLS,
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes",
        "LC_ALL": "C.UTF-8",
    }

    # What a server says is printed there: in a file it is bounded by prlimit, too.
    with tempfile.TemporaryFile() as said:
        status = _status_of(["prlimit", f"--fsize={max_bytes * 4}", "git", *arguments], environment, said)
        said.seek(max(0, said.seek(0, os.SEEK_END) - _SAID))
        lines = said.read(_SAID).decode("utf-8", "replace").strip().splitlines()
    if status != 0:
        raise PrepareError(f"git: {(lines or ['failed'])[-1][:300]}")


def _status_of(command: list[str], environment: dict[str, str], errors: IO[bytes]) -> int:
    """Run a command to its end, or end it with all that it has started when GIT_TIMEOUT is over."""
    try:
        git = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            # git talks to the other side in processes that would outlive it, and wait there for ever.
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise PrepareError("this lab lacks git or prlimit") from error
    try:
        return git.wait(GIT_TIMEOUT)
    except BaseException as error:
        os.killpg(git.pid, signal.SIGKILL)
        git.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise PrepareError(f"git did not end within {GIT_TIMEOUT} s") from error
        raise
