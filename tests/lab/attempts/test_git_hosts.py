"""A lab's git speaks https with a server that really is one, and with no machine inside the lab that nobody named."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fuego_jenkins_remote.client.values import GitSource
from fuego_jenkins_remote.lab.attempts.git_hosts import git_options
from fuego_jenkins_remote.lab.attempts.git_source import from_git
from fuego_jenkins_remote.lab.errors import PrepareError
from git_https import GitOverHttps, certificate_for

TEST = "Functional.brought"
HOST = "git.timslab.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitOverHttps]:
    root = tmp_path_factory.mktemp("served")
    test = root / "tests.git" / TEST
    test.mkdir(parents=True)
    (test / "fuego_test.sh").write_text("test_run() { report 'echo ok'; }\n")
    for words in (["init", "-q", "-b", "trunk"], ["add", "-A"], ["commit", "-qm", "a test"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@x"]
        subprocess.run(["git", "-C", str(root / "tests.git"), *identity, *words], check=True, capture_output=True)
    server = GitOverHttps(root, *certificate_for(root, HOST))
    yield server
    server.close()


@pytest.fixture
def fetch(server: GitOverHttps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Fetch the test over https; gives the commit that came."""
    monkeypatch.setenv("GIT_SSL_CAINFO", str(server.certificate))
    server.redirect = ""

    def one(host: str = "127.0.0.1", inside: tuple[str, ...] = (), commit: str = "") -> str:
        url = f"https://{host}:{server.port}/tests.git"
        source = GitSource(url=url, ref="trunk", path=TEST, commit=commit)
        return from_git(source, TEST, tmp_path, max_bytes=2**20, inside=inside)[1]

    return one


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What names lead to."""

    def leads_to(*addresses: str) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    return leads_to


def test_a_test_comes_over_https_with_its_commit(fetch: Callable[..., str]) -> None:
    assert len(fetch()) == 40


def test_the_commit_that_the_requester_saw_is_the_one_that_comes(fetch: Callable[..., str], tmp_path: Path) -> None:
    commit = fetch()
    for left in (tmp_path / "test.tar", tmp_path / "repository"):
        subprocess.run(["rm", "-r", str(left)], check=True)
    assert fetch(commit=commit) == commit


def test_a_server_that_sends_us_elsewhere_is_not_followed(server: GitOverHttps, fetch: Callable[..., str]) -> None:
    server.redirect = f"https://127.0.0.1:{server.port}/tests.git/info/refs?service=git-upload-pack"
    with pytest.raises(PrepareError, match="git: "):
        fetch()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.7",
        "172.16.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "::1",
        "fd00::1",
        "fe80::1%eth0",
    ],
)
def test_a_name_that_leads_into_the_lab_is_refused(resolved: Callable[..., None], address: str) -> None:
    resolved("93.184.216.34", address)
    with pytest.raises(PrepareError, match=r"inside of this lab's network: its policy does not name it in git_inside"):
        git_options(f"https://{HOST}/tests.git", ())


def test_a_host_inside_is_spoken_with_where_the_policy_names_it() -> None:
    assert "http.curloptResolve" not in str(git_options(f"https://{HOST}/tests.git", (HOST,)))


def test_the_address_that_was_looked_at_is_the_one_that_is_used(resolved: Callable[..., None]) -> None:
    resolved("93.184.216.34")
    assert f"http.curloptResolve={HOST}:443:93.184.216.34" in git_options(f"https://{HOST}/tests.git", ())


def test_git_goes_where_it_is_told_to(
    fetch: Callable[..., str], resolved: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is known to nobody but us: git has only what we tell it."""
    resolved("127.0.0.1")
    monkeypatch.setattr("ipaddress.IPv4Address.is_global", True)
    assert len(fetch(HOST)) == 40


def test_a_name_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(PrepareError, match=f"nobody knows the host {HOST}"):
        git_options(f"https://{HOST}/tests.git", ())


@pytest.mark.parametrize(
    "url", ["https://anna:geheim@git.example.org/x", "git://anna@git.example.org/x", "ssh://a:b@h/x"]
)
def test_an_address_with_a_login_is_refused_and_not_repeated(url: str, tmp_path: Path) -> None:
    with pytest.raises(PrepareError, match="holds no user and no password") as refused:
        from_git(GitSource(url=url, ref="trunk", path=""), TEST, tmp_path, max_bytes=2**20, inside=())
    assert "geheim" not in str(refused.value)
