"""Repositories made to harm the lab that fetches from them: what comes is what was committed, or a clear line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.client import git
from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.lab.attempts.git_tree import LIST_BYTES
from fuego_jenkins_remote.lab.attempts.sources import Fetched, fetch_test
from fuego_jenkins_remote.lab.errors import PrepareError
from git_https import GitOverHttps, certificate_for

TEST = "Functional.brought"
MIB = 2**20
REQUEST = {"id": "20261123-101500123-k3j7x2m4", "state": "assigned", "selector": "*:bbb", "test": TEST}
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d7a' * 16}\nsize 12345\n"
Tree = list[tuple[str, bytes, str]]


class Repository:
    """A bare one below the server's root; objects are made as no honest git would make them."""

    def __init__(self, folder: Path) -> None:
        """Make it, with one test as its branch trunk."""
        self.folder = folder
        self.git("init", "-q", "--bare", "-b", "trunk", str(folder))
        self.script = self.blob(b"test_run() { report 'echo ok'; }\n")
        self.yaml = self.blob(f"fuego_package_version: 1\nname: {TEST}\n".encode())
        self.usual: Tree = [("100644", b"fuego_test.sh", self.script), ("100644", b"test.yaml", self.yaml)]

    def git(self, *arguments: str, content: bytes = b"") -> str:
        clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        who = {f"GIT_{role}_{key}": "a@x" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
        command = ["git", *arguments] if "init" in arguments else ["git", "-C", str(self.folder), *arguments]
        done = subprocess.run(
            command, input=content, env={**os.environ, **clean, **who}, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def blob(self, content: bytes) -> str:
        return self.git("hash-object", "-w", "--stdin", content=content)

    def tree(self, entries: Tree) -> str:
        raw = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(sha) for mode, name, sha in entries)
        return self.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", content=raw)

    def commit(self, tree: str, *parents: str, ref: str = "refs/heads/trunk") -> str:
        commit = self.git("commit-tree", tree, *(word for one in parents for word in ("-p", one)), "-m", "x")
        self.git("update-ref", ref, commit)
        return commit

    def holds(self, *more: tuple[str, bytes, str]) -> str:
        """Commit the test with these entries beside its files."""
        return self.commit(self.tree(sorted([*self.usual, *more], key=lambda entry: entry[1])))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitOverHttps]:
    root = tmp_path_factory.mktemp("hostile")
    server = GitOverHttps(root, *certificate_for(root, "git.example.org"))
    yield server
    server.close()


