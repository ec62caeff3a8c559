"""Teams, invitations and tokens over HTTP: who may do what, and that a lost answer is no lost token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import hub_folders
from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.hub.schema import tokens
from fuego_jenkins_remote.network.tokens import new_code, new_secret
from until import until

from .conftest import Service

OF_A_LAB = "fuego_labcdefg_Y2hhbmdlIG1lIGJlZm9yZSB1c2UsIHBsZWFzZSEhIQA"
OF_VISION = OF_A_LAB.replace("_l", "_r")


@pytest.fixture
def net(service: Service) -> Service:
    """Besides tim (admin of demolab) and ann: root, the network's admin, and greta, a guest of demolab."""
    service.secrets["root"] = admin.add_user(service.engine, "root", network_admin=True)
    service.secrets["greta"] = admin.add_user(service.engine, "greta", teams=["demolab:guest"])
    return service


def invite(net: Service, who: str = "tim", **more: Any) -> str:
    code = new_code()
    net.ok(who, "POST", "/invitations", 201, json={"code": code, "team": "demolab", **more})
    return code


def join(net: Service, code: str, *, who: str = "", kind: str = "user", status: int = 201, **more: Any) -> Any:
    return net.ok(who, "POST", "/join", status, json={"code": code, "token": new_secret(kind), **more})


# -- invitations


def test_a_code_turns_into_a_token(net: Service) -> None:
    secret = new_secret("user")
    joined = join(net, invite(net, level="maintainer"), token=secret, name="nina", email="nina@example.org")
    assert joined == {"kind": "user", "name": "nina", "team": "demolab", "level": "maintainer", "token": secret[6:14]}
    net.secrets["nina"] = secret
    me = net.ok("nina", "GET", "/whoami")
    assert (me["name"], me["labs"], me["scope"], me["email"]) == ("nina", ["demolab"], "admin", "nina@example.org")


def test_who_lost_the_answer_asks_again_and_nobody_else_gets_it(net: Service) -> None:
    code, secret = invite(net), new_secret("user")
    first = join(net, code, token=secret, name="nina")
    assert join(net, code, token=secret, name="nina") == first
    answer = join(net, code, name="eve", status=409)
    assert (answer["code"], "used before" in answer["detail"]) == ("used", True)
    assert join(net, code, token="", who="ann", status=409)["code"] == "used"
    assert "eve" not in net.ok("tim", "GET", "/teams/demolab")["members"]


def test_who_is_there_already_joins_with_the_token_that_is_there(net: Service) -> None:
    code = invite(net)
    assert join(net, code, name="ann", status=409)["code"] == "name-taken"
    joined = join(net, code, who="ann", token="")
    assert (joined["name"], joined["token"]) == ("ann", "")
    assert join(net, code, who="ann", token="") == joined
    assert [one["team"] for one in net.ok("ann", "GET", "/whoami")["teams"]] == ["annslab", "demolab"]


def test_an_invitation_lowers_nobody(net: Service) -> None:
    assert join(net, invite(net, level="guest"), who="tim", token="")["level"] == "admin"


def test_an_invitation_for_one_is_for_no_other(net: Service) -> None:
    code = invite(net, name="nina")
    assert join(net, code, name="eve", status=422)["code"] == "other-name"
    assert net.call("ann", "POST", "/join", json={"code": code}).status_code == 403
    assert join(net, code)["name"] == "nina"


@pytest.mark.parametrize(
    "code", ["uabcdefghijklmnopqrstuvwxyz", "UABCDEFGHIJKLMNOPQRSTUVWXYZ", "u" * 27, "", "x" * 10_000]
)
def test_a_code_that_is_none_is_no_way_in(net: Service, code: str) -> None:
    answer = net.call("", "POST", "/join", json={"code": code, "token": new_secret("user"), "name": "eve"})
    assert answer.status_code in (404, 422)
    assert code[:27] not in answer.text or not code


