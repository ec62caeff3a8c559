"""Tarballs of sources: unpacked before the build, hostile ones refused."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fuego_jenkins_remote.standin import unpack as unpack_module
from fuego_jenkins_remote.standin.unpack import BadTarball, unpack

if TYPE_CHECKING:
    from tests.standin.conftest import Lab


def tarball(path: Path, *members: tuple[str, str | bytes], **kinds: bytes) -> Path:
    """Write a tarball; a text is a link to it, bytes are a file."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.mode, info.mtime = 0o755, 1_600_000_000
            if isinstance(content, str):
                info.type, info.linkname = kinds.get("link", tarfile.SYMTYPE), content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return path


def test_a_test_is_built_from_its_tarball(lab: Lab) -> None:
    folder = lab.add_test(
        "Functional.x",
        'tarball=hello-1.0.tar.gz\ntest_build() { sh ./configure; }\ntest_run() { report "cat $PWD/made"; }',
    )
    tarball(folder / "hello-1.0.tar.gz", ("hello-1.0/configure", b"echo built > made\n"))
    assert lab.run("x").text("testlog.txt") == "built\n"


def test_a_tarball_that_is_not_there_is_an_error(lab: Lab) -> None:
    lab.add_test("Functional.x", "tarball=none.tar.gz\ntest_run() { :; }")
    ran = lab.run("x")
    assert (ran.run.status, ran.reason) == ("ERROR", "the tarball none.tar.gz cannot be used")


def test_the_first_folder_is_left_out_and_links_inside_are_kept(tmp_path: Path) -> None:
    path = tarball(tmp_path / "x.tgz", ("x/a/run", b"1"), ("x/b", "a/run"), ("./x/c/d", "../b"))
    unpack(path, tmp_path / "to")
    assert (tmp_path / "to/c/d").read_bytes() == b"1"
    assert (tmp_path / "to/a/run").stat().st_mtime == 1_600_000_000
    assert (tmp_path / "to/a/run").stat().st_mode & 0o777 == 0o755


def test_a_hard_link_is_the_file_it_names(tmp_path: Path) -> None:
    path = tarball(tmp_path / "x.tgz", ("x/a", b"1"), ("x/b", "x/a"), link=tarfile.LNKTYPE)
    unpack(path, tmp_path / "to")
    assert (tmp_path / "to/b").read_bytes() == b"1"


@pytest.mark.parametrize(
    "members",
    [
        [("x/../../out", b"1")],
        [("/tmp/out", b"1")],
        [("x/l", "/etc"), ("x/l/out", b"1")],
        [("x/l", "../out")],
        [("x/a/l", "../../../out")],
        [("x/l", "a"), ("x/l", "b")],
        [("x/a", b"1"), ("x/a/b", b"1")],
    ],
)
def test_what_leads_out_or_cannot_be_is_refused(tmp_path: Path, members: list[tuple[str, str | bytes]]) -> None:
    path = tarball(tmp_path / "x.tgz", *members)
    with pytest.raises(BadTarball):
        unpack(path, tmp_path / "in" / "to")
    assert not (tmp_path / "in/out").exists()
    assert not (tmp_path / "out").exists()


def test_no_file_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "to/real").mkdir(parents=True)
    path = tarball(tmp_path / "x.tgz", ("x/l", "real"), ("x/l/out", b"1"))
    with pytest.raises(BadTarball):
        unpack(path, tmp_path / "to")
    assert not (tmp_path / "to/real/out").exists()


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_devices_and_pipes_are_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(BadTarball, match="neither a file, a folder nor a link"):
        unpack(tarball(tmp_path / "x.tgz", ("x/d", ""), link=kind), tmp_path / "to")


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack_module, "MAX_BYTES", 10)
    with pytest.raises(BadTarball, match="more than a tarball of sources has"):
        unpack(tarball(tmp_path / "x.tgz", ("x/a", b"1" * 11)), tmp_path / "to")


@pytest.mark.parametrize("data", [b"", b"no tar", b"\x1f\x8b\x08\x00garbage"])
def test_what_is_no_tarball_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.tgz").write_bytes(data)
    with pytest.raises(BadTarball, match=r"x\.tgz: "):
        unpack(tmp_path / "x.tgz", tmp_path / "to")
