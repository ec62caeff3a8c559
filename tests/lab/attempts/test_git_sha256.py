"""Repositories whose objects are named by SHA-256: commits of 64 digits, from a client's look to the fetch of a lab."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fuego_jenkins_remote.client import git
from fuego_jenkins_remote.client.values import GitSource
from fuego_jenkins_remote.hub.models.requests import GitModel
from fuego_jenkins_remote.lab.attempts.git_source import from_git
from fuego_jenkins_remote.lab.errors import PrepareError
from git_https import GitOverHttps, certificate_for

TEST = "Functional.brought"


def _git(folder: Path, *arguments: str) -> str:
    here = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@x"]
    return subprocess.run([*here, *arguments], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitOverHttps]:
    """One repository of each kind, with a branch, two commits and a tag on the first."""
    root = tmp_path_factory.mktemp("server")
    for form in ("sha1", "sha256"):
        test = root / f"{form}.git" / TEST
        test.mkdir(parents=True)
        _git(root / f"{form}.git", "init", "-q", "-b", "trunk", f"--object-format={form}")
        for number in (1, 2):
            (test / "fuego_test.sh").write_text(f"test_run() {{ report 'echo {number}'; }}\n")
            _git(test, "add", "-A")
            _git(test, "commit", "-qm", "x")
            if number == 1:
                _git(test, "tag", "-a", "-m", "x", "v1")
    one = GitOverHttps(root, *certificate_for(root, "git.example.org"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("GIT_SSL_CAINFO", str(root / "certificate.pem"))
        yield one
    one.close()


def _commit(server: GitOverHttps, ref: str, form: str = "sha256") -> str:
    return _git(server.root / f"{form}.git", "rev-parse", f"{ref}^{{commit}}")


def _url(server: GitOverHttps, form: str = "sha256") -> str:
    return f"https://127.0.0.1:{server.port}/{form}.git"


@pytest.fixture
def fetch(server: GitOverHttps, tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Fetch the test; the commit that came, and the test's script."""

    def one(ref: str, commit: str = "", form: str = "sha256") -> tuple[str, str]:
        source = GitSource(url=_url(server, form), ref=ref, path=TEST, commit=commit)
        archive, came = from_git(source, TEST, tmp_path, max_bytes=2**20, inside=())
        with tarfile.open(archive) as tar:
            script = tar.extractfile(f"{TEST}/fuego_test.sh")
            assert script is not None
            return came, script.read().decode()

    return one


@pytest.mark.parametrize("ref", ["trunk", "v1", "HEAD"])
def test_the_requesters_client_finds_the_commit(server: GitOverHttps, ref: str) -> None:
    assert git.resolve(_url(server), ref) == _commit(server, ref)


def test_the_hub_takes_such_a_commit(server: GitOverHttps) -> None:
    commit = _commit(server, "trunk")
    assert GitModel(url="https://example.org/t.git", ref="trunk", commit=commit).commit == commit


@pytest.mark.parametrize("is_said", [True, False], ids=["with its commit", "by its name alone"])
@pytest.mark.parametrize(("ref", "number"), [("trunk", 2), ("v1", 1)])
def test_a_lab_fetches_a_branch_or_a_tag(
    server: GitOverHttps, fetch: Callable[..., tuple[str, str]], ref: str, number: int, is_said: bool
) -> None:
    commit = _commit(server, ref)
    came, script = fetch(ref, commit if is_said else "")
    assert (came, f"echo {number}" in script) == (commit, True)


def test_a_lab_fetches_a_commit_that_the_branch_has_left_behind(
    server: GitOverHttps, fetch: Callable[..., tuple[str, str]]
) -> None:
    commit = _commit(server, "v1")
    assert fetch("trunk", commit)[0] == commit


def test_a_lab_fetches_a_commit_in_place_of_a_branch(
    server: GitOverHttps, fetch: Callable[..., tuple[str, str]]
) -> None:
    commit = _commit(server, "trunk")
    assert fetch(commit)[0] == commit


def test_a_commit_of_64_digits_is_none_of_a_usual_repository(
    server: GitOverHttps, fetch: Callable[..., tuple[str, str]]
) -> None:
    with pytest.raises(PrepareError, match="has 64 digits, and those of this repository have 40"):
        fetch("trunk", _commit(server, "trunk"), form="sha1")


def test_a_commit_of_40_digits_is_none_of_such_a_repository(
    server: GitOverHttps, fetch: Callable[..., tuple[str, str]]
) -> None:
    with pytest.raises(PrepareError, match="has 40 digits, and those of this repository have 64"):
        fetch("trunk", _commit(server, "trunk", form="sha1"))
