"""git, as it may be asked of somebody else's repository: no settings, hooks, questions or protocols but these."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO
from urllib.parse import urlsplit

PROTOCOLS = "git:https:ssh"
"""What repositories are fetched by."""
RESOLVE_SECONDS = 60
"""For the question where a branch or a tag is."""

MEMORY = 2**30
"""Bytes that git may take: what packs well can be made to unpack to any size."""

_SAID = 4096
_ANSWER = 64 * 2**10
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_URL = re.compile(r"(?:git|https|ssh)://[A-Za-z0-9\[][!-~]{0,999}")
_SECRET = re.compile(r"(?!ssh://[^/:@]*@[^@?#]*$).*[@?#]", re.DOTALL)
"""What may hold a secret: all before an @ but a plain user of ssh, and what is behind the path."""
_BROKEN_OFF = "fatal: fetch-pack: invalid index-pack output"
"""Alone: what took the pack was ended by a signal before it could complain."""
_TOO_MUCH = ("File too large", f"died of signal {signal.SIGXFSZ.value}")
_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/+-]{0,199}")
_KEPT = ("PATH", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "GIT_SSL_CAINFO")


class GitFailed(Exception):
    """git did not do it; the message is a sentence, with what git said last."""


def is_commit(text: str) -> bool:
    """Whether this is a commit's whole name."""
    return _COMMIT.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """Whether this is the whole name of a commit in a repository whose objects are named by SHA-256."""
    return is_commit(text) and len(text) == 64


def check_address(url: str) -> None:
    """Raise GitFailed for what is no address, and for one with a login in it, which would stand in every log."""
    if _SECRET.match(url):
        raise GitFailed("an address that tests are fetched from holds no user and no password, no '?' and no '#'")
    if not _URL.fullmatch(url) or "\\" in url or not _has_host(url):
        raise GitFailed(f"no address that tests are fetched from: {url[:200]!r} (git://, https:// or ssh://)")


def without_secret(url: str) -> str:
    """An address as it may stand in files and logs: what may be a secret is `***`, and no address any more."""
    if not _SECRET.match(url):
        return url
    where = re.split(r"[?#]", url.rpartition("@")[2], maxsplit=1)[0]
    return f"***@{where}" if "@" in url else f"{where}?***"


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


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
    raise GitFailed(f"{url} has no branch and no tag {ref}; a commit is given whole, with its 40 or 64 digits")


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
        limits = ["prlimit", f"--fsize={max_bytes}", f"--data={MEMORY}", "--core=0"]
        status = _status_of([*limits, "git", *arguments], environment, said, output, seconds)
        said.seek(max(0, said.seek(0, os.SEEK_END) - _SAID))
        text = said.read(_SAID).decode("utf-8", "replace")
    if status != 0:
        raise GitFailed(f"git: {_why(status, text, max_bytes)}")


def _why(status: int, said: str, max_bytes: int) -> str:
    """What went wrong in one line of printable signs: the other side has a say in it."""
    if status == -signal.SIGXFSZ or any(words in said for words in _TOO_MUCH):
        return f"more comes than the {max_bytes} bytes that are taken"
    lines = said.strip().splitlines()
    # The first complaint is the cause, later ones are of those that waited for it. A server's own lines are "remote:".
    own = [line for line in lines if line.startswith(("error: ", "fatal: "))]
    if own and own[0] == _BROKEN_OFF:
        return f"more comes than the {max_bytes} bytes that are taken, or it is damaged"
    last = lines[-1] if lines else f"ended by signal {-status}" if status < 0 else "failed"
    return "".join(sign if sign.isprintable() else "?" for sign in (own[0] if own else last)[:300])


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
