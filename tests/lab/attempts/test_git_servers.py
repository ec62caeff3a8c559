"""git servers that misbehave: no more is taken than may be, the lab waits no longer than it does, and goes nowhere."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from child_process import processes_with
from fuego_jenkins_remote.client import git
from fuego_jenkins_remote.client.values import GitSource
from fuego_jenkins_remote.lab.attempts import git_source
from fuego_jenkins_remote.lab.attempts.git_source import from_git
from fuego_jenkins_remote.lab.errors import PrepareError
from git_https import GitOverHttps, certificate_for
from until import until

TEST = "Functional.brought"
LIMIT = 256 * 2**10


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GitOverHttps, GitOverHttps]]:
    """The one that the lab is sent to, with a repository, and another one."""
    root = tmp_path_factory.mktemp("servers")
    test = root / "tests.git" / TEST
    test.mkdir(parents=True)
    (test / "fuego_test.sh").write_text("test_run() { report 'echo ok'; }\n")
    here = ["git", "-C", str(root / "tests.git"), "-c", "user.name=a", "-c", "user.email=a@x"]
    subprocess.run([*here, "init", "-q", "-b", "trunk"], check=True)
    for size in (8 * LIMIT, LIMIT // 8):
        (test / "noise").write_bytes(os.urandom(size))
        subprocess.run([*here, "add", "-A"], check=True)
        subprocess.run([*here, "commit", "-qm", "x"], check=True)
    subprocess.run([*here, "update-server-info"], check=True)
    pair = certificate_for(root, "git.example.org")
    both = GitOverHttps(root, *pair), GitOverHttps(root, *pair)
    yield both
    for one in both:
        one.close()


@pytest.fixture
def server(servers: tuple[GitOverHttps, GitOverHttps], monkeypatch: pytest.MonkeyPatch) -> Iterator[GitOverHttps]:
    monkeypatch.setenv("GIT_SSL_CAINFO", str(servers[0].root / "certificate.pem"))
    usual = servers[0].instead
    yield servers[0]
    servers[0].instead = usual


@pytest.fixture
def other(servers: tuple[GitOverHttps, GitOverHttps]) -> GitOverHttps:
    servers[1].paths.clear()
    return servers[1]


@pytest.fixture
def fetch(server: GitOverHttps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Fetch the test into a folder; gives the commit that came."""
    monkeypatch.setattr(git, "MEMORY", 128 * 2**20)

    def one(into: str = "fetched") -> str:
        folder = tmp_path / into
        folder.mkdir()
        source = GitSource(url=f"https://127.0.0.1:{server.port}/tests.git", ref="trunk", path=TEST)
        return from_git(source, TEST, folder, max_bytes=LIMIT, inside=())[1]

    return one


# -- which lead elsewhere


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_else_is_asked_because_a_server_says_so(
    server: GitOverHttps, other: GitOverHttps, fetch: Callable[[], str], method: str, status: int
) -> None:
    def elsewhere(asked: BaseHTTPRequestHandler) -> bool:
        if asked.command == method:
            asked.send_response(status)
            asked.send_header("Location", f"https://127.0.0.1:{other.port}{asked.path}")
            asked.send_header("Content-Length", "0")
            asked.end_headers()
        return asked.command == method

    server.instead = elsewhere
    with pytest.raises(PrepareError, match="git: "):
        fetch()
    assert other.paths == []


@pytest.mark.parametrize(
    ("file", "where"),
    [("http-alternates", "another server"), ("alternates", "another server"), ("alternates", "the lab")],
)
def test_alternates_of_a_server_of_plain_files_are_not_used(
    servers: tuple[GitOverHttps, GitOverHttps], other: GitOverHttps, fetch: Callable[[], str], file: str, where: str
) -> None:
    server = servers[0]
    objects = f"https://127.0.0.1:{other.port}/tests.git/.git/objects" if where == "another server" else "/etc"

    def plain(asked: BaseHTTPRequestHandler) -> bool:
        path = asked.path.partition("?")[0].removeprefix("/tests.git")
        served = server.root / "tests.git" / ".git" / path.lstrip("/")
        content = f"{objects}\n".encode() if path == f"/objects/info/{file}" else b""
        if not content and not path.startswith("/objects/") and served.is_file():
            content = served.read_bytes()
        asked.send_response(200 if content else 404)
        asked.send_header("Content-Length", str(len(content)))
        asked.end_headers()
        asked.wfile.write(content)
        return True

    server.instead = plain
    with pytest.raises(PrepareError, match="git: "):
        fetch()
    assert other.paths == []