@pytest.mark.parametrize("token", ["", "fuego_uaaaaaaa_" + "a" * 43, "x", OF_A_LAB, OF_VISION])
def test_a_token_that_was_made_up_is_refused(net: Service, token: str) -> None:
    answer = net.call("", "POST", "/join", json={"code": invite(net), "token": token, "name": "eve"})
    assert answer.status_code == 422
    assert not token or token not in answer.text


def test_a_token_cannot_take_anothers_place(net: Service) -> None:
    taken = net.secrets["ann"][:15] + new_secret("user")[15:]
    assert join(net, invite(net), token=taken, name="eve", status=409)["code"] == "token-taken"


def test_an_invitation_that_was_taken_back_or_is_over_is_good_for_nothing(net: Service) -> None:
    code = invite(net)
    [made] = net.ok("tim", "GET", "/invitations?team=demolab")["invitations"]
    net.ok("tim", "DELETE", f"/invitations/{made['id']}")
    net.ok("tim", "DELETE", f"/invitations/{made['id']}")
    assert "was taken back: ask tim for a new one" in join(net, code, name="eve", status=422)["detail"]
    with net.engine.begin() as conn:
        past = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="microseconds")
        conn.exec_driver_sql(f"UPDATE invitations SET revoked_at = NULL, expires_at = '{past}'")
    assert "expired" in join(net, code, name="eve", status=422)["detail"]


def test_who_is_no_admin_any_more_has_invited_nobody(net: Service) -> None:
    code = invite(net)
    net.ok("root", "PUT", "/teams/demolab/members/tim", json={"level": "member"})
    assert join(net, code, name="eve", status=422)["code"] == "not-good"


def test_the_same_code_again_is_the_same_invitation(net: Service) -> None:
    body = {"code": new_code(), "team": "demolab"}
    assert net.ok("tim", "POST", "/invitations", 201, json=body) == net.ok(
        "tim", "POST", "/invitations", 201, json=body
    )
    assert net.call("root", "POST", "/invitations", json=body).status_code == 409


def test_a_lab_is_invited_too(net: Service) -> None:
    assert net.call("tim", "POST", "/invitations", json=_lab("farlab", "demolab")).status_code == 403
    body = _lab("farlab", "demolab")
    net.ok("root", "POST", "/invitations", 201, json=body)
    secret = new_secret("lab")
    assert join(net, body["code"], token=secret)["name"] == "farlab"
    assert join(net, body["code"], token=secret)["name"] == "farlab"
    net.secrets["farlab"] = secret
    me = net.ok("farlab", "GET", "/whoami")
    assert (me["kind"], me["name"], me["teams"][0]["team"], me["scope"]) == ("lab", "farlab", "demolab", "lab")
    # Its people are the team's, though it is called otherwise.
    assert net.ok("tim", "GET", "/whoami")["labs"] == ["demolab", "farlab"]
    net.ok("farlab", "PUT", "/boards/farlab/one", json={"facts": {"arch": "arm"}, "open_to": []})
    more = _lab("farlab", "demolab")
    net.ok("tim", "POST", "/invitations", 201, json=more)
    assert net.call("tim", "POST", "/invitations", json=_lab("otherlab", "demolab")).status_code == 422


def _lab(host: str, team: str) -> dict[str, str]:
    return {"code": new_code("lab"), "name": host, "team": team}


def test_there_is_no_code_and_no_secret_in_the_database_nor_in_the_log_of_changes(net: Service) -> None:
    hub_folders.about_sqlite()  # it reads the file
    code, secret = invite(net), new_secret("user")
    join(net, code, token=secret, name="nina")
    net.ok("ann", "POST", "/tokens", 201, json={"token": new_secret("user"), "description": "laptop"})
    dump = "\n".join(net.engine.raw_connection().driver_connection.iterdump())  # type: ignore[union-attr]
    assert "invitations" in dump
    assert code not in dump
    assert secret[15:] not in dump


# -- teams


