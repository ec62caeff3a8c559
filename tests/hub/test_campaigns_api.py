"""Campaigns over HTTP."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import Service
from .running import running_hub

PART: dict[str, Any] = {"selector": "demolab:qemu", "test": "Functional.hello"}
TWO: dict[str, Any] = {"call_id": "call-put-1", "name": "grüße", "parts": [PART, {**PART, "test": "Functional.b"}]}


def test_a_campaign_is_put_listed_and_shown(service: Service) -> None:
    made = service.ok("ann", "POST", "/campaigns", 201, json=TWO)
    assert (made["name"], made["requester"], made["total"], made["counts"]) == ("grüße", "ann", 2, {"pending": 2})
    assert len(made.pop("told")) == 1
    assert service.ok("ann", "POST", "/campaigns", 201, json=TWO) == {**made, "told": []}
    assert service.ok("tim", "GET", f"/campaigns/{made['id']}") == made
    brief = {key: value for key, value in made.items() if key not in {"requests", "version"}}
    assert service.ok("tim", "GET", "/campaigns") == {"campaigns": [brief], "before": None}
    one = service.ok("ann", "GET", f"/requests/{made['requests'][0]['id']}")
    assert (one["campaign"], one["rerun_of"], one["replaced_by"]) == (made["id"], None, None)


def test_lists_come_in_pages(service: Service) -> None:
    for number in range(3):
        service.ok("ann", "POST", "/campaigns", 201, json={"call_id": f"call-put-{number}", "parts": [PART]})
    first = service.ok("ann", "GET", "/campaigns?limit=2")
    rest = service.ok("ann", "GET", f"/campaigns?limit=2&before={first['before']}")
    ids = [one["id"] for one in (*first["campaigns"], *rest["campaigns"])]
    assert (len(set(ids)), ids, rest["before"]) == (3, sorted(ids, reverse=True), None)
    assert service.ok("ann", "GET", "/campaigns?requester=tim") == {"campaigns": [], "before": None}


def test_a_refused_campaign_says_which_part(service: Service) -> None:
    answer = service.call("ann", "POST", "/campaigns", json={**TWO, "parts": [PART, {**PART, "selector": "arch=arm"}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "no-board")
    assert "Functional.hello on arch=arm: no board may run this" in answer.json()["detail"]
    assert service.ok("ann", "GET", "/requests")["requests"] == []


def test_a_campaign_is_called_off(service: Service) -> None:
    made = service.ok("ann", "POST", "/campaigns", 201, json=TWO)
    body = {"call_id": "call-cancel", "reason": "enough"}
    done = service.ok("ann", "POST", f"/campaigns/{made['id']}/cancel", json=body)
    assert sorted(done["cancelled"]) == sorted(one["id"] for one in made["requests"])
    assert (done["stopping"], done["campaign"]["counts"]) == ([], {"cancelled": 2})
    assert done["campaign"]["ended_at"]
    late = service.call("ann", "POST", f"/campaigns/{made['id']}/cancel", json={**body, "call_id": "call-cancel-2"})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert service.call("tim", "POST", f"/campaigns/{made['id']}/cancel", json=body).status_code == 403


def test_what_was_called_off_is_put_again_when_that_is_said(service: Service) -> None:
    made = service.ok("ann", "POST", "/campaigns", 201, json=TWO)
    service.ok("ann", "POST", f"/campaigns/{made['id']}/cancel", json={"call_id": "call-cancel"})
    path = f"/campaigns/{made['id']}/rerun"
    nothing = service.call("ann", "POST", path, json={"call_id": "call-rerun-0"})
    assert (nothing.status_code, nothing.json()["code"]) == (422, "nothing-to-do")
    done = service.ok("ann", "POST", path, json={"call_id": "call-rerun-1", "groups": ["cancelled"]})
    assert (len(done["made"]), done["left"], done["campaign"]["round"]) == (2, [], 1)
    assert {one["rerun_of"] for one in done["campaign"]["requests"]} == {one["id"] for one in made["requests"]}
    old = service.ok("ann", "GET", f"/requests/{made['requests'][0]['id']}")
    assert old["replaced_by"] in done["made"]


@pytest.mark.parametrize(
    "body",
    [
        {"call_id": "call-put-1", "parts": []},
        {"call_id": "call-put-1", "parts": [PART] * 501},
        {"call_id": "call-put-1", "parts": [{**PART, "call_id": "call-put-2"}]},
        {"call_id": "call-put-1", "parts": [{**PART, "count": 501}]},
        {"call_id": "call-put-1", "parts": [PART], "name": "x" * 257},
        {"call_id": "call-put-1", "parts": [PART], "name": "\x1b[2J"},
        {"call_id": "short", "parts": [PART]},
    ],
    ids=["none", "too many", "a call in a part", "count", "long", "not printable", "call id"],
)
def test_what_is_no_campaign_is_refused_with_a_sentence(service: Service, body: dict[str, Any]) -> None:
    answer = service.call("ann", "POST", "/campaigns", json=body)
    assert (answer.status_code, bool(answer.json()["detail"])) == (422, True)


def test_a_campaign_that_is_not_there(service: Service) -> None:
    answer = service.call("ann", "GET", "/campaigns/c-20261123-101500123-aaaaaaaa")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert service.call("ann", "GET", "/campaigns/c-no?wait=5&seen=0").status_code == 404


@pytest.mark.slow
def test_a_reader_that_waits_is_told_of_the_end_of_any_request(tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub") as hub:
        made = hub.call("ann", "POST", "/campaigns", json=TWO).json()
        answers: list[Any] = []

        def wait() -> None:
            path = f"/campaigns/{made['id']}?wait=20&seen={made['version']}"
            answers.append((hub.call("ann", "GET", path).json(), time.monotonic()))

        reader = threading.Thread(target=wait)
        reader.start()
        hub.waits_for(1)
        assert answers == []
        hub.call("ann", "POST", f"/requests/{made['requests'][1]['id']}/cancel", json={"call_id": "call-cancel"})
        called_off = time.monotonic()
        reader.join(30)
        [(answer, answered)] = answers
        assert answered - called_off < 10
        assert (answer["version"] > made["version"], answer["counts"]) == (True, {"cancelled": 1, "pending": 1})


def test_what_its_requester_should_know_is_told_once_for_all_parts(service: Service) -> None:
    board = {"facts": {"arch": "x86_64"}, "open_to": ["*"], "online": False}
    service.ok("demolab", "PUT", "/boards/demolab/qemu", json=board)
    told = service.ok("ann", "POST", "/campaigns", 201, json=TWO)["told"]
    assert [sentence.partition(",")[0] for sentence in told if "to be had now" in sentence] == ["It waits"]
