"""Filters that together have no index look at so many runs a page, and pages go on where the last one has looked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from fuego_jenkins_remote.vision import admin
from fuego_jenkins_remote.vision.statements import lists as list_sql


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page looks at four runs, or two for each name."""
    monkeypatch.setattr(list_sql, "LOOKED_AT", 4)
    monkeypatch.setattr(list_sql, "_LEAST", 2)


def pages(world: Any, headers: dict[str, str], **query: str) -> Iterator[list[str]]:
    """The runs of each page of a list, by the ends of their keys."""
    before = ""
    for _ in range(20):
        page = world.client.get("/api/v1/runs", params={**query, "before": before}, headers=headers).json()
        yield [run["key"].partition("-")[2] for run in page["runs"]]
        before = page["before"]
        if not before:
            return
    raise AssertionError("the list has no end")


def put(world: Any, number: int, *, spec: str, **metadata: Any) -> None:
    said = {"timestamp": f"2026-11-23T10:{number:02}:00+0000", "test_spec": spec, **metadata}
    assert world.put(f"demolab/run-number-{number:02}", world.pack(world.run_json(metadata=said))).status_code == 201


def test_every_run_that_fits_is_on_one_page_and_the_list_has_an_end(world: Any) -> None:
    for number in range(11):
        put(world, number, spec="rare" if number in (2, 3, 9) else "default")
    found = list(pages(world, world.lab, host="demolab", spec="rare", status="PASS"))
    assert [key for page in found for key in page] == ["number-09", "number-03", "number-02"]
    found = list(pages(world, world.lab, host="demolab", spec="rare", status="FAIL"))
    assert [key for page in found for key in page] == []


def test_a_page_in_between_may_be_empty(world: Any) -> None:
    for number in range(11):
        put(world, number, spec="rare" if number == 1 else "default", board="bbb")
    found = list(pages(world, world.lab, board="bbb", status="PASS", host="demolab", spec="rare"))
    assert found[-1] == ["number-01"] or found[-2:] == [["number-01"], []]


def test_what_two_names_see_comes_in_order_and_once(world: Any) -> None:
    """One name's look reaches further back than the other's: what is behind the nearer end comes later."""
    for number in range(12):
        private = {"private": True, "team": "annslab", "requester": "ann"} if number % 3 == 0 else {}
        put(world, number, spec="rare" if number % 2 else "default", **private)
    headers = {"Authorization": f"Bearer {admin.add_token(world.engine, 'ann', kind='read', teams=['annslab'])}"}
    found = [key for page in pages(world, headers, host="demolab", spec="rare") for key in page]
    assert found == [f"number-{number:02}" for number in range(11, 0, -2)]


def test_the_page_leads_further_back(world: Any) -> None:
    for number in range(7):
        put(world, number, spec="rare" if number == 0 else "default")
    query = {"host": "demolab", "status": "PASS", "test": "Benchmark.Dhrystone", "spec": "rare"}
    first = world.page("/runs", **query).text
    assert "None of the runs that were looked at is like that." in first
    [further] = set(re.findall(r'href="(/runs\?[^"]*before=[^"]*)"', first))
    assert "run-number-00" in world.page(further.replace("&amp;", "&")).text