def test_who_is_in_a_team_is_for_its_people(net: Service) -> None:
    names = [team["name"] for team in net.ok("ann", "GET", "/teams")["teams"]]
    assert names == ["annslab", "demolab", "otherlab"]
    for who in ("tim", "greta", "demolab", "root"):
        team = net.ok(who, "GET", "/teams/demolab")
        assert team["members"] == [{"user": "greta", "level": "guest"}, {"user": "tim", "level": "admin"}]
    assert net.call("ann", "GET", "/teams/demolab").status_code == 403
    assert net.call("ann", "GET", "/teams/nosuch").status_code == 404


def test_levels_are_set_by_the_teams_admins(net: Service) -> None:
    assert net.call("greta", "PUT", "/teams/demolab/members/ann", json={"level": "guest"}).status_code == 403
    net.ok("tim", "PUT", "/teams/demolab/members/ann", json={"level": "maintainer"})
    net.ok("tim", "PUT", "/teams/demolab/members/ann", json={"level": "member"})
    assert net.call("tim", "PUT", "/teams/demolab/members/nobody", json={"level": "guest"}).status_code == 404
    assert net.call("tim", "PUT", "/teams/demolab/members/tim", json={"level": "guest"}).status_code == 409
    assert net.call("tim", "DELETE", "/teams/demolab/members/tim").status_code == 409
    net.ok("ann", "DELETE", "/teams/demolab/members/ann", 204)
    assert net.call("ann", "DELETE", "/teams/demolab/members/greta").status_code == 403
    net.ok("root", "DELETE", "/teams/demolab/members/tim", 204)
    assert net.call("tim", "GET", "/teams/demolab").status_code == 403


def test_a_guest_looks_and_asks_for_nothing(net: Service) -> None:
    wanted = {"call_id": "call-0001", "selector": "demolab:qemu", "test": "Functional.x"}
    assert net.call("greta", "POST", "/requests", json=wanted).status_code == 403
    net.ok("tim", "PUT", "/teams/demolab/members/greta", json={"level": "member"})
    net.ok("greta", "POST", "/requests", 201, json=wanted)


def test_a_lab_may_be_a_team_of_another_name(net: Service) -> None:
    net.ok("root", "PUT", "/teams/farmers", json={"description": "who keep boards"})
    net.ok("root", "PUT", "/teams/farmers/members/greta", json={"level": "maintainer"})
    wanted = {"call_id": "call-0001", "selector": "demolab:qemu", "test": "Functional.x", "private": True}
    made = net.ok("ann", "POST", "/requests", 201, json=wanted)["requests"][0]["id"]
    answer = {"answer": "approved"}
    assert net.call("tim", "PATCH", "/labs/demolab", json={"team": "farmers"}).status_code == 403
    assert net.call("greta", "PUT", f"/requests/{made}/approvals/demolab", json=answer).status_code == 403
    assert net.ok("root", "PATCH", "/labs/demolab", json={"team": "farmers"})["team"] == "farmers"
    net.ok("greta", "PUT", f"/requests/{made}/approvals/demolab", json=answer)
    assert net.call("tim", "GET", f"/requests/{made}").status_code == 404


def test_a_user_who_is_shut_out_has_no_good_token(net: Service) -> None:
    net.client.post("/sign-in", data={"token": net.secrets["ann"]})
    assert net.client.get("/requests").status_code == 200
    assert net.call("tim", "PATCH", "/users/ann", json={"disabled": True}).status_code == 403
    assert net.ok("root", "PATCH", "/users/ann", json={"disabled": True})["disabled_at"]
    assert net.call("ann", "GET", "/whoami").status_code == 401
    assert net.client.get("/requests").status_code == 401
    net.ok("root", "PATCH", "/users/ann", json={"disabled": False, "email": "new@example.org"})
    assert net.ok("ann", "GET", "/whoami")["email"] == "new@example.org"


# -- tokens


