"""The test store over HTTP: tests by name and version, their binaries, and what ran where."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import hub_folders
from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.hub.schema import tests as test_table
from fuego_jenkins_remote.hub.statements import package_use
from fuego_jenkins_remote.hub.store import reading
from fuego_jenkins_remote.service.clock import utc_now
from fuego_jenkins_remote.service.engine import reading as reading_from
from packed_tests import pack, pack_binary

from .conftest import Service

NAME = "Functional.hello"
BINARY = '{"name": "Functional.hello", "toolchain": "debian-armhf"}'


def leave(service: Service, who: str, path: Path) -> str:
    """Upload a package; its SHA-256."""
    content = path.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    assert service.call(who, "PUT", f"/packages/{sha256}", content=content).status_code in {200, 201}
    return sha256


def put(service: Service, who: str, path: Path, **values: Any) -> Any:
    return service.ok(who, "POST", "/tests", 201, json={"package": leave(service, who, path), **values})


def labels(found: Any) -> list[str]:
    return [f"{one['name']} {one['label']}" for one in found["tests"]]


# -- put, versions


def test_a_test_is_kept_with_what_its_test_yaml_says(service: Service, tmp_path: Path) -> None:
    path = pack(tmp_path, version='"1.10"', fuego_release=3, license="MIT", author="Jürgen", tags="[Net, größe, net]")
    stored = put(service, "ann", path)
    assert (stored["name"], stored["label"], stored["newest"]) == (NAME, "1.10-3", True)
    assert (stored["license"], stored["author"], stored["tags"]) == ("MIT", "Jürgen", ["net", "größe"])
    assert (stored["uploaded_by"], stored["team"], stored["private"]) == ("ann", "annslab", False)
    assert service.ok("demolab", "GET", f"/tests/{NAME}/1.10-3") == stored
    fetched = service.call("tim", "GET", f"/packages/{stored['sha256']}")
    assert fetched.content == path.read_bytes()


def test_the_same_again_is_the_same(service: Service, tmp_path: Path) -> None:
    path = pack(tmp_path)
    assert put(service, "ann", path) == put(service, "ann", path)


def test_the_same_version_with_another_content_is_refused(service: Service, tmp_path: Path) -> None:
    put(service, "ann", pack(tmp_path))
    sha256 = leave(service, "ann", pack(tmp_path, body="false"))
    answer = service.call("ann", "POST", "/tests", json={"package": sha256})
    assert (answer.status_code, answer.json()["code"]) == (409, "other-content")
    assert "raise version or fuego_release" in answer.json()["detail"]


def test_a_new_version_stands_beside_the_old_one(service: Service, tmp_path: Path) -> None:
    for version, release in (("1.10", 1), ("1.9", 1), ("1.10", 2)):
        put(service, "ann", pack(tmp_path, version=f'"{version}"', fuego_release=release))
    found = service.ok("ann", "GET", f"/tests/{NAME}")
    assert [one["label"] for one in found["versions"]] == ["1.10-2", "1.10-1", "1.9-1"]
    assert [one["newest"] for one in found["versions"]] == [True, False, False]
    assert labels(service.ok("ann", "GET", "/tests")) == [f"{NAME} 1.10-2"]
    assert service.ok("ann", "GET", f"/tests/{NAME}/1.10")["label"] == "1.10-2"
    missing = service.call("ann", "GET", f"/tests/{NAME}/3")
    assert (missing.status_code, "but 1.10-2, 1.10-1, 1.9-1" in missing.json()["detail"]) == (404, True)


def test_what_is_no_test_package_is_refused_with_the_reason(service: Service, tmp_path: Path) -> None:
    for path, why in (
        (pack(tmp_path, version=None), "has no version"),
        (pack_binary(tmp_path, BINARY), "exactly one folder"),
        (Path(__file__), "no tar"),
    ):
        answer = service.call("ann", "POST", "/tests", json={"package": leave(service, "ann", path)})
        assert (answer.status_code, answer.json()["code"], why in answer.json()["detail"]) == (422, "bad-package", True)


def test_a_package_that_is_not_there_for_the_caller_cannot_be_named(service: Service, tmp_path: Path) -> None:
    sha256 = leave(service, "ann", pack(tmp_path))
    for package in (sha256, "0" * 64):
        assert service.call("tim", "POST", "/tests", json={"package": package}).status_code == 404


def test_what_a_test_yaml_says_is_bounded_and_printable(service: Service, tmp_path: Path) -> None:
    tags = "[" + ", ".join(f"t{number}" for number in range(100)) + "]"
    path = pack(tmp_path, description='"a\\e[2Jb ' + "x" * 9000 + '"', author='"' + "y" * 999 + '"', tags=tags)
    stored = put(service, "ann", path)
    assert stored["description"].startswith("a [2Jb x")
    assert (len(stored["description"]), len(stored["author"]), len(stored["tags"])) == (4000, 300, 30)


def test_labs_bring_no_tests_and_guests_of_a_team_neither(service: Service, tmp_path: Path) -> None:
    service.secrets["guest"] = admin.add_user(service.engine, "guest", teams=["annslab:guest"])
    sha256 = leave(service, "ann", pack(tmp_path))
    for who in ("demolab", "guest"):
        assert service.call(who, "POST", "/tests", json={"package": sha256}).status_code == 403
    assert service.call("ann", "POST", "/tests", json={"package": sha256, "team": "demolab"}).status_code == 403


def test_a_name_is_its_teams_so_that_the_newest_version_is_theirs(service: Service, tmp_path: Path) -> None:
    put(service, "ann", pack(tmp_path))
    sha256 = leave(service, "tim", pack(tmp_path, version=99))
    refused = service.call("tim", "POST", "/tests", json={"package": sha256})
    assert (refused.status_code, "is a test of the team annslab" in refused.json()["detail"]) == (403, True)
    binary = leave(service, "tim", pack_binary(tmp_path, BINARY))
    assert service.call("tim", "POST", "/binaries", json={"package": binary}).status_code == 403
    assert service.ok("tim", "POST", "/tests", 201, json={"package": sha256, "private": True})["team"] == "demolab"
    assert service.ok("ann", "GET", f"/tests/{NAME}")["versions"][0]["label"] == "1.0-1"
    service.secrets["mate"] = admin.add_user(service.engine, "mate", teams=["annslab"])
    assert put(service, "mate", pack(tmp_path, version=2))["newest"]


# -- search


@pytest.fixture
def some(service: Service, tmp_path: Path) -> Service:
    put(service, "ann", pack(tmp_path, "Functional.usb", description="Gadgets an 50% aller Ports", tags="[usb, slow]"))
    put(service, "ann", pack(tmp_path, "Functional.net", description="A NIC under load", tags="[net]"))
    put(service, "tim", pack(tmp_path, "Benchmark.net", description="Bandwidth; GRÖSSE of frames", tags="[net, slow]"))
    return service


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Benchmark.net", "Functional.net", "Functional.usb"]),
        ("?text=load", ["Functional.net"]),
        ("?text=LOAD nic", ["Functional.net"]),
        ("?text=größe", ["Benchmark.net"]),
        ("?text=50%25", ["Functional.usb"]),
        ("?text=5%250", []),
        ("?text=functional_net", []),
        ("?tag=net", ["Benchmark.net", "Functional.net"]),
        ("?tag=Slow&text=gadget", ["Functional.usb"]),
        ("?tag=none", []),
    ],
)
def test_tests_are_found_by_words_and_tag(some: Service, query: str, found: list[str]) -> None:
    assert [one["name"] for one in some.ok("tim", "GET", f"/tests{query}")["tests"]] == found


def test_lists_come_in_pages(some: Service) -> None:
    first = some.ok("ann", "GET", "/tests?limit=2")
    rest = some.ok("ann", "GET", "/tests", params={"limit": 2, "after": first["after"]})
    assert [*labels(first), *labels(rest)] == ["Benchmark.net 1.0-1", "Functional.net 1.0-1", "Functional.usb 1.0-1"]
    assert rest["after"] is None


@pytest.mark.skipif(hub_folders.on_postgresql(), reason="is about SQLite")
def test_a_search_reads_the_index_of_newest_versions(service: Service) -> None:
    steps: list[str] = []

    def explain(_conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        steps.extend(row[3] for row in cursor.fetchall())

    sa.event.listen(service.engine, "before_cursor_execute", explain)
    with reading_from(service.engine) as conn:
        reading.listed(conn, None, text="usb", limit=10)
    assert any("tests_newest" in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps


# -- private


def test_a_private_test_is_there_for_its_team_and_labs_alone(service: Service, tmp_path: Path) -> None:
    stored = put(service, "tim", pack(tmp_path), private=True)
    assert service.ok("demolab", "GET", f"/tests/{NAME}/1.0-1") == stored, "the lab of its team"
    for who in ("ann", "otherlab"):
        assert labels(service.ok(who, "GET", "/tests")) == []
        assert service.call(who, "GET", f"/tests/{NAME}").status_code == 404
        assert service.call(who, "GET", f"/tests/{NAME}/1.0-1").status_code == 404
        assert service.call(who, "GET", f"/packages/{stored['sha256']}").status_code == 404
        assert service.call(who, "DELETE", f"/tests/{NAME}/1.0-1").status_code in {403, 404}


def test_a_private_test_takes_no_name_from_others_and_hides_no_version(service: Service, tmp_path: Path) -> None:
    put(service, "tim", pack(tmp_path, version=2, body="echo private"), private=True)
    put(service, "ann", pack(tmp_path, version=2))
    put(service, "ann", pack(tmp_path, version=1))
    assert labels(service.ok("ann", "GET", "/tests")) == [f"{NAME} 2-1"]
    assert len(service.ok("tim", "GET", "/tests")["tests"]) == 2
    assert service.ok("tim", "GET", f"/tests/{NAME}/2")["private"], "one's own comes first"
    assert not service.ok("ann", "GET", f"/tests/{NAME}/2")["private"]


# -- removed


def test_who_has_brought_it_removes_it_and_the_next_is_the_newest(service: Service, tmp_path: Path) -> None:
    put(service, "ann", pack(tmp_path, version=1))
    put(service, "ann", pack(tmp_path, version=2))
    assert service.call("tim", "DELETE", f"/tests/{NAME}/2").status_code == 403
    service.ok("ann", "DELETE", f"/tests/{NAME}/2-1", 204)
    assert labels(service.ok("ann", "GET", "/tests")) == [f"{NAME} 1-1"]
    assert service.call("ann", "DELETE", f"/tests/{NAME}/2-1").status_code == 404


def test_a_test_that_waits_to_be_run_is_not_removed(service: Service, tmp_path: Path) -> None:
    stored = put(service, "ann", pack(tmp_path))
    body = {"call_id": "call-put-1", "selector": "demolab:qemu", "test": NAME, "package": stored["sha256"]}
    [request] = service.ok("tim", "POST", "/requests", 201, json=body)["requests"]
    refused = service.call("ann", "DELETE", f"/tests/{NAME}/1.0-1")
    assert (refused.status_code, request["id"] in refused.json()["detail"]) == (409, True)
    service.ok("tim", "POST", f"/requests/{request['id']}/cancel", json={"call_id": "call-cancel"})
    service.ok("ann", "DELETE", f"/tests/{NAME}/1.0-1", 204)
    assert service.call("tim", "GET", f"/packages/{stored['sha256']}").status_code == 200, "a request refers to it"


def test_a_private_request_that_uses_a_test_is_not_told_of_and_keeps_its_package(
    service: Service, tmp_path: Path
) -> None:
    stored = put(service, "ann", pack(tmp_path))
    body = {"call_id": "call-put-1", "selector": "demolab:qemu", "test": NAME, "package": stored["sha256"]}
    service.ok("tim", "POST", "/requests", 201, json={**body, "private": True})
    service.ok("ann", "DELETE", f"/tests/{NAME}/1.0-1", 204)
    assert service.call("ann", "GET", f"/tests/{NAME}").status_code == 404
    assert service.call("demolab", "GET", f"/packages/{stored['sha256']}").status_code == 200, "it is to run it"
    with reading_from(service.engine) as conn:
        assert package_use.unreferenced(conn, utc_now() + timedelta(hours=1), 10) == []


def test_packages_that_nothing_refers_to_are_known(service: Service, tmp_path: Path) -> None:
    stored = put(service, "ann", pack(tmp_path))["sha256"]
    binary = leave(service, "ann", pack_binary(tmp_path, BINARY))
    service.ok("ann", "POST", "/binaries", 201, json={"package": binary})
    asked_for = leave(service, "ann", pack(tmp_path, body="echo asked"))
    body = {"call_id": "call-put-1", "selector": "demolab:qemu", "test": NAME, "package": asked_for}
    service.ok("ann", "POST", "/requests", 201, json=body)
    left = leave(service, "ann", pack(tmp_path, body="echo left"))
    now = utc_now()
    with reading_from(service.engine) as conn:
        assert package_use.unreferenced(conn, now - timedelta(hours=1), 10) == []
        assert package_use.unreferenced(conn, now + timedelta(hours=1), 10) == [left]
    assert {stored, binary, asked_for} & {left} == set()


# -- binaries


def test_binaries_are_kept_by_toolchain_and_replaced_by_who_may(service: Service, tmp_path: Path) -> None:
    first = leave(service, "ann", pack_binary(tmp_path, BINARY))
    kept = service.ok("ann", "POST", "/binaries", 201, json={"package": first})
    assert (kept["name"], kept["toolchain"]) == (NAME, "debian-armhf")
    assert service.ok("ann", "POST", "/binaries", 201, json={"package": first}) == kept
    second = leave(service, "tim", pack_binary(tmp_path, BINARY, program="y"))
    refused = service.call("tim", "POST", "/binaries", json={"package": second})
    assert (refused.status_code, refused.json()["code"]) == (409, "other-content")
    leave(service, "ann", pack_binary(tmp_path, BINARY, program="y"))
    service.ok("ann", "POST", "/binaries", 201, json={"package": second})
    [binary] = service.ok("tim", "GET", f"/tests/{NAME}")["binaries"]
    assert binary["sha256"] == second


def test_what_is_no_package_of_binaries_is_refused(service: Service, tmp_path: Path) -> None:
    sha256 = leave(service, "ann", pack(tmp_path))
    answer = service.call("ann", "POST", "/binaries", json={"package": sha256})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-package")


# -- what ran where


def run(service: Service, number: int, status: str, **values: Any) -> str:
    body = {"call_id": f"call-put-{number}", "selector": "demolab:qemu", "test": NAME, **values}
    [request] = service.ok("ann", "POST", "/requests", 201, json=body)["requests"]
    claim = {"claim_id": f"call-claim-{number}", "boards": ["qemu"], "wait": 0}
    [attempt] = service.ok("demolab", "POST", "/claims", json=claim)["attempts"]
    path = f"/requests/{request['id']}/attempts/{attempt['number']}"
    service.ok("demolab", "POST", f"{path}/start", json={"call_id": f"call-start-{number}"})
    key = f"demolab/{request['id']}.1"
    said = {"call_id": f"call-tested-{number}", "status": status, "run_key": key}
    service.ok("demolab", "POST", f"{path}/tested", json=said)
    service.ok("demolab", "POST", f"{path}/done", json={"call_id": f"call-done-{number}", "target": "vision"})
    return str(request["id"])


def test_what_ran_where_is_told_by_board_the_last_time(service: Service, tmp_path: Path) -> None:
    stored = put(service, "ann", pack(tmp_path))
    run(service, 1, "FAIL")
    last = run(service, 2, "PASS", package=stored["sha256"])
    [where] = service.ok("tim", "GET", f"/tests/{NAME}")["runs"]
    assert (where["host"], where["board"], where["request"]) == ("demolab", "qemu", last)
    assert (where["status"], where["source"]) == ("PASS", "1.0-1")


def test_a_private_run_is_not_told_to_others(service: Service) -> None:
    run(service, 1, "PASS", private=True)
    assert len(service.ok("ann", "GET", f"/tests/{NAME}")["runs"]) == 1
    service.secrets["other"] = admin.add_user(service.engine, "other", teams=["otherteam"])
    assert service.call("other", "GET", f"/tests/{NAME}").status_code == 404


def test_names_that_are_none_are_refused(service: Service) -> None:
    for path in ("/tests/hello", "/tests/Functional.a%20b", f"/tests/{NAME}/%20"):
        assert service.call("ann", "GET", path).status_code == 422
    with service.engine.begin() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(test_table)).scalar_one() == 0