def test_packs_that_lie_elsewhere_are_not_fetched(
    server: GitOverHttps, other: GitOverHttps, fetch: Callable[[], str]
) -> None:
    noise = f"HEAD:{TEST}/noise"
    repository = ["git", "-C", str(server.root / "tests.git")]
    blob = subprocess.run([*repository, "rev-parse", noise], check=True, capture_output=True, text=True).stdout.strip()
    offered = f"{blob} {'1' * 40} https://127.0.0.1:{other.port}/x.pack"
    subprocess.run([*repository, "config", "uploadpack.blobPackfileUri", offered], check=True)
    subprocess.run([*repository, "config", "uploadpack.advertiseBundleURIs", "true"], check=True)
    assert len(fetch()) == 40
    assert other.paths == []


# -- which do not end


def test_a_server_that_hangs_in_the_middle_of_a_pack_is_left(
    server: GitOverHttps, fetch: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_source, "GIT_TIMEOUT", 0.5)
    over = threading.Event()

    def half(asked: BaseHTTPRequestHandler) -> bool:
        if not _wants_a_pack(asked):
            return False
        _begin(asked)
        asked.wfile.write(_line(b"packfile\n") + _line(b"\x01PACK\0\0\0\2\0\0\0\7"))
        over.wait(30)
        return True

    server.instead = half
    try:
        with pytest.raises(PrepareError, match="git did not end within"):
            fetch()
        until(lambda: not processes_with(f"127.0.0.1:{server.port}/"), "no process is left")
    finally:
        over.set()


@pytest.mark.parametrize(
    ("band", "begin_and_end"),
    [(b"\x02", (b"lines", b"\n")), (b"\x02", (b"a line", b"")), (b"\x01", (b"PACK\0\0\0\2\0\0\0\7", b""))],
    ids=["lines", "a line", "a pack"],
)
def test_a_server_that_sends_without_end_is_left_when_it_is_too_much(
    server: GitOverHttps, fetch: Callable[[], str], tmp_path: Path, band: bytes, begin_and_end: tuple[bytes, bytes]
) -> None:
    begin, end = begin_and_end

    def endless(asked: BaseHTTPRequestHandler) -> bool:
        if not _wants_a_pack(asked):
            return False
        _begin(asked)
        asked.wfile.write(_line(b"packfile\n") + _line(band + begin))
        with contextlib.suppress(OSError):
            while True:
                asked.wfile.write(_line(band + b"x" * 60_000 + end))
        return True

    server.instead = endless
    begun = time.monotonic()
    with pytest.raises(PrepareError, match="git: "):
        fetch()
    assert time.monotonic() - begun < git_source.GIT_TIMEOUT / 4
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) <= 4 * LIMIT


def test_more_than_was_asked_for_counts_as_well(server: GitOverHttps, fetch: Callable[..., str]) -> None:
    def with_history(asked: BaseHTTPRequestHandler) -> bool:
        if _wants_a_pack(asked):
            asked.rfile = _Again(asked.rfile.read().replace(b"000cdeepen 1", b""))  # type: ignore[assignment]
        return False

    assert len(fetch()) == 40
    server.instead = with_history
    with pytest.raises(PrepareError, match=f"git: more comes than the {4 * LIMIT} bytes"):
        fetch("again")


def test_what_a_server_says_comes_as_one_printable_line(server: GitOverHttps, fetch: Callable[[], str]) -> None:
    def refuses(asked: BaseHTTPRequestHandler) -> bool:
        if not _wants_a_pack(asked):
            return False
        answer = _line(b"ERR go away\x1b[2J\x07\nfatal: all is well" + b"!" * 1000)
        _begin(asked, len(answer))
        asked.wfile.write(answer)
        return True

    server.instead = refuses
    with pytest.raises(PrepareError, match="git: fatal: remote error: go away") as refused:
        fetch()
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


def _wants_a_pack(asked: BaseHTTPRequestHandler) -> bool:
    """Whether this is the call for objects; its body is read then, and is put back for git where it is not."""
    if asked.command != "POST":
        return False
    length = int(asked.headers["Content-Length"])
    body = asked.rfile.read(length)
    asked.rfile = _Again(body)  # type: ignore[assignment]
    return b"command=fetch" in body


class _Again:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, _: int = 0) -> bytes:
        return self._body

    def readline(self, _: int = 0) -> bytes:
        return b""

    def close(self) -> None:
        """Nothing is open."""

    closed = False


def _begin(asked: BaseHTTPRequestHandler, length: int | None = None) -> None:
    asked.close_connection = True
    asked.send_response(200)
    asked.send_header("Content-Type", "application/x-git-upload-pack-result")
    if length is not None:
        asked.send_header("Content-Length", str(length))
    asked.end_headers()


def _line(content: bytes) -> bytes:
    """git's pkt-line."""
    return b"%04x" % (len(content) + 4) + content