def token(net: Service, who: str, name: str, status: int = 201, **more: Any) -> Any:
    net.secrets[name] = new_secret("lab" if "lab" in more else "user")
    return net.ok(who, "POST", "/tokens", status, json={"token": net.secrets[name], **more})


def test_a_token_is_as_good_as_its_scope(net: Service) -> None:
    wanted = {"selector": "demolab:qemu", "test": "Functional.x"}
    may = {
        "results": {"requests"},
        "read": {"requests", "boards", "team"},
        "request": {"requests", "boards", "team", "put"},
        "admin": {"requests", "boards", "team", "put", "token"},
    }
    for scope, allowed in may.items():
        token(net, "tim", scope, scope=scope)
        calls = {
            "requests": net.call(scope, "GET", "/requests"),
            "boards": net.call(scope, "GET", "/boards"),
            "team": net.call(scope, "GET", "/teams/demolab"),
            "put": net.call(scope, "POST", "/requests", json={"call_id": f"call-{scope}", **wanted}),
            "token": net.call(scope, "POST", "/tokens", json={"token": new_secret("user")}),
        }
        assert {name for name, answer in calls.items() if answer.is_success} == allowed, scope
        assert {one.json()["code"] for one in calls.values() if not one.is_success} <= {"token-scope"}, scope


