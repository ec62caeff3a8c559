"""Tests and binaries for old clients: the hub's own store, by the names of Fuego's packages."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from fuego_jenkins_remote.fuego.errors import BadName, BadPackage, MissingMember
from fuego_jenkins_remote.fuego.fserver_format import BinaryId, TestId, exactly, matches
from fuego_jenkins_remote.fuego.names import check_test_name
from fuego_jenkins_remote.fuego.packages import read_member, read_test_yaml_of
from fuego_jenkins_remote.fuego.releases import BINARY_JSON
from fuego_jenkins_remote.fuego.test_yaml import MAX_SIZE
from fuego_jenkins_remote.hub import packages
from fuego_jenkins_remote.hub.core import Hub
from fuego_jenkins_remote.hub.errors import HubError, NotKnown
from fuego_jenkins_remote.hub.fserver import places
from fuego_jenkins_remote.hub.fserver.settings import Fserver
from fuego_jenkins_remote.hub.fserver.wire import Asked, Fail, error, ok
from fuego_jenkins_remote.hub.statements import fserver as sql
from fuego_jenkins_remote.hub.store import putting, sight

MOST_LISTED = 20_000


def put_test(hub: Hub, fserver: Fserver, file: str, incoming: packages.Upload) -> str:
    """put_test: a package called NAME-VERSION-RELEASE.ftp, which is what its test.yaml says it is."""
    if not file.endswith(places.TEST.ending):
        text = f"Invalid filename for test specified: {file} (expected .ftp extension)\n"
        raise Fail(places.received(file) + text)
    try:
        wanted = TestId.parse(file)
        check_test_name(wanted.name)
    except BadName as bad:
        raise error(bad.what) from bad
    with hub.reading() as conn:
        if _stored(conn, fserver, wanted) is not None:
            raise Fail(f"Already have a file {file}. Cannot proceed.\n")
    if not _has_test_yaml(incoming, wanted.name):
        path = f"{places.DATA}/tests/{wanted.name}/test.yaml"
        raise Fail(places.uploaded(places.TEST, file) + f"Error: can't find {path}\n in extracted .ftp contents")
    described = putting.read_test(incoming.path)
    if (described.name, described.label) != (wanted.name, wanted.label):
        raise error(f"{file} holds {described.name}-{described.label}: its name is not that of what is in it")
    packages.keep(hub, incoming, incoming.sha256, fserver.caller)
    putting.put_test(hub, fserver.caller, incoming.sha256, fserver.team, private=False)
    return ok(places.uploaded(places.TEST, file) + places.extracted(places.TEST, str(wanted)))


def put_binary(hub: Hub, fserver: Fserver, file: str, incoming: packages.Upload) -> str:
    """put_binary_package: TOOLCHAIN-TEST-binary-package.ftbp, which is what its binary-package.json says it is."""
    if not file.endswith(places.BINARY.ending):
        text = f"Invalid filename for test specified: {file} (expected .ftbp extension)\n"
        raise Fail(places.received(file) + text)
    try:
        wanted = BinaryId.parse(file)
        check_test_name(wanted.name)
    except BadName as bad:
        text = f"Invalid filename for test specified: {file} (expected Functional or Benchmark test type)\n"
        raise Fail(places.uploaded(places.BINARY, file) + text) from bad
    incoming.file.flush()
    try:
        described = putting.read_binary(incoming.path)
    except HubError as refused:
        if not isinstance(refused.__cause__, MissingMember):
            raise
        path = f"{places.DATA}/binary-packages/binary-package.json"
        text = f"Error: can't find {path}\n in extracted .ftbp contents"
        raise Fail(places.uploaded(places.BINARY, file) + text) from refused
    if (described.toolchain, described.name) != (wanted.toolchain, wanted.name):
        raise error(f"{file} holds {described.toolchain}-{described.name}: its name is not that of what is in it")
    packages.keep(hub, incoming, incoming.sha256, fserver.caller)
    putting.put_binary(hub, fserver.caller, incoming.sha256, fserver.team, private=False)
    return ok(places.uploaded(places.BINARY, file) + places.extracted(places.BINARY, str(wanted)))


def query_tests(conn: sa.Connection, _fserver: Fserver, asked: Asked) -> str:
    """query_tests: NAME-VERSION-RELEASE, filtered by name, version and release."""
    name = asked.fields.get("test_name", asked.fields.get("name", "*"))
    version, release = asked.fields.get("version", "*"), asked.fields.get("release", "*")
    return ok(
        "".join(
            f"{found}\n"
            for found, (its_name, its_version, its_release) in sorted(_tests(conn, name).items())
            if matches(name, its_name) and matches(version, its_version) and matches(release, its_release)
        )
    )


def query_binaries(conn: sa.Connection, _fserver: Fserver, asked: Asked) -> str:
    """query_binary_tests: TOOLCHAIN-NAME, filtered by name and toolchain."""
    name = asked.fields.get("test_name", asked.fields.get("name", "*"))
    toolchain = asked.fields.get("toolchain", "*")
    rows = sql.binaries_listed(conn, exactly(name), MOST_LISTED)
    return ok(
        "".join(
            sorted(
                f"{its_toolchain}-{its_name}\n"
                for its_toolchain, its_name, _ in rows
                if matches(name, its_name) and matches(toolchain, its_toolchain)
            )
        )
    )


def test_file(hub: Hub, fserver: Fserver, name: str) -> Path:
    """The package of a test; raises NotKnown, Fail."""
    try:
        wanted = TestId.parse(name)
    except BadName as bad:
        raise error(bad.what) from bad
    with hub.reading() as conn:
        sha256 = _stored(conn, fserver, wanted)
        if sha256 is None:
            raise NotKnown(f"there is no test {name}")
        return packages.find_for(conn, hub.data_dir, fserver.caller, sha256)


def test_yaml(hub: Hub, fserver: Fserver, name: str) -> bytes:
    """The test.yaml of a test; raises NotKnown, Fail."""
    try:
        return read_test_yaml_of(test_file(hub, fserver, name))
    except BadPackage as bad:
        raise NotKnown(f"the package of {name} is damaged") from bad


def binary_file(hub: Hub, fserver: Fserver, name: str) -> Path:
    """The package of a test's binaries; raises NotKnown, Fail."""
    try:
        wanted = BinaryId.parse(name)
    except BadName as bad:
        raise error(bad.what) from bad
    with hub.reading() as conn:
        for toolchain, test, sha256 in sql.binaries_listed(conn, wanted.name, MOST_LISTED):
            if (toolchain, test) == (wanted.toolchain, wanted.name):
                return packages.find_for(conn, hub.data_dir, fserver.caller, sha256)
    raise NotKnown(f"there are no binaries {name}")


