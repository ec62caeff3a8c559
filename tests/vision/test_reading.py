"""Runs are listed, filtered, shown and sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from fuego_jenkins_remote.service.engine import reading
from fuego_jenkins_remote.vision.app import make_app
from fuego_jenkins_remote.vision.records import Filter
from fuego_jenkins_remote.vision.statements import lists as list_sql

KEY = "demolab/20261123-101500123-k3j7x2m4.1"


def listed(world: Any, **filters: Any) -> list[str]:
    answer = world.get("/api/v1/runs", **filters)
    assert answer.status_code == 200, answer.text
    return [run["key"] for run in answer.json()["runs"]]


def test_anyone_may_ask_which_service_this_is(world: Any) -> None:
    answer = world.client.get("/api/v1/")

    assert answer.json()["service"] == "vision"
    assert answer.json()["api"] == 1


def test_a_summary_says_what_the_contract_says(world: Any) -> None:
    package = world.pack(world.run_json(metadata={"batch_id": "c-20261123-101500123-a2b3c4d5"}))
    world.put(KEY, package)

    assert world.get("/api/v1/runs").json() == {
        "before": None,
        "runs": [
            {
                "key": KEY,
                "host": "demolab",
                "board": "bbb",
                "test": "Benchmark.Dhrystone",
                "spec": "default",
                "status": "PASS",
                "build_number": "7",
                "started_at": "2026-11-23T10:00:00.000000+00:00",
                "duration_ms": 33915,
                "kernel_version": "6.1.0-13",
                "toolchain": "debian-armhf",
                "request": "20261123-101500123-k3j7x2m4",
                "campaign": "c-20261123-101500123-a2b3c4d5",
                "counts": {"PASS": 1, "FAIL": 1, "ERROR": 0, "SKIP": 0},
                "sha256": world.digest(package),
                "size": len(package),
                "uploaded_at": "2026-11-23T12:00:00.000000+00:00",
                "uploaded_by": "demolab",
                "private": False,
                "url": f"http://testserver/runs/{KEY}",
            }
        ],
    }


def test_one_run_has_its_cases_as_in_run_json_and_its_files(world: Any) -> None:
    world.put(KEY, world.pack(world.run_json(), {"testlog.txt": b"hello\n", "result/plot ä.txt": b"x"}))
    answer = world.get(f"/api/v1/runs/{KEY}").json()

    assert answer["test_sets"] == world.run_json()["test_sets"]
    assert [(one["name"], one["size"]) for one in answer["files"] if one["name"] != "run.json"] == [
        ("result/plot ä.txt", 1),
        ("testlog.txt", 6),
    ]


def test_a_run_that_is_not_there_is_not_found(world: Any) -> None:
    for path in ("", "/package", "/files/run.json"):
        answer = world.get(f"/api/v1/runs/{KEY}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_the_package_comes_back_byte_for_byte(world: Any) -> None:
    package = world.pack(world.run_json(), {"a": b"\0\1"})
    world.put(KEY, package)
    answer = world.get(f"/api/v1/runs/{KEY}/package")

    assert answer.content == package
    assert answer.headers["content-disposition"] == (
        'attachment; filename="demolab-20261123-101500123-k3j7x2m4.1.frp"; '
        "filename*=UTF-8''demolab-20261123-101500123-k3j7x2m4.1.frp"
    )


def test_a_file_that_calls_itself_a_page_is_sent_as_plain_text(world: Any) -> None:
    world.put(KEY, world.pack(world.run_json(), {"result/evil.html": "<script>alert('ä')</script>".encode()}))
    answer = world.get(f"/api/v1/runs/{KEY}/files/result/evil.html")

    assert answer.text == "<script>alert('ä')</script>"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith('attachment; filename="evil.html"')


def test_bytes_that_are_no_text_are_sent_as_bytes(world: Any) -> None:
    data = b"\x7fELF\0\0" + bytes(range(256)) * 1000
    world.put(KEY, world.pack(world.run_json(), {"program": data}))
    answer = world.get(f"/api/v1/runs/{KEY}/files/program")

    assert answer.content == data
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("name", ['a"b;c.txt', "Meßwerte 温度.csv", "x\\y.txt", "semi;colon=.txt"])
def test_names_of_files_come_safely_into_headers(world: Any, name: str) -> None:
    world.put(KEY, world.pack(world.run_json(), {f"result/{name}": b"1"}))
    answer = world.get(f"/api/v1/runs/{KEY}/files/result/{quote(name)}")

    assert answer.content == b"1"
    plain, _, full = answer.headers["content-disposition"].partition("; filename*=")
    assert plain.count('"') == 2
    assert full == f"UTF-8''{quote(name, safe='')}"


def test_a_file_that_the_run_does_not_have_is_not_found(world: Any) -> None:
    world.put(KEY, world.pack(world.run_json()))
    for name in ("none.txt", "../run.json", "%2e%2e/%2e%2e/etc/passwd", ""):
        assert world.get(f"/api/v1/runs/{KEY}/files/{name}").status_code == 404


def test_a_package_that_somebody_deleted_is_said_to_be_gone(world: Any) -> None:
    package = world.pack(world.run_json())
    world.put(KEY, package)
    sha256 = world.digest(package)
    (world.data_dir / "packages" / sha256[:2] / sha256).unlink()

    for path in ("package", "files/run.json"):
        answer = world.get(f"/api/v1/runs/{KEY}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (503, "package-gone")
    assert world.page(f"/runs/{KEY}").status_code == 200


def test_filters_choose_and_join(world: Any) -> None:
    def put(key: str, **changes: Any) -> str:
        assert world.put(key, world.pack(world.run_json(**changes))).status_code == 201
        return key

    base = put("demolab/20261123-101500123-k3j7x2m4.1")
    failed = put("demolab/20261123-101500124-k3j7x2m4.1", status="FAIL")
    other = put("demolab/other-run", name="Functional.bc", metadata={"board": "qemu", "test_spec": "long"})
    everything = {base, failed, other}

    assert set(listed(world)) == everything
    assert listed(world, test="Functional.bc") == [other]
    assert listed(world, test="bc") == [other]
    assert listed(world, status="fail") == [failed]
    assert listed(world, board="qemu") == [other]
    assert listed(world, board="demolab:qemu") == [other]
    assert listed(world, board="elsewhere:qemu") == []
    assert set(listed(world, host="demolab")) == everything
    assert listed(world, spec="long") == [other]
    assert listed(world, request="20261123-101500123-k3j7x2m4") == [base]
    assert listed(world, test="Benchmark.Dhrystone", status="PASS", board="bbb") == [base]
    assert listed(world, campaign="c-none") == []


def test_since_takes_a_date_or_a_time(world: Any, put_runs: Callable[..., list[str]]) -> None:
    keys = put_runs(3)

    assert listed(world, since="2026-11-23T11:59:00+00:00") == [keys[2]]
    assert listed(world, since="2026-11-23T12:58:30+01:00") == [keys[2]]
    assert len(listed(world, since="2026-11-23")) == 3
    assert listed(world, since="2026-11-24") == []


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"}, {"since": "2026-11-23T10:00:00"}, {"status": "GOOD"}, {"limit": 0}, {"limit": 100000},
        {"before": "x"}, {"before": "99999999T999999999999-1"}, {"host": "a", "board": "b:c"}, {"test": "x" * 300},
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_answered_with_one_sentence(world: Any, query: dict[str, Any]) -> None:
    answer = world.get("/api/v1/runs", **query)

    assert answer.status_code == 422
    assert next(iter(query)) in answer.json()["detail"]


def test_a_short_name_that_two_tests_have_is_refused(world: Any) -> None:
    world.put("demolab/run-number-1", world.pack(world.run_json(name="Functional.x")))
    world.put("demolab/run-number-2", world.pack(world.run_json(name="Benchmark.x")))

    assert world.get("/api/v1/runs", test="x").json()["detail"] == "test: x may be Benchmark.x or Functional.x"


def test_pages_give_every_run_once_newest_first(world: Any, put_runs: Callable[..., list[str]]) -> None:
    keys = put_runs(7)
    found: list[str] = []
    before = None
    while True:
        page = world.get("/api/v1/runs", limit=3, **({"before": before} if before else {})).json()
        found += [run["key"] for run in page["runs"]]
        before = page["before"]
        if before is None:
            break

    assert found == list(reversed(keys))


def test_runs_of_the_same_moment_are_not_lost_between_pages(world: Any) -> None:
    for at in range(4):
        world.put(f"demolab/same-moment-{at}", world.pack(world.run_json()))
    first = world.get("/api/v1/runs", limit=2).json()
    second = world.get("/api/v1/runs", limit=2, before=first["before"]).json()

    assert len({run["key"] for run in first["runs"] + second["runs"]}) == 4


def test_a_run_from_the_future_does_not_stay_on_top(world: Any) -> None:
    future = {"timestamp": "2099-01-01T00:00:00+0000"}
    world.put("demolab/wrong-clock", world.pack(world.run_json(metadata=future)))
    found = world.get("/api/v1/runs").json()["runs"][0]

    assert found["started_at"] == "2099-01-01T00:00:00.000000+00:00"
    with reading(world.engine) as conn:
        assert list_sql.listed(conn, Filter(), who=None, before=None, limit=1).runs[0].at == world.now


def test_reading_needs_a_token(world: Any) -> None:
    for path in ("/api/v1/runs", f"/api/v1/runs/{KEY}", f"/api/v1/runs/{KEY}/package"):
        assert world.client.get(path).status_code == 401


def test_a_public_vision_lets_anyone_read(world: Any) -> None:
    client = TestClient(make_app(world.engine, world.data_dir, public=True))

    assert client.get("/api/v1/runs").status_code == 200
    assert client.get("/runs", headers={"Accept": "text/html"}).status_code == 200


def test_the_api_describes_itself(world: Any) -> None:
    paths = world.client.get("/api/v1/openapi.json").json()["paths"]

    assert "/api/v1/runs/{host}/{local}" in paths
    assert world.client.get("/docs").status_code == 404