def test_a_token_ends_at_its_time_and_when_it_is_revoked(net: Service) -> None:
    short = token(net, "ann", "short", expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    net.ok("short", "GET", "/whoami")
    made = token(net, "ann", "laptop", description="laptop", scope="read")
    assert (made["scope"], made["made_by"], made["last_used_at"]) == ("read", "ann", None)
    net.ok("laptop", "GET", "/whoami")
    assert net.call("tim", "DELETE", f"/tokens/{made['id']}").status_code == 404
    assert net.ok("ann", "DELETE", f"/tokens/{made['id']}")["revoked_at"]
    assert net.ok("ann", "DELETE", f"/tokens/{made['id']}")["revoked_at"]
    assert net.call("laptop", "GET", "/whoami").status_code == 401
    with net.engine.begin() as conn:
        its = conn.execute(tokens.update().where(tokens.c.prefix == short["id"]).values(expires_at=datetime.now(UTC)))
        assert its.rowcount == 1
    assert net.call("short", "GET", "/whoami").status_code == 401


def test_tokens_are_their_owners_and_labs_tokens_their_teams_admins(net: Service) -> None:
    token(net, "tim", "second", lab="demolab", description="the new bridge")
    assert net.ok("second", "GET", "/whoami")["name"] == "demolab"
    found = net.ok("tim", "GET", "/tokens?kind=lab&owner=demolab")["tokens"]
    assert [(one["scope"], one["description"]) for one in found] == [("lab", ""), ("lab", "the new bridge")]
    for who in ("ann", "greta", "demolab"):
        assert net.call(who, "GET", "/tokens?kind=lab&owner=demolab").status_code == 403, who
        assert net.call(who, "GET", "/tokens?owner=tim").status_code == 403, who
    assert len(net.ok("root", "GET", "/tokens?owner=tim")["tokens"]) == 1
    assert net.call("ann", "POST", "/tokens", json={"token": new_secret("lab"), "lab": "demolab"}).status_code == 403
    assert net.call("demolab", "POST", "/tokens", json={"token": new_secret("lab")}).status_code == 403


def test_the_same_token_again_is_the_same_call(net: Service) -> None:
    body = {"token": new_secret("user"), "description": "laptop"}
    first = net.ok("ann", "POST", "/tokens", 201, json=body)
    assert net.ok("ann", "POST", "/tokens", 201, json=body) == first
    assert net.call("tim", "POST", "/tokens", json=body).json()["code"] == "token-taken"


# -- the audit log


def test_what_was_done_is_told_to_admins_who_from_where_and_with_which_token(net: Service) -> None:
    join(net, invite(net, name="nina"))
    net.ok("tim", "PUT", "/teams/demolab/members/greta", json={"level": "member"})
    *entries, first = net.ok("tim", "GET", "/audit")["entries"]
    assert (first["kind"], first["action"], first["thing"]) == ("operator", "add-lab", "lab demolab")
    assert [(one["action"], one["name"], one["team"]) for one in entries] == [
        ("set-member", "tim", "demolab"),
        ("join", "nina", "demolab"),
        ("invite", "tim", "demolab"),
        ("put-board", "demolab", "demolab"),
    ]
    assert entries[0]["thing"] == "user greta"
    assert entries[0]["detail"] == "member of demolab, guest before"
    assert (entries[0]["address"], entries[0]["token"]) == ("testclient", net.secrets["tim"][6:14])
    for who in ("ann", "greta", "demolab"):
        assert net.call(who, "GET", "/audit").status_code == 403, who


def test_the_log_is_read_in_pages_and_narrowed_down(net: Service) -> None:
    for number in range(5):
        net.ok("root", "PUT", f"/teams/team{number}", json={"description": "x"})
    seen: list[str] = []
    before = ""
    while True:
        page = net.ok("root", "GET", f"/audit?action=put-team&limit=2&before={before}")
        seen += [one["thing"] for one in page["entries"]]
        if page["before"] is None:
            break
        before = page["before"]
    assert seen == [f"team team{number}" for number in (4, 3, 2, 1, 0)]
    assert net.ok("root", "GET", "/audit?thing=team team3")["entries"][0]["name"] == "root"
    assert net.call("tim", "GET", "/audit?team=annslab").status_code == 403
    assert {one["team"] for one in net.ok("tim", "GET", "/audit?team=demolab")["entries"]} == {"demolab"}


def test_what_was_done_to_a_private_request_is_told_to_who_may_see_it(net: Service) -> None:
    net.secrets["boss"] = admin.add_user(net.engine, "boss", teams=["annslab:admin"])
    wanted = {"call_id": "call-0001", "selector": "demolab:qemu", "test": "Functional.hidden", "private": True}
    net.ok("ann", "POST", "/requests", 201, json=wanted)
    assert [one["action"] for one in net.ok("boss", "GET", "/audit")["entries"]] == ["put-request"]
    assert net.ok("root", "GET", "/audit?action=put-request")["entries"] == []


# -- who was shut out meanwhile


def test_a_claim_that_waits_gets_nothing_for_a_token_that_was_revoked(net: Service) -> None:
    claim = {"claim_id": "claim-0001", "boards": ["qemu"], "wait": 20}
    wanted = {"call_id": "call-0001", "selector": "demolab:qemu", "test": "Functional.x"}
    before = _waiters(net)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(net.call, "demolab", "POST", "/claims", json=claim)
        _wait_for_one_more(net, before)
        admin.revoke_token(net.engine, net.secrets["demolab"][6:14])
        made = net.ok("ann", "POST", "/requests", 201, json=wanted)["requests"][0]["id"]
        answer = waiting.result(timeout=90)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad-token")
    assert net.ok("ann", "GET", f"/requests/{made}")["state"] == "pending"


def test_who_waits_for_a_change_is_asked_again_who_it_is(net: Service) -> None:
    wanted = {"call_id": "call-0001", "selector": "demolab:qemu", "test": "Functional.x"}
    made = net.ok("ann", "POST", "/requests", 201, json=wanted)["requests"][0]["id"]
    before = _waiters(net)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(net.call, "ann", "GET", f"/requests/{made}?wait=20&seen=1")
        _wait_for_one_more(net, before)
        net.ok("root", "PATCH", "/users/ann", json={"disabled": True})
        net.ok("root", "POST", f"/requests/{made}/cancel", json={"call_id": "call-0002"})
        answer = waiting.result(timeout=90)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad-token")


def _waiters(net: Service) -> int:
    found: int = net.client.app.state.hub.waiters.count()  # type: ignore[attr-defined]
    return found


def _wait_for_one_more(net: Service, before: int) -> None:
    until(lambda: _waiters(net) > before, "somebody waits")
