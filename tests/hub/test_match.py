"""What a request would get, and why not the others."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Service


def match(service: Service, who: str = "ann", **said: Any) -> Any:
    return service.ok(who, "POST", "/boards/match", json={"selector": "arch=x86_64", **said})


@pytest.fixture
def boards(service: Service) -> Service:
    """qemu, which is free; one that is away, one for demolab alone, one of another kind."""

    def put(name: str, **said: Any) -> None:
        service.ok("demolab", "PUT", f"/boards/demolab/{name}", json={"open_to": ["*"], **said})

    put("away", facts={"arch": "x86_64"}, online=False)
    put("own", facts={"arch": "x86_64"}, open_to=[])
    put("arm", facts={"arch": "arm"}, open_to=[])
    return service


def test_what_would_take_it_at_once_comes_first_then_the_rest_with_reasons(boards: Service) -> None:
    look = match(boards)
    assert (look["team"], look["may"], look["total"]) == ("annslab", 2, 4)
    assert [(one["board"], one["does"]) for one in look["boards"]] == [
        ("demolab:qemu", True),
        ("demolab:away", True),
        ("demolab:own", False),
        ("demolab:arm", False),
    ]
    qemu, away, own, arm = look["boards"]
    assert (qemu["never"], qemu["not_now"]) == ([], [])
    assert [reason["why"] for reason in away["not_now"]] == ["withdrawn"]
    assert [reason["why"] for reason in own["never"]] == ["closed"]
    assert [(reason["why"], reason["term"]) for reason in arm["never"]] == [("selector", "arch=x86_64"), ("closed", "")]


def test_needs_and_time_count(boards: Service) -> None:
    assert match(boards, needs=["label=usb"])["perhaps"] == {"label=usb": ""}
    assert match(boards, timeout=7201)["may"] == 0
    assert match(boards, "tim", timeout=7201)["may"] == 3


@pytest.mark.parametrize(
    ("terms", "why"), [({"ask": True}, "asks"), ({"policy": "ask"}, "asks"), ({"policy": "refuse"}, "refuses")]
)
def test_where_people_are_asked_first_it_is_said_before_the_put(
    boards: Service, terms: dict[str, object], why: str
) -> None:
    body = {"facts": {"arch": "x86_64"}, "open_to": ["*"], "terms": terms}
    boards.ok("demolab", "PUT", "/boards/demolab/qemu", json=body)
    [qemu] = match(boards, selector="demolab:qemu")["boards"][:1]
    assert (qemu["does"], [reason["why"] for reason in qemu["not_now"]]) == (True, [why])
    [own] = match(boards, "tim", selector="demolab:qemu")["boards"][:1]
    assert own["not_now"] == []


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("ask", "The people of demolab are asked before it runs there, unless a rule of the lab's policy lets it run"),
        ("refuse", "The policy of demolab refuses requests of other teams, but for those that it names."),
    ],
)
def test_what_a_labs_policy_does_with_an_outsiders_request_is_told_at_the_put(
    boards: Service, policy: str, said: str
) -> None:
    body = {"facts": {"arch": "x86_64"}, "open_to": ["*"], "terms": {"policy": policy}}
    boards.ok("demolab", "PUT", "/boards/demolab/qemu", json=body)
    wanted = {"call_id": "call-000001", "selector": "demolab:qemu", "test": "Functional.a"}
    assert any(said in one for one in boards.ok("ann", "POST", "/requests", 201, json=wanted)["told"])
    told = boards.ok("tim", "POST", "/requests", 201, json=wanted)["told"]
    assert not any("demolab" in one for one in told)


def limit(boards: Service, **running: int) -> None:
    body = {"facts": {"arch": "x86_64"}, "open_to": ["*"], "terms": {"running": running}}
    boards.ok("demolab", "PUT", "/boards/demolab/qemu", json=body)


def test_a_quota_that_lets_nothing_run_is_told_before_the_put_and_by_it(boards: Service) -> None:
    limit(boards, user=0)
    look = match(boards, selector="demolab:qemu")
    [qemu] = [one for one in look["boards"] if one["board"] == "demolab:qemu"]
    assert (look["may"], qemu["does"], [one["why"] for one in qemu["never"]]) == (0, False, ["no-quota"])
    wanted = {"call_id": "call-000001", "selector": "demolab:qemu", "test": "Functional.a"}
    refused = boards.call("ann", "POST", "/requests", json=wanted)
    assert (refused.status_code, refused.json()["code"]) == (422, "no-board")
    assert "(running: user: 0)" in refused.json()["detail"]


def test_a_quota_that_is_used_up_is_told_before_the_put(boards: Service) -> None:
    limit(boards, user=1)
    assert match(boards, selector="demolab:qemu")["boards"][0]["not_now"] == []
    wanted = {"call_id": "call-000001", "selector": "demolab:qemu", "test": "Functional.a", "private": True}
    boards.ok("ann", "POST", "/requests", 201, json=wanted)
    boards.ok("demolab", "POST", "/claims", json={"claim_id": "claim-000001", "boards": ["qemu"]})
    [qemu] = match(boards, selector="demolab:qemu")["boards"][:1]
    quota = next(one for one in qemu["not_now"] if one["why"] == "quota")
    assert quota["text"] == "ann has 1 of at most 1 boards of demolab"
    others = match(boards, "tim", selector="demolab:qemu")["boards"][0]["not_now"]
    assert "quota" not in [one["why"] for one in others]


def test_that_too_many_wait_already_is_told_before_the_put_in_its_words(boards: Service) -> None:
    about = {"facts": {"arch": "x86_64"}, "open_to": ["*"], "terms": {"waiting": {"user": 1}}}
    boards.ok("demolab", "PUT", "/boards/demolab/qemu", json=about)
    assert match(boards, selector="demolab:qemu")["refused"] == ""
    wanted = {"selector": "demolab:qemu", "test": "Functional.a"}
    boards.ok("ann", "POST", "/requests", 201, json={"call_id": "call-000001", **wanted})
    look = match(boards, selector="board=qemu")
    assert look["may"] == 1
    assert look["refused"].startswith("too many wait already: ann has 1 requests waiting")
    assert boards.call("ann", "POST", "/requests", json={"call_id": "call-000002", **wanted}).status_code == 422
    assert match(boards, "tim", selector="demolab:qemu")["refused"] == "", "of its own team nobody is refused"


def test_nothing_is_put_and_the_list_is_bounded(boards: Service) -> None:
    look = match(boards, limit=1)
    assert [one["board"] for one in look["boards"]] == ["demolab:qemu", "demolab:own"]
    assert boards.ok("ann", "GET", "/requests")["requests"] == []


def test_a_put_takes_what_the_match_has_shown(boards: Service) -> None:
    for selector in ("arch=x86_64", "arch=arm", "demolab:own", "*:qemu"):
        may = match(boards, selector=selector)["may"]
        wanted = {"call_id": f"call-{len(selector)}-x", "selector": selector, "test": "Functional.a"}
        assert (boards.call("ann", "POST", "/requests", json=wanted).status_code == 201) is (may > 0)


def test_a_team_may_be_chosen_and_must_be_ones_own(boards: Service) -> None:
    assert match(boards, team="annslab")["team"] == "annslab"
    refused = boards.call("ann", "POST", "/boards/match", json={"selector": "arch=arm", "team": "demolab"})
    assert refused.json()["code"] == "not-your-team"
    assert boards.call("demolab", "POST", "/boards/match", json={"selector": "arch=arm"}).status_code == 403


def test_a_board_alone_says_how_many_wait_for_it(boards: Service) -> None:
    for number in range(3):
        wanted = {"call_id": f"call-wait-{number}", "selector": "demolab:away", "test": "Functional.a"}
        boards.ok("ann", "POST", "/requests", 201, json=wanted)
    assert boards.ok("ann", "GET", "/boards/demolab/away")["waiting"] == 3


def test_those_that_people_have_to_approve_first_wait_for_the_board_too(boards: Service) -> None:
    about = {"facts": {"arch": "x86_64"}, "open_to": ["*"], "terms": {"ask": True}}
    boards.ok("demolab", "PUT", "/boards/demolab/qemu", json=about)
    wanted = {"call_id": "call-held-1", "selector": "demolab:qemu", "test": "Functional.a"}
    boards.ok("ann", "POST", "/requests", 201, json=wanted)
    assert boards.ok("ann", "GET", "/boards/demolab/qemu")["waiting"] == 1
    assert boards.ok("ann", "GET", "/boards/demolab/away")["waiting"] == 0