def binary_json(hub: Hub, fserver: Fserver, name: str) -> bytes:
    """Their binary-package.json; raises NotKnown, Fail."""
    try:
        return read_member(binary_file(hub, fserver, name), BINARY_JSON, MAX_SIZE, putting.LIMITS)
    except BadPackage as bad:
        raise NotKnown(f"the package of {name} is damaged") from bad


def names(conn: sa.Connection) -> list[str]:
    """All tests that old clients see."""
    return sorted(_tests(conn, "*"))


def binary_names(conn: sa.Connection) -> list[BinaryId]:
    """All tests' binaries that old clients see."""
    rows = sql.binaries_listed(conn, None, MOST_LISTED)
    return sorted((BinaryId(toolchain=one[0], name=one[1]) for one in rows), key=str)


def _tests(conn: sa.Connection, name: str) -> dict[str, tuple[str, str, str]]:
    rows = sql.tests_listed(conn, exactly(name), MOST_LISTED)
    return {f"{one}-{label}": (one, version, str(release)) for one, label, version, release, _ in rows}


def _stored(conn: sa.Connection, fserver: Fserver, wanted: TestId) -> str | None:
    found = [one for one in sight.versions_for(conn, fserver.caller, wanted.name) if not one.private]
    return next((one.sha256 for one in found if one.label == wanted.label), None)


def _has_test_yaml(incoming: packages.Upload, name: str) -> bool:
    incoming.file.flush()
    try:
        read_test_yaml_of(incoming.path, putting.LIMITS)
    except MissingMember:
        return False
    except BadPackage as bad:
        raise error(f"{name}: {bad.what}") from bad
    return True
