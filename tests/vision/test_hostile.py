"""What nobody means well with: questions that make no sense get one sentence, and runs of any size and name a page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from fuego_jenkins_remote.vision import showing

KEY = "demolab/20261123-101500123-k3j7x2m4.1"
VALUES = [
    "%00", "%0d%0aX:%20y", "%ff%fe", "%ed%a0%80", "%1b%5b31m", "%e2%80%ae", "%2f%2e%2e%2fetc", "%252F", "a" * 5000,
    "-1", "0", "501", "9" * 400, "1e3", "%d9%a3", "20261123T101500000000-" + "9" * 18, "20269999T101500000000-1",
    "00010101T000000000000-0", "%ef%bc%920261123T101500000000-1", "9999-12-31T23:59:59-23:59", "0001-01-01", ":",
    "a:b:c", "%c5%bfkip", "%7b%7b7*7%7d%7d", "%22%3e%3cscript%3e", "'%20OR%201=1--", "%25",
]  # fmt: skip
NAMES = (
    "test",
    "host",
    "board",
    "spec",
    "status",
    "request",
    "campaign",
    "since",
    "limit",
    "before",
    "case",
    "set",
    "x",
)


def targets() -> Iterator[str]:
    for name, value in product(NAMES, VALUES):
        yield from (f"{path}?{name}={value}" for path in ("/api/v1/runs", "/runs", "/history"))
    for value in VALUES:
        yield f"/history?test={value}&case={value}&set={value}"
        for path in ("/api/v1/runs/demolab/", f"/api/v1/runs/{KEY}/files/", "/runs/demolab/", f"/runs/{KEY}/log/"):
            yield f"{path}{value}"
        yield f"/api/v1/runs/{value}/20261123-101500123"
    yield from ("/api/v1/runs?test=a&test=b", "/runs?test=a&test=b", "/runs?" + "&".join(["x=1"] * 2000))


@pytest.mark.slow
def test_whatever_is_asked_is_answered_with_a_page_or_a_problem_of_one_sentence(world: Any) -> None:
    world.put(KEY, world.pack(world.run_json(), {"testlog.txt": b"hello\n"}))
    for target in targets():
        answer = world.client.get(target, headers={**world.reader, "Accept": "text/html"})
        assert answer.status_code in (200, 404, 422), f"{answer.status_code}: {target}"
        assert len(answer.content) < 40_000, target
        assert "Traceback" not in answer.text
        assert target.startswith("/api") or "<script>" not in answer.text, target
        if answer.status_code != 200 and target.startswith("/api"):
            assert answer.headers["content-type"] == "application/problem+json", target
            assert len(answer.json()["detail"]) < 500, target


@pytest.mark.parametrize("stamp", ["0001-01-01T00:00:00+00:00", "0999-12-31T00:00:00+00:00"])
def test_a_run_from_the_dark_ages_does_not_end_the_list_before_those_behind_it(world: Any, stamp: str) -> None:
    world.put("demolab/run-number-1", world.pack(world.run_json(metadata={"timestamp": stamp})))
    world.put("demolab/run-number-2", world.pack(world.run_json(metadata={"timestamp": stamp})))
    before = world.get("/api/v1/runs", limit=1).json()["before"]
    rest = world.get("/api/v1/runs", limit=1, before=before).json()

    assert ([run["key"] for run in rest["runs"]], rest["before"]) == (["demolab/run-number-1"], None)
    assert stamp[:10] in world.page("/runs").text


def test_no_name_of_a_run_controls_a_page_or_turns_its_writing_around(world: Any) -> None:
    evil = "\x1b[31m\u202eevil\x07\u2028\x9b"
    said = {"board": evil, "test_spec": evil, "kernel_version": evil, "batch_id": evil, evil: evil}
    cases = [{"name": evil, "status": "PASS", "measurements": [{"name": evil, "status": "PASS", "measure": 1}]}]
    sets = [{"name": evil, "status": "PASS", "test_cases": cases}]
    run = world.run_json(name=f"Functional.{evil}", metadata=said, test_sets=sets)
    assert world.put(KEY, world.pack(run)).status_code == 201
    history = {"test": f"Functional.{evil}", "set": evil, "case": evil}
    for page in (world.page("/runs"), world.page(f"/runs/{KEY}"), world.page("/history", **history)):
        assert page.status_code == 200
        assert "evil" in page.text
        assert not set(page.text) & {"\x1b", "\u202e", "\x07", "\u2028", "\x9b"}


def test_what_such_a_run_is_called_is_found_in_the_api_as_it_is(world: Any) -> None:
    name = "Functional.a/b%2Fc?x=1&y#z \u202e"
    world.put(KEY, world.pack(world.run_json(name=name)))
    [run] = world.get("/api/v1/runs", test=name).json()["runs"]
    assert run["test"] == name


def page_of(world: Any, **changes: Any) -> str:
    assert world.put(KEY, world.pack(world.run_json(**changes))).status_code == 201
    answer = world.page(f"/runs/{KEY}")
    assert answer.status_code == 200
    return str(answer.text)


@pytest.mark.slow
def test_a_run_with_100_000_cases_is_taken_and_its_page_stays_a_page(world: Any) -> None:
    measured = [{"name": "m", "status": "PASS", "measure": 1.5, "unit": "s"}]
    cases = [{"name": f"case{at}", "status": "PASS", "measurements": measured} for at in range(100_000)]
    cases[-1] = {**cases[-1], "name": "the-bad-one", "status": "FAIL"}
    text = page_of(world, test_sets=[{"name": "default", "status": "FAIL", "test_cases": cases}])

    assert text.index("the-bad-one") < text.index("case0")
    assert "98000 more test cases" in text
    assert len(text) < 1_500_000
    assert "case50000" not in text
    assert len(world.get(f"/api/v1/runs/{KEY}").json()["test_sets"][0]["test_cases"]) == 100_000
    assert KEY in world.page("/history", test="Benchmark.Dhrystone", case="case50000").text


def test_a_page_shows_a_bounded_number_of_sets(world: Any) -> None:
    sets = [{"name": f"set{at}", "status": "PASS", "test_cases": []} for at in range(3000)]
    text = page_of(world, test_sets=sets)

    assert "set1999" in text
    assert "1000 more test sets" in text
    assert "set2000" not in text


def test_a_page_and_a_history_show_a_bounded_number_of_measurements(world: Any) -> None:
    measured = [{"name": f"m{at}.", "status": "PASS", "measure": at} for at in range(3000)]
    cases = [{"name": "c", "status": "PASS", "measurements": measured}, {"name": "second", "status": "PASS"}]
    text = page_of(world, test_sets=[{"name": "default", "status": "PASS", "test_cases": cases}])

    assert "m1999." in text
    assert "m2000." not in text
    assert "1000 more measurements" in text
    assert "1 more test cases" in text
    history = world.page("/history", test="Benchmark.Dhrystone", case="c").text
    assert "m19." in history
    assert "m20." not in history


def test_endless_names_are_cut_and_what_cannot_be_asked_for_is_no_link(world: Any) -> None:
    long = "x" * 50_000
    cases = [{"name": long, "status": "PASS", "measurements": [{"name": long, "status": "PASS", "measure": 1}]}] * 50
    sets = [{"name": long, "status": "PASS", "test_cases": cases}]
    text = page_of(world, name=f"Functional.{long}", test_sets=sets, metadata={long: long, "board": long})

    assert len(text) < 120_000
    assert "/history?" not in text
    assert len(world.page("/runs").text) < 20_000


def test_a_name_that_is_cut_on_the_page_leads_to_its_history(world: Any) -> None:
    name = "x" * (showing.LONGEST + 100)
    text = page_of(world, test_sets=[{"name": "default", "test_cases": [{"name": name, "status": "PASS"}]}])

    assert f">{name[: showing.LONGEST]}…<" in text
    assert f"case={name}" in text
    assert KEY in world.page("/history", test="Benchmark.Dhrystone", case=name).text


def test_metadata_without_end_is_cut(world: Any) -> None:
    text = page_of(world, metadata={**{f"key{at:05}": "v" for at in range(20_000)}, "big": "y" * 1_000_000})

    assert len(text) < 200_000
    assert "key00100" in text
