"""Tests and binaries of an old Fuego server, from the shell."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from fserver_server import FserverServer

from ..conftest import Ftc, Lab

FTP = "Functional.hello-1.0-1.ftp"


@pytest.fixture
def there(old_lab: Lab, ftc: Ftc) -> Lab:
    """The lab, and its test at the server."""
    done = ftc("put-test", old_lab.test_folder)
    assert done.status == 0, done.err
    return old_lab


@pytest.mark.usefixtures("there")
def test_a_test_is_put_under_its_version_and_release(server: FserverServer) -> None:
    assert list(server.tests) == [FTP]
    assert list(server.test_data) == ["Functional.hello-1.0-1"]


def test_the_same_test_again_changes_nothing(there: Lab, ftc: Ftc, server: FserverServer) -> None:
    before = dict(server.tests)
    assert ftc("put-test", there.test_folder).status == 0
    assert server.tests == before
    assert server.seen.count("put_test") == 1


def test_another_test_of_that_version_is_refused(there: Lab, ftc: Ftc) -> None:
    (there.test_folder / "fuego_test.sh").write_text("function test_run {\n    report true\n}\n")
    refused = ftc("put-test", there.test_folder)
    assert (refused.status, "has another Functional.hello-1.0-1.ftp" in refused.err) == (1, True)


def test_the_half_of_an_upload_is_said_to_be_one(old_lab: Lab, ftc: Ftc, server: FserverServer) -> None:
    server.tests[FTP] = b"half"
    refused = ftc("put-test", old_lab.test_folder)
    assert refused.status == 1
    assert "half of Functional.hello-1.0-1.ftp" in refused.err
    assert "have to remove" in refused.err


@pytest.mark.usefixtures("there")
def test_tests_are_listed_in_their_newest_versions(ftc: Ftc, server: FserverServer) -> None:
    server.test_data["Functional.hello-1.10-1"] = server.test_data["Functional.hello-1.9-1"] = b""
    listed = ftc("list-tests", "-r", "--json")
    assert listed.json() == [{"name": "Functional.hello", "version": "1.10-1"}]
    assert ftc("list-tests", "-r", "-q", "nosuch").out == ""


def test_a_test_is_fetched_and_checked(there: Lab, ftc: Ftc, tmp_path: Path, server: FserverServer) -> None:
    target = tmp_path / "x.ftp"
    got = ftc("get-test", "-t", "Functional.hello", "-o", target)
    assert got.status == 0, got.err
    assert target.read_bytes() == server.tests[FTP]


@pytest.mark.usefixtures("there")
def test_what_is_no_package_is_not_kept(ftc: Ftc, tmp_path: Path, server: FserverServer) -> None:
    server.tests[FTP] = b"half"
    assert ftc("get-test", "-t", "Functional.hello", "-o", tmp_path / "x.ftp").status == 1
    assert not (tmp_path / "x.ftp").exists()


@pytest.mark.usefixtures("there")
def test_a_version_that_is_not_there_is_answered_with_those_that_are(ftc: Ftc) -> None:
    refused = ftc("get-test", "-t", "Functional.hello", "--version", "2.0")
    assert (refused.status, "it has 1.0-1" in refused.err) == (1, True)


def test_a_test_is_installed(there: Lab, ftc: Ftc) -> None:
    (there.test_folder / "fuego_test.sh").unlink()
    (there.test_folder / "test.yaml").unlink()
    there.test_folder.rmdir()
    done = ftc("install-test", "Functional.hello")
    assert done.status == 0, done.err
    assert (there.test_folder / "fuego_test.sh").is_file()


@pytest.mark.usefixtures("there")
def test_a_test_cannot_be_removed_there(ftc: Ftc, server: FserverServer) -> None:
    refused = ftc("rm-test", "-t", "Functional.hello", "--version", "1.0-1")
    assert (refused.status, "cannot remove a test" in refused.err) == (1, True)
    assert "remove_test" not in server.seen


@pytest.mark.usefixtures("old_lab")
def test_binaries_are_put_and_fetched(ftc: Ftc, tmp_path: Path, server: FserverServer) -> None:
    package = binaries(tmp_path)
    put = ftc("put-binary-package", package)
    assert put.status == 0, put.err
    assert list(server.binaries) == ["debian-armhf-Functional.hello-binary-package.ftbp"]
    target = tmp_path / "back.ftbp"
    got = ftc("get-test", "-t", "Functional.hello", "--binary", "debian-armhf", "-o", target)
    assert got.status == 0, got.err
    assert target.read_bytes() == package.read_bytes()
    missing = ftc("get-test", "-t", "Functional.hello", "--binary", "debian-arm64")
    assert (missing.status, "for: debian-armhf" in missing.err) == (1, True)


def binaries(folder: Path) -> Path:
    described = json.dumps({"name": "Functional.hello", "toolchain": "debian-armhf"}).encode()
    package = folder / "any.ftbp"
    with tarfile.open(package, "w:gz") as tar:
        for name, content in (("./binary-package.json", described), ("./hello", b"\x7fELF")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return package
