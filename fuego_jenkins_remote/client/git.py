"""git, as it may be asked of somebody else's repository: no settings, hooks, questions or protocols but these."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO

PROTOCOLS = "git:https:ssh"
"""What repositories are fetched by."""
RESOLVE_SECONDS = 60
"""For the question where a branch or a tag is."""

_SAID = 4096
_ANSWER = 64 * 2**10
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_URL = re.compile(r"(?:git|https|ssh)://[A-Za-z0-9\[][!-~]{0,999}")
_LOGIN = re.compile(r"(?:git|https)://[^/]*@|ssh://[^/]*:[^/]*@")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}")
_KEPT = ("PATH", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "GIT_SSL_CAINFO")


class GitFailed(Exception):
    """git did not do it; the message is a sentence, with what git said last."""


def is_commit(text: str) -> bool:
    """Whether this is a commit's whole name."""
    return _COMMIT.fullmatch(text) is not None


def check_address(url: str) -> None:
    """Raise GitFailed for what is no address, and for one with a login in it, which would stand in every log."""
    if not _URL.fullmatch(url):
        raise GitFailed(f"no address that tests are fetched from: {url!r} (git://, https:// or ssh://)")
    if _LOGIN.match(url):
        raise GitFailed("an address that tests are fetched from holds no user and no password")


def resolve(url: str, ref: str, *, environ: Mapping[str, str] | None = None) -> str:
    """The commit that a branch, a tag or HEAD of a repository is at now, as the repository says. Raises GitFailed.

    `environ` gives the path to ssh's agent, where a person asks.
    """
    check_address(url)
    if is_commit(ref):
        return ref
    if not _REF.fullmatch(ref) or ".." in ref:
        raise GitFailed(f"no branch, tag or commit: {ref!r}")
    names = [ref] if ref == "HEAD" or ref.startswith("refs/") else [f"refs/heads/{ref}", f"refs/tags/{ref}"]
    agent = {key: value for key, value in (environ or {}).items() if key == "SSH_AUTH_SOCK"}
    wanted = [*names, *(f"{name}^{{}}" for name in names)]
    with tempfile.TemporaryFile() as answer:
        run(["ls-remote", "--quiet", "--", url, *wanted], _ANSWER, seconds=RESOLVE_SECONDS, output=answer, more=agent)
        answer.seek(0)
        lines = answer.read(_ANSWER).decode("utf-8", "replace").splitlines()
    found = {name: commit for commit, _, name in (line.partition("\t") for line in lines) if is_commit(commit)}
    # A tag with a text of its own is not what is fetched, but the commit that it is on.
    for name in (f"{name}{peeled}" for name in names for peeled in ("^{}", "")):
        if name in found:
            return found[name]
    raise GitFailed(f"{url} has no branch and no tag {ref}; a commit is given whole, with 40 digits")


def run(
    arguments: Sequence[str],
    max_bytes: int,
    *,
    seconds: float,
    output: IO[bytes] | None = None,
    more: Mapping[str, str] | None = None,
) -> None:
    """Run git, with no file larger than `max_bytes`; its output goes nowhere, or to a file. Raises GitFailed."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": PROTOCOLS,
        "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes",
        "LC_ALL": "C.UTF-8",
        **(more or {}),
    }
    # What a server says is printed there: in a file it is bounded by prlimit, too.
    with tempfile.TemporaryFile() as said:
        command = ["prlimit", f"--fsize={max_bytes}", "git", *arguments]
        status = _status_of(command, environment, said, output, seconds)
        said.seek(max(0, said.seek(0, os.SEEK_END) - _SAID))
        lines = said.read(_SAID).decode("utf-8", "replace").strip().splitlines()
    if status != 0:
        raise GitFailed(f"git: {(lines or ['failed'])[-1][:300]}")


def _status_of(
    command: Sequence[str],
    environment: Mapping[str, str],
    errors: IO[bytes],
    output: IO[bytes] | None,
    seconds: float,
) -> int:
    """Run a command to its end, or end it with all that it has started when its time is over."""
    try:
        git = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if output is None else output,
            stderr=errors,
            # git talks to the other side in processes that would outlive it, and wait there for ever.
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise GitFailed("git or prlimit is not there") from error
    try:
        return git.wait(seconds)
    except BaseException as error:
        os.killpg(git.pid, signal.SIGKILL)
        git.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise GitFailed(f"git did not end within {seconds:.0f} s") from error
        raise
