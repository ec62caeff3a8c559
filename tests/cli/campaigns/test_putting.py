"""Which campaign put-request asks the hub for, and what it refuses before it asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses

HUB = "http://127.0.0.1:8700"
CAMPAIGN = "c-20261123-101500123-aaaaaaaa"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    """A hub that takes every campaign, and has one board."""
    monkeypatch.setenv("FUEGO_HUB_URL", HUB)
    monkeypatch.setenv("FUEGO_HUB_TOKEN", "a-token")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback("POST", f"{HUB}/api/v1/campaigns", _take)
        mock.add("GET", f"{HUB}/api/v1/boards", json={"boards": [{"host": "timslab", "name": "bbb"}]})
        yield mock


def _take(request: Any) -> tuple[int, dict[str, str], str]:
    wanted = json.loads(request.body)
    made = [
        {"id": f"20261123-101500123-aaaaaaa{number}", "state": "pending", "status": "", "spec": "default", **one}
        for number, one in enumerate(wanted["parts"])
    ]
    whole = {"id": CAMPAIGN, "total": len(made), "ended": 0, "counts": {"pending": len(made)}, "version": 1}
    return 201, {}, json.dumps({**whole, "requests": made})


def put(hub: responses.RequestsMock) -> dict[str, Any]:
    """What was asked of the hub."""
    (call,) = (call for call in hub.calls if call.request.method == "POST")
    wanted: dict[str, Any] = json.loads(call.request.body)
    return wanted


def pairs(wanted: dict[str, Any]) -> list[tuple[str, str, Any]]:
    return [(one["test"], one["selector"], one["count"]) for one in wanted["parts"]]


def test_each_test_is_asked_for_on_each_selector(ftc, hub: responses.RequestsMock) -> None:
    words = ("-b", "type=bbb", "-b", "arch=arm64", "-t", "Functional.a", "-t", "Functional.b", "--notes", "bitte")
    result = ftc("put-request", *words, "--name", "Grüße", "--team", "annslab")
    wanted = put(hub)
    assert (wanted["name"], wanted["notes"], wanted["team"]) == ("Grüße", "bitte", "annslab")
    assert not {"call_id", "team", "private"} & set(wanted["parts"][0])
    assert pairs(wanted) == [(f"Functional.{test}", where, 1) for test in "ab" for where in ("type=bbb", "arch=arm64")]
    assert result.out.splitlines()[-1] == f"campaign {CAMPAIGN}: 4 requests; ftc show-campaign {CAMPAIGN}"


def test_several_arguments_are_several_selectors(ftc, hub: responses.RequestsMock) -> None:
    ftc("put-request", "type=bbb", "label=usb and arch=arm", "-t", "Functional.a,Functional.b", "--count", "2")
    assert {(where, count) for _, where, count in pairs(put(hub))} == {("type=bbb", 2), ("label=usb and arch=arm", 2)}


def test_the_words_of_one_selector_are_one(ftc, hub: responses.RequestsMock) -> None:
    ftc("put-request", "type=bbb", "and", "arch=arm", "-t", "Functional.a", "--name", "one")
    assert pairs(put(hub)) == [("Functional.a", "type=bbb and arch=arm", 1)]


def test_a_mistake_in_one_of_several_is_told_as_it_stands(ftc, hub: responses.RequestsMock) -> None:
    result = ftc("put-request", "type=bbb", "arch==arm", "-t", "Functional.a")
    assert (result.status, "type=bbb arch==arm" in result.err) == (2, True)
    assert not hub.calls


def test_the_start_of_a_boards_name_will_do(ftc, hub: responses.RequestsMock) -> None:
    ftc("put-request", "-b", "timslab:b", "-t", "Functional.a", "-t", "Functional.b")
    assert {where for _, where, _ in pairs(put(hub))} == {"timslab:bbb"}


def test_too_many_pairs_are_refused_here(ftc, hub: responses.RequestsMock) -> None:
    tests = ",".join(f"Functional.t{number}" for number in range(501))
    result = ftc("put-request", "type=bbb", "-t", tests)
    assert (result.status, "501 pairs" in result.err) == (2, True)


def test_scripts_get_the_requests_ids_or_all_in_json(ftc, hub: responses.RequestsMock) -> None:
    words = ("put-request", "type=bbb", "-t", "Functional.a", "-t", "Functional.b")
    assert ftc(*words, "-q").out.split() == ["20261123-101500123-aaaaaaa0", "20261123-101500123-aaaaaaa1"]
    data = ftc(*words, "--json").json()
    assert (data["campaign"], len(data["requests"])) == (CAMPAIGN, 2)


def test_a_package_is_one_test(ftc, hub: responses.RequestsMock) -> None:
    words = ("--package", "0" * 64, "-t", "Functional.a", "-t", "Functional.b")
    result = ftc("put-request", "type=bbb", *words)
    assert (result.status, "one test" in result.err) == (2, True)
