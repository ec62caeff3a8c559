"""Tests and binaries of an old Fuego server: `NAME-VERSION-RELEASE.ftp`, `TOOLCHAIN-NAME-binary-package.ftbp`.

It can take and list them. To get one its actions say nothing (`get_test` was never written): the file is fetched from
where its pages show it. It cannot remove one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fuego_jenkins_remote.client.errors import Conflict, NotFound, TooLarge
from fuego_jenkins_remote.client.fserver.calls import Failed, Fserver
from fuego_jenkins_remote.fuego.fserver_format import BinaryId, TestId
from fuego_jenkins_remote.fuego.packages import file_sha256
from fuego_jenkins_remote.fuego.releases import sort_key

_FILES = "/fserver-data/files"
_DATA = "/fserver-data/data"


def listed(server: Fserver) -> list[TestId]:
    """All tests, by name, the newest version of each first."""
    found = server.listed("query_tests", TestId.parse)
    newest = sorted(found, key=lambda one: sort_key(one.version, _number(one.release)), reverse=True)
    return sorted(newest, key=lambda one: one.name)


def binaries(server: Fserver) -> list[BinaryId]:
    """The binaries of all tests, as the server sorts them. Its own filter by a test's name never matches."""
    return server.listed("query_binary_tests", BinaryId.parse)


def find(server: Fserver, name: str, wanted: str = "") -> TestId:
    """A version of a test, the newest without one; `wanted` is VERSION or VERSION-RELEASE. Raises NotFound."""
    there = [one for one in listed(server) if one.name == name]
    for one in there:
        if wanted in {"", one.label, one.version}:
            return one
    has = f"of {name} it has {', '.join(one.label for one in there)}" if there else "ftc list-tests -r lists them"
    raise NotFound(f"the Fuego server at {server.url} has no {name} {wanted}".rstrip() + f": {has}", status=404)


def fetch(server: Fserver, test: TestId, destination: Path, *, limit: int) -> None:
    """Fetch a test's package; raises NotFound."""
    server.download(f"{_FILES}/tests/{test}.ftp", destination, limit=limit)


def fetch_binaries(server: Fserver, binary: BinaryId, destination: Path, *, limit: int) -> None:
    """Fetch a package of binaries; raises NotFound."""
    server.download(f"{_FILES}/binary-packages/{binary.file}", destination, limit=limit)


def put(server: Fserver, test: TestId, package: Path) -> None:
    """Put a test there. The same again changes nothing; raises Conflict where the server has another of that version,
    or the half of one, which it cannot replace.
    """
    upload = _Upload(action="put_test", file=f"tests/{test}.ftp", data=f"tests/{test}.yaml")
    upload.put(server, package)


def put_binaries(server: Fserver, binary: BinaryId, package: Path) -> None:
    """Put a test's binaries there; as `put`."""
    folder = "binary-packages"
    upload = _Upload(action="put_binary_package", file=f"{folder}/{binary.file}", data=f"{folder}/{binary}.json")
    upload.put(server, package)


@dataclass(frozen=True, kw_only=True)
class _Upload:
    """A file on its way: where the server keeps it, and where what it takes out of a whole one."""

    action: str
    file: str
    data: str

    def put(self, server: Fserver, package: Path) -> None:
        name = self.file.rpartition("/")[2]
        file, data = f"{_FILES}/{self.file}", f"{_DATA}/{self.data}"
        if not server.has_file(file):
            try:
                server.upload(self.action, name, package)
            except Failed:
                if not server.has_file(data):
                    raise
        if not server.has_file(data):
            raise Conflict(
                f"the Fuego server at {server.url} has half of {name} from an upload that failed, and cannot replace "
                f"it: its people have to remove {file}",
                status=409,
            )
        if not _is_there(server, file, package):
            raise Conflict(f"the Fuego server at {server.url} has another {name}, and cannot replace it", status=409)


def _is_there(server: Fserver, file: str, package: Path) -> bool:
    with TemporaryDirectory(prefix="ftc-") as folder:
        there = Path(folder) / "package"
        try:
            server.download(file, there, limit=package.stat().st_size)
        except TooLarge:
            return False
        return file_sha256(there) == file_sha256(package)


def _number(release: str) -> int:
    return int(release) if release.isascii() and release.isdigit() else 0