@pytest.fixture
def repository(server: GitOverHttps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("GIT_SSL_CAINFO", str(server.root / "certificate.pem"))
    server.paths.clear()
    return Repository(server.root / f"{tmp_path.name}.git")


@pytest.fixture
def fetch(server: GitOverHttps, repository: Repository, tmp_path: Path) -> Callable[..., Fetched]:
    """Fetch the whole repository as a test."""

    def one(ref: str = "trunk", commit: str = "", max_bytes: int = MIB) -> Fetched:
        folder = tmp_path / "fetched"
        folder.mkdir()
        url = f"https://127.0.0.1:{server.port}/{repository.folder.name}"
        wanted = Request.from_json({**REQUEST, "git": {"url": url, "ref": ref, "path": "", "commit": commit}})
        fetched = fetch_test(wanted, None, folder, max_bytes=max_bytes)  # type: ignore[arg-type]
        assert fetched is not None
        return fetched

    return one


# -- what other tools would act upon


def test_a_submodule_stays_an_empty_folder_and_its_repository_is_not_asked(
    server: GitOverHttps, repository: Repository, fetch: Callable[..., Fetched]
) -> None:
    other = Repository(server.root / f"other-{repository.folder.name}")
    inner = other.holds()
    url = f"https://127.0.0.1:{server.port}/{other.folder.name}"
    modules = repository.blob(f'[submodule "lib"]\n\tpath = lib\n\turl = {url}\n'.encode())
    repository.holds(("100644", b".gitmodules", modules), ("160000", b"lib", inner))
    assert list((fetch().folder / "lib").iterdir()) == []
    assert not [path for path in server.paths if other.folder.name in path]


def test_a_pointer_of_lfs_stays_a_pointer_and_no_store_is_asked(
    server: GitOverHttps, repository: Repository, fetch: Callable[..., Fetched]
) -> None:
    attributes = repository.blob(b"*.bin filter=lfs diff=lfs merge=lfs -text\n")
    store = repository.blob(f"[lfs]\n\turl = https://127.0.0.1:{server.port}/lfs\n".encode())
    pointer = repository.blob(POINTER.encode())
    repository.holds(
        ("100644", b".gitattributes", attributes), ("100644", b".lfsconfig", store), ("100644", b"data.bin", pointer)
    )
    assert (fetch().folder / "data.bin").read_text() == POINTER
    assert not [path for path in server.paths if path.startswith("/lfs")]


@pytest.mark.parametrize(
    "attribute",
    ["export-subst", "export-ignore", "ident", "text eol=crlf", "working-tree-encoding=UTF-16", "filter=evil"],
)
def test_attributes_change_nothing_of_what_was_committed(
    repository: Repository, fetch: Callable[..., Fetched], attribute: str
) -> None:
    content = b"$Format:%an%<(9999)$ $Id$\nsecond line\n"
    attributes = repository.blob(f"data {attribute}\n".encode())
    repository.holds(("100644", b".gitattributes", attributes), ("100644", b"data", repository.blob(content)))
    assert (fetch().folder / "data").read_bytes() == content


# -- names


@pytest.mark.parametrize(
    "name",
    [
        b".git",
        b".GIT",
        b".git ",
        b".git.",
        b"git~1",
        b".g\xe2\x80\x8cit",
        b".",
        b"..",
        b"a/b",
        b"/etc",
        b"../up",
        b"a\nb",
        b"a\x1b[2Jb",
        b"a\\b",
        b"..\\up",
        b"\xff",
        b"fuego_test.sh",
    ],
)
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_odd_names_are_refused_and_nothing_is_written(
    repository: Repository, fetch: Callable[..., Fetched], tmp_path: Path, name: bytes, kind: str
) -> None:
    inner = repository.tree([("100644", b"config", repository.yaml)])
    repository.holds(("100644", name, repository.yaml) if kind == "file" else ("40000", name, inner))
    with pytest.raises(PrepareError) as refused:
        fetch()
    assert str(refused.value).startswith(("git: error: object ", "the test cannot be used: "))
    assert str(refused.value).isprintable()
    assert {path.name for path in tmp_path.iterdir()} == {"fetched"}
    assert {path.name for path in (tmp_path / "fetched").iterdir()} == {"repository"}


def test_a_link_and_a_folder_of_one_name_are_refused(repository: Repository, fetch: Callable[..., Fetched]) -> None:
    inner = repository.tree([("100644", b"passwd", repository.yaml)])
    repository.holds(("120000", b"x", repository.blob(b"/etc")), ("40000", b"x", inner))
    with pytest.raises(PrepareError, match="git: error: object .*duplicate"):
        fetch()


# -- bombs


def test_one_file_named_a_million_times_is_refused_before_it_is_written(
    repository: Repository, fetch: Callable[..., Fetched], tmp_path: Path
) -> None:
    inner = repository.tree([("100644", b"%02d" % number, repository.yaml) for number in range(100)])
    for _ in range(4):
        inner = repository.tree([("40000", b"%02d" % number, inner) for number in range(100)])
    repository.holds(("40000", b"many", inner))
    with pytest.raises(PrepareError, match=f"git: more comes than the {LIST_BYTES} bytes"):
        fetch()
    assert _bytes_in(tmp_path) < MIB


def test_folders_without_files_are_counted_too(repository: Repository, fetch: Callable[..., Fetched]) -> None:
    inner = repository.tree([])
    for _ in range(9):
        inner = repository.tree([("40000", b"%02d" % number, inner) for number in range(10)])
    repository.holds(("40000", b"many", inner))
    with pytest.raises(PrepareError, match=f"git: more comes than the {LIST_BYTES} bytes"):
        fetch()


def test_more_files_than_a_package_may_have_are_refused(repository: Repository, fetch: Callable[..., Fetched]) -> None:
    inner = repository.tree([("100644", b"%05d" % number, repository.yaml) for number in range(20_001)])
    repository.holds(("40000", b"many", inner))
    with pytest.raises(PrepareError, match="it has more than 20000 files and folders"):
        fetch(max_bytes=64 * MIB)


def test_what_grows_by_being_named_often_is_refused_before_it_is_written(
    repository: Repository, fetch: Callable[..., Fetched], tmp_path: Path
) -> None:
    large = repository.blob(bytes(100_000))
    repository.holds(*(("100644", b"%02d" % number, large) for number in range(99)))
    with pytest.raises(PrepareError, match=f"the test cannot be used: it is larger than {MIB} bytes"):
        fetch()
    assert _bytes_in(tmp_path) < MIB


def test_a_tree_deeper_than_any_path_is_refused(repository: Repository, fetch: Callable[..., Fetched]) -> None:
    change = b"commit refs/heads/trunk\ncommitter a <a@x> 0 +0000\ndata 1\nx\nM 100644 inline " + b"d/" * 1500 + b"f\n"
    repository.git("fast-import", "--quiet", content=change + b"data 1\nx\n\n")
    with pytest.raises(PrepareError, match=r"the test cannot be used: the name .* is too long"):
        fetch()


def test_a_few_large_objects_count_together(
    repository: Repository, fetch: Callable[..., Fetched], tmp_path: Path
) -> None:
    """Less than a hundred objects would be written one by one, each as large as a file may be."""
    inner = repository.tree([("100644", b"%02d" % one, repository.blob(os.urandom(MIB // 5))) for one in range(8)])
    repository.holds(("40000", b"noise", inner))
    with pytest.raises(PrepareError, match=f"git: more comes than the {MIB} bytes that are taken"):
        fetch(max_bytes=MIB // 4)
    assert _bytes_in(tmp_path) < 1.1 * MIB


def test_a_file_that_packs_to_nothing_does_not_take_all_memory(
    repository: Repository, fetch: Callable[..., Fetched], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.holds(("100644", b"zeros", repository.blob(bytes(32 * MIB))))
    monkeypatch.setattr(git, "MEMORY", 28 * MIB)
    with pytest.raises(PrepareError, match="git: fatal: .*[Mm]emory"):
        fetch()


# -- commits and refs


@pytest.fixture
def proposal(repository: Repository) -> str:
    """A commit that somebody from outside has proposed: any server that has it gives it out by its name."""
    first = repository.holds()
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repository.git("config", "uploadpack.allowFilter", "true")
    evil = repository.tree(sorted([*repository.usual, ("100644", b"evil", repository.yaml)], key=lambda one: one[1]))
    return repository.commit(evil, first, ref="refs/pull/7/head")


@pytest.mark.parametrize("ref", ["trunk", "HEAD"])
def test_a_commit_that_is_not_in_the_branch_is_refused(fetch: Callable[..., Fetched], proposal: str, ref: str) -> None:
    with pytest.raises(PrepareError, match=f"{ref} is no longer at the commit {proposal}, and that is none of the"):
        fetch(ref=ref, commit=proposal)


@pytest.mark.parametrize("commit", [True, False])
def test_a_commit_in_place_of_a_branch_has_to_be_in_the_main_one(
    fetch: Callable[..., Fetched], proposal: str, commit: bool
) -> None:
    with pytest.raises(PrepareError, match="none of the last"):
        fetch(ref=proposal, commit=proposal if commit else "")


@pytest.mark.parametrize("ref", ["refs/pull/7/head", "pull/7/head"])
def test_a_proposal_is_no_branch(fetch: Callable[..., Fetched], proposal: str, ref: str) -> None:
    with pytest.raises(PrepareError, match=r"branches and tags, not from|has no branch and no tag"):
        fetch(ref=ref)


@pytest.mark.parametrize("filters", [True, False])
def test_a_commit_that_the_branch_has_left_behind_comes(
    repository: Repository, fetch: Callable[..., Fetched], filters: bool
) -> None:
    first = repository.holds()
    repository.git("config", "uploadpack.allowFilter", str(filters).lower())
    later = repository.tree(sorted([*repository.usual, ("100644", b"later", repository.yaml)], key=lambda one: one[1]))
    repository.commit(later, first)
    fetched = fetch(commit=first)
    assert fetched.commit == first
    assert not (fetched.folder / "later").exists()


def test_a_commit_of_the_main_branch_needs_no_name_of_a_branch(
    repository: Repository, fetch: Callable[..., Fetched]
) -> None:
    commit = repository.holds()
    assert fetch(ref=commit, commit=commit).commit == commit


def test_a_branch_goes_before_a_tag_of_its_name(repository: Repository, fetch: Callable[..., Fetched]) -> None:
    commit = repository.holds()
    repository.commit(repository.tree([]), commit, ref="refs/tags/trunk")
    assert fetch().commit == commit


def test_two_commits_are_not_guessed_between(repository: Repository, fetch: Callable[..., Fetched]) -> None:
    with pytest.raises(PrepareError, match="two commits were asked for"):
        fetch(ref="a" * 40, commit="b" * 40)


# -- credentials


@pytest.mark.parametrize(
    "url",
    [
        "https://anna:hunter2@git.example.org/tests.git",
        "https://anna:hun/ter2@git.example.org/tests.git",
        "https://hunter2@git.example.org/../tests.git",
        "https://git.example.org/tests.git?private_token=hunter2",
        "https://git.example.org/tests.git#hunter2",
        "http://anna:hunter2@git.example.org/tests.git",
        "ssh://git:hunter2@git.example.org/tests.git",
        "anna:hunter2@git.example.org:tests.git",
    ],
)
def test_a_password_in_an_address_is_written_nowhere(
    bench: Any, lab: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    caplog.set_level("DEBUG")
    (lab.conf_dir / "lab-policy.yaml").write_text(
        "rules: [{source: [git], git: ['https://git.example.org/'], do: run}]\n"
    )
    bench.claim(git={"url": url, "ref": "trunk", "path": ""})
    bench.until("closed")
    files = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    for secret in ("hunter2", "hun/ter2"):
        assert secret.encode() not in files
        assert secret not in f"{bench.hub.told} {caplog.text}"


@pytest.mark.parametrize(
    "url", ["http://anna:hunter2@h/x", "https://h/x?t=hunter2", "https://a:hun/ter2@h/x", "a:hunter2@h:x"]
)
def test_a_password_in_an_address_is_not_repeated_to_who_gave_it(url: str) -> None:
    with pytest.raises(git.GitFailed, match="holds no user and no password") as refused:
        git.resolve(url, "trunk")
    assert "ter2" not in str(refused.value)


def _bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
