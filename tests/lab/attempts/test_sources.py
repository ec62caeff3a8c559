"""A request's test from the hub or from a git repository that really is served; nothing of it does anything here."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from child_process import processes_with
from fuego_jenkins_remote.client import git
from fuego_jenkins_remote.client.errors import Answered, ClientError, NotFound, TooLarge, Unreachable
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.fuego.packages import pack_test
from fuego_jenkins_remote.lab.attempts import git_source
from fuego_jenkins_remote.lab.attempts.sources import fetch_test, source_of
from fuego_jenkins_remote.lab.errors import PrepareError
from fuego_jenkins_remote.network.policy import Source
from processes import free_port
from until import until

TEST = "Functional.brought"
MIB = 2**20
REQUEST = {"id": "20261123-101500123-k3j7x2m4", "state": "assigned", "selector": "*:bbb", "test": TEST}


def _make_test(folder: Path, name: str = TEST) -> Path:
    test = folder / name
    test.mkdir(parents=True)
    (test / "fuego_test.sh").write_text("test_run() { report 'echo ok'; }\n")
    (test / "test.yaml").write_text(f"fuego_package_version: 1\nname: {name}\n")
    return test


# -- git


@dataclass
class Served:
    """A repository on loopback."""

    url: str
    work: Path

    def git(self, *arguments: str) -> None:
        author = {
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@x",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@x",
        }
        subprocess.run(
            ["git", "-C", str(self.work), *arguments],
            check=True,
            capture_output=True,
            env={**os.environ, **author, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
        )

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "more")

    def commit_empty(self) -> None:
        self.git("commit", "-q", "--allow-empty", "-m", "nothing")


@pytest.fixture(scope="module")
def git_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """`git daemon`, which serves all below a folder."""
    root, port = tmp_path_factory.mktemp("git"), free_port()
    command = ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--export-all", "--reuseaddr"]
    with subprocess.Popen(
        [*command, f"--base-path={root}", str(root)], stderr=subprocess.DEVNULL, start_new_session=True
    ) as daemon:
        end = time.monotonic() + 90
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield root, port
        os.killpg(daemon.pid, 15)


@pytest.fixture
def served(git_daemon: tuple[Path, int], request: pytest.FixtureRequest) -> Served:
    """A repository of its own for each test, with one test in tests/."""
    root, port = git_daemon
    work = root / f"{abs(hash(request.node.name))}.git"
    work.mkdir()
    repository = Served(url=f"git://127.0.0.1:{port}/{work.name}", work=work)
    repository.git("init", "-q", "-b", "trunk")
    _make_test(work / "tests")
    repository.commit()
    return repository


@pytest.fixture
def fetch(tmp_path: Path) -> Callable[..., Path]:
    """Fetch from git into an empty folder."""

    def fetch_one(
        url: str, ref: str = "trunk", path: str = f"tests/{TEST}", max_bytes: int = MIB, commit: str = ""
    ) -> Path:
        folder = tmp_path / "fetched"
        folder.mkdir()
        wanted = Request.from_json({**REQUEST, "git": {"url": url, "ref": ref, "path": path, "commit": commit}})
        fetched = fetch_test(wanted, None, folder, max_bytes=max_bytes)  # type: ignore[arg-type]
        assert fetched is not None
        return fetched.folder

    return fetch_one


def test_a_branch_is_fetched(served: Served, fetch: Callable[..., Path]) -> None:
    test = fetch(served.url)
    assert test.name == TEST
    assert (test / "fuego_test.sh").read_text().startswith("test_run")
    assert not (test.parent.parent / "test.tar").exists()


def test_a_tag_is_fetched_not_what_came_after_it(served: Served, fetch: Callable[..., Path]) -> None:
    served.git("tag", "v1.0")
    (served.work / "tests" / TEST / "later").touch()
    served.commit()
    assert not (fetch(served.url, ref="v1.0") / "later").exists()


def test_a_test_may_be_the_whole_repository(served: Served, fetch: Callable[..., Path]) -> None:
    for file in (served.work / "tests" / TEST).iterdir():
        shutil.copy(file, served.work)
    shutil.rmtree(served.work / "tests")
    served.commit()
    assert {file.name for file in fetch(served.url, path="").iterdir()} == {"fuego_test.sh", "test.yaml"}


@pytest.mark.parametrize(
    ("ref", "path", "said"),
    [
        ("gone", f"tests/{TEST}", "git: .*gone"),
        ("trunk", "tests/Functional.gone", "git: "),
        ("trunk", f"tests/{TEST}/fuego_test.sh", "git: "),
        ("trunk", "tests", "cannot be used"),
    ],
)
def test_what_is_not_there_is_said_in_gits_words(
    served: Served, fetch: Callable[..., Path], ref: str, path: str, said: str
) -> None:
    with pytest.raises(PrepareError, match=said):
        fetch(served.url, ref=ref, path=path)


def test_a_server_that_never_answers_leaves_no_process_behind(
    fetch: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_source, "GIT_TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/tests.git"
        with pytest.raises(PrepareError, match="git did not end within"):
            fetch(url)
        until(lambda: not processes_with(url), "no process is left")


def test_the_commit_that_was_asked_for_is_fetched_though_the_branch_has_moved(
    served: Served, tmp_path: Path, fetch: Callable[..., Path]
) -> None:
    commit = git.resolve(served.url, "trunk")
    (served.work / "tests" / TEST / "later").touch()
    served.commit()
    assert git.resolve(served.url, "trunk") != commit
    assert not (fetch(served.url, commit=commit) / "later").exists()


def test_a_commit_that_the_server_does_not_have_is_not_replaced_by_another(
    served: Served, fetch: Callable[..., Path]
) -> None:
    with pytest.raises(PrepareError, match="trunk is no longer at the commit 1{40}"):
        fetch(served.url, commit="1" * 40)


def test_refs_are_resolved_to_what_is_fetched(served: Served) -> None:
    commit = git.resolve(served.url, "trunk")
    served.git("tag", "-a", "v1.0", "-m", "a tag with a text")
    served.git("branch", "other/trunk")
    served.commit_empty()
    assert git.resolve(served.url, "v1.0") == commit
    assert git.resolve(served.url, "refs/tags/v1.0") == commit
    assert git.resolve(served.url, "HEAD") == git.resolve(served.url, "trunk") != commit
    assert git.resolve("https://nowhere.invalid/x", "a" * 40) == "a" * 40


@pytest.mark.parametrize(
    ("url", "ref", "said"),
    [
        ("ext::sh -c reboot", "trunk", "no address that tests are fetched from"),
        ("file:///etc", "trunk", "no address that tests are fetched from"),
        ("git://x/y", "--upload-pack=reboot", "no branch, tag or commit"),
        ("git://x/y", "a..b", "no branch, tag or commit"),
    ],
)
def test_what_is_no_address_and_no_ref_is_never_given_to_git(url: str, ref: str, said: str) -> None:
    with pytest.raises(git.GitFailed, match=said):
        git.resolve(url, ref)


def test_a_ref_that_is_not_there_is_told(served: Served) -> None:
    with pytest.raises(git.GitFailed, match="no branch and no tag gone; a commit is given whole"):
        git.resolve(served.url, "gone")


def test_a_repository_that_is_not_there_is_said(git_daemon: tuple[Path, int], fetch: Callable[..., Path]) -> None:
    with pytest.raises(PrepareError, match=r"git: "):
        fetch(f"git://127.0.0.1:{git_daemon[1]}/gone.git")


def test_a_symlink_in_the_repository_is_refused(served: Served, fetch: Callable[..., Path]) -> None:
    (served.work / "tests" / TEST / "passwd").symlink_to("/etc/passwd")
    served.commit()
    with pytest.raises(PrepareError, match=r"cannot be used.*passwd"):
        fetch(served.url)


def test_a_repository_larger_than_the_limit_is_refused(served: Served, fetch: Callable[..., Path]) -> None:
    (served.work / "tests" / TEST / "blob").write_bytes(os.urandom(MIB))
    served.commit()
    with pytest.raises(PrepareError):
        fetch(served.url, max_bytes=100_000)


def test_what_packs_well_and_unpacks_to_too_much_is_refused(served: Served, fetch: Callable[..., Path]) -> None:
    (served.work / "tests" / TEST / "zeros").write_bytes(bytes(20 * MIB))
    served.commit()
    with pytest.raises(PrepareError):
        fetch(served.url, max_bytes=MIB)


def test_attributes_and_settings_of_the_repository_run_nothing(
    served: Served, fetch: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "hooks").mkdir(parents=True)
    touched = tmp_path / "touched"
    # The lab's own git settings, which a repository could make use of, do not hold either.
    (home / ".gitconfig").write_text(
        f'[core]\n\thooksPath = {home}/hooks\n[filter "evil"]\n\tsmudge = touch {touched}\n'
        f'[tar "tar.evil"]\n\tcommand = touch {touched}\n[uploadpack]\n\tpackObjectsHook = touch {touched}\n'
    )
    hook = home / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {touched}\n")
    hook.chmod(0o755)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {touched}")
    test = served.work / "tests" / TEST
    (test / ".gitattributes").write_text("* filter=evil\nsubst export-subst\n")
    (test / "subst").write_text("$Format:%an$\n")
    (test / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% x\n')
    served.commit()
    fetch(served.url)
    assert not touched.exists()


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch /tmp/x",
        "-oProxyCommand=x",
        "ext::sh -c id",
        "file:///etc",
        "/etc",
        "http://127.0.0.1/x",
        "git://-x/y",
        "ssh://-oProxyCommand=id/x",
        "git://127.0.0.1/x\0y",
        "git://127.0.0.1/x\n-y",
        "git://127.0.0.1/" + "x" * 2000,
    ],
)
def test_an_address_that_is_none_is_refused_before_git_starts(
    fetch: Callable[..., Path], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PrepareError, match="no address that tests are fetched from"):
        fetch(url)


@pytest.mark.parametrize("ref", ["-x", "--upload-pack=x", "a..b", "a b", "", "a:b", "+a", "a\nb"])
def test_a_ref_that_is_none_is_refused_before_git_starts(
    fetch: Callable[..., Path], ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PrepareError, match="no git ref"):
        fetch("git://127.0.0.1/x", ref=ref)


@pytest.mark.parametrize("path", ["../x", "-x", "a/../b", "a b", "a\0b", "/etc", ":x"])
def test_a_path_that_is_none_is_refused_before_git_starts(
    fetch: Callable[..., Path], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PrepareError, match="no path in a git repository"):
        fetch("git://127.0.0.1/x", path=path)


# -- packages


class Shelf:
    """A hub that keeps one package, or answers with an error."""

    def __init__(self, package: Path | None = None, error: Exception | None = None) -> None:
        self._package, self._error = package, error

    def get_package(self, sha256: str, destination: Path, *, limit: int) -> None:
        if self._error:
            raise self._error
        assert self._package
        if self._package.stat().st_size > limit:
            raise TooLarge("more was sent")
        shutil.copy(self._package, destination)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "test.ftp"
    pack_test(_make_test(tmp_path / "made"), path)
    return path


def _take(tmp_path: Path, shelf: Shelf, package: Path | None = None, max_bytes: int = MIB, **more: Any) -> Path | None:
    folder = tmp_path / "fetched"
    folder.mkdir()
    sha256 = hashlib.sha256(package.read_bytes()).hexdigest() if package else "0" * 64
    wanted = Request.from_json({**REQUEST, "package": sha256, **more})
    fetched = fetch_test(wanted, shelf, folder, max_bytes=max_bytes)  # type: ignore[arg-type]
    return None if fetched is None else fetched.folder


def test_a_package_is_fetched_and_unpacked(tmp_path: Path, package: Path) -> None:
    test = _take(tmp_path, Shelf(package), package)
    assert test is not None
    assert (test.name, (test / "fuego_test.sh").is_file()) == (TEST, True)


def test_an_installed_test_needs_nothing(tmp_path: Path) -> None:
    assert fetch_test(Request.from_json(REQUEST), None, tmp_path, max_bytes=1) is None  # type: ignore[arg-type]
    assert source_of(Request.from_json(REQUEST)) is Source.INSTALLED


def test_a_package_with_another_digest_is_refused(tmp_path: Path, package: Path) -> None:
    with pytest.raises(PrepareError, match="SHA-256 differs"):
        _take(tmp_path, Shelf(package))


def test_a_package_with_another_test_is_refused(tmp_path: Path, package: Path) -> None:
    with pytest.raises(PrepareError, match=f"the package holds {TEST}, not Functional.other"):
        _take(tmp_path, Shelf(package), package, test="Functional.other")


def test_a_package_without_a_script_is_refused(tmp_path: Path) -> None:
    test = _make_test(tmp_path / "made")
    (test / "fuego_test.sh").unlink()
    path = tmp_path / "test.ftp"
    pack_test(test, path)
    with pytest.raises(PrepareError, match=r"Functional\.brought has no fuego_test\.sh"):
        _take(tmp_path, Shelf(path), path)


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "test.ftp"
    path.write_bytes(b"no tar")
    with pytest.raises(PrepareError, match="cannot be used"):
        _take(tmp_path, Shelf(path), path)


def test_a_package_larger_than_the_lab_takes_is_refused(tmp_path: Path, package: Path) -> None:
    with pytest.raises(PrepareError, match=r"larger than this lab takes \(100 bytes\)"):
        _take(tmp_path, Shelf(package), package, max_bytes=100)


def test_a_package_that_the_hub_does_not_have_is_the_requesters_matter(tmp_path: Path) -> None:
    with pytest.raises(PrepareError, match="the hub does not have the test package"):
        _take(tmp_path, Shelf(error=NotFound("no", status=404)))


@pytest.mark.parametrize("error", [Unreachable("gone"), Answered("busy", status=503), Answered("oops", status=500)])
def test_a_hub_in_trouble_is_asked_again(tmp_path: Path, error: ClientError) -> None:
    with pytest.raises(ClientError):
        _take(tmp_path, Shelf(error=error))


def test_a_hub_that_is_down_is_asked_again(tmp_path: Path) -> None:
    hub = HubClient(f"http://127.0.0.1:{free_port()}", "token", retries=0)
    with pytest.raises(Unreachable):
        _take(tmp_path, hub)  # type: ignore[arg-type]
