"""Statuses by criteria.json, pure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.standin.verdicts import STATUSES, judge


def status(results: dict[str, Any], *criteria: dict[str, Any]) -> object:
    return judge(results, {"criteria": list(criteria)})["status"]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({"default.a": "PASS", "default.b": "PASS"}, "PASS"),
        ({"default.a": "PASS", "default.b": "FAIL"}, "FAIL"),
        ({"default.a": "PASS", "default.b": "ERROR"}, "ERROR"),
        ({"default.a": "PASS", "default.b": "SKIP"}, "PASS"),
        ({"default.a": "SKIP"}, "SKIP"),
        ({"default.a": "fine"}, "ERROR"),
        ({"one.a": "PASS", "two.a": "FAIL"}, "FAIL"),
        ({"a": "PASS"}, "PASS"),
        ({}, "ERROR"),
    ],
)
def test_one_failed_case_fails_the_test(results: dict[str, str], expected: str) -> None:
    assert status(results) == expected


def test_the_last_dot_divides_set_and_case() -> None:
    sets: Any = judge({"a.b.c": "PASS", "d": "PASS"})["test_sets"]
    assert [(one["name"], one["test_cases"][0]["name"]) for one in sets] == [("a.b", "c"), ("default", "d")]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"max_fail": 1}, "PASS"),
        ({"max_fail": 0}, "FAIL"),
        ({"fail_ok_list": ["b"]}, "PASS"),
        ({"max_fail": 5, "min_pass": 2}, "FAIL"),
        ({"max_fail": 5, "must_pass_list": ["b"]}, "FAIL"),
        ({"max_fail": 5, "must_pass_list": ["a"]}, "PASS"),
        ({"max_fail": 5, "must_pass_list": ["never there"]}, "FAIL"),
    ],
)
def test_a_sets_criteria_say_what_may_fail(rule: dict[str, Any], expected: str) -> None:
    assert status({"default.a": "PASS", "default.b": "FAIL"}, {"tguid": "default", **rule}) == expected


@pytest.mark.parametrize(
    ("word", "value", "expected"),
    [
        ("lt", 10, "FAIL"),
        ("le", 10, "PASS"),
        ("gt", "9.5", "PASS"),
        ("ge", 11, "FAIL"),
        ("eq", 10, "PASS"),
        ("ne", 10, "FAIL"),
        ("bt", "9,11", "PASS"),
        ("bt", "11,12", "FAIL"),
        ("like", 10, "ERROR"),
        ("lt", "much", "ERROR"),
    ],
)
def test_a_measurement_is_held_against_its_reference(word: str, value: object, expected: str) -> None:
    rule = {"tguid": "default.disk.speed", "reference": {"value": value, "operator": word}}
    assert status({"default.disk": [{"name": "speed", "measure": 10.0}]}, rule) == expected


@pytest.mark.parametrize("measure", [None, "10", True, float("nan"), float("inf")])
def test_what_is_no_number_is_no_measurement(measure: object) -> None:
    assert status({"default.disk": [{"name": "speed", "measure": measure}]}) == "ERROR"


def test_units_come_from_the_reference_file() -> None:
    reference = {
        "test_sets": [
            {"name": "default", "test_cases": [{"name": "disk", "measurements": [{"name": "speed", "unit": "MB/s"}]}]}
        ]
    }
    found: Any = judge({"default.disk": [{"name": "speed", "measure": 1}]}, None, reference)
    assert found["test_sets"][0]["test_cases"][0]["measurements"] == [
        {"name": "speed", "measure": 1, "status": "PASS", "unit": "MB/s"}
    ]


KEYS = ["criteria", "test_sets", "test_cases", "measurements", "name", "tguid", "reference", "value", "operator"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)


@given(criteria=json_values, reference=json_values)
def test_any_criteria_file_gives_a_status(criteria: object, reference: object) -> None:
    results = {"default.a": "PASS", "default.disk": [{"name": "speed", "measure": 1.5}]}
    assert judge(results, criteria, reference)["status"] in STATUSES
