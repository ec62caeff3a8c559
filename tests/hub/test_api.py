"""The API as docs/protocol.md has it, from outside."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from .conftest import Service

HELLO = {"selector": "demolab:qemu", "test": "Functional.hello"}


def put(service: Service, call_id: str = "call-put-1", **values: Any) -> Any:
    body = {**HELLO, "call_id": call_id, **values}
    return service.ok("ann", "POST", "/requests", 201, json=body)["requests"][0]


def claim(service: Service, call_id: str = "call-claim-1", **values: Any) -> Any:
    body = {"claim_id": call_id, "boards": ["qemu"], **values}
    return service.ok("demolab", "POST", "/claims", json=body)


def test_the_service_says_what_it_is(service: Service) -> None:
    answer = service.ok("", "GET", "/")
    assert (answer["service"], answer["api"]) == ("hub", 1)


def test_whoami(service: Service) -> None:
    tim = service.ok("tim", "GET", "/whoami")
    assert (tim["kind"], tim["name"], tim["teams"]) == ("user", "tim", [{"team": "demolab", "level": "admin"}])
    assert service.ok("demolab", "GET", "/whoami")["kind"] == "lab"


def test_without_a_token_nothing_is_read(service: Service) -> None:
    for path in ("/boards", "/requests", "/whoami"):
        answer = service.call("", "GET", path)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_a_board_is_put_and_read(service: Service) -> None:
    board = {"facts": {"arch": "arm", "config.CONFIG_USB": "y"}, "labels": ["usb"], "open_to": ["annslab"]}
    put_board = service.ok("demolab", "PUT", "/boards/demolab/bbb", json=board)
    assert put_board["online"] is True
    assert service.ok("ann", "GET", "/boards/demolab/bbb") == {**put_board, "waiting": 0}
    listed = service.ok("ann", "GET", "/boards", params={"selector": "label=usb"})
    assert [one["name"] for one in listed["boards"]] == ["bbb"]


def test_a_lab_cannot_put_a_board_of_another(service: Service) -> None:
    answer = service.call("otherlab", "PUT", "/boards/demolab/qemu", json={})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-yours")


def test_a_user_cannot_put_a_board(service: Service) -> None:
    assert service.call("ann", "PUT", "/boards/demolab/qemu", json={}).status_code == 403


def test_a_board_is_taken_away_and_requests_that_match_no_other_are_rejected(service: Service) -> None:
    request = put(service)
    service.ok("demolab", "DELETE", "/boards/demolab/qemu", 204)
    left = service.ok("ann", "GET", f"/requests/{request['id']}")
    assert (left["state"], left["reason"]) == ("rejected", "no board of the network matches it any more")
    assert service.call("ann", "GET", "/boards/demolab/qemu").status_code == 404


def test_a_request_goes_all_its_way(service: Service) -> None:
    request = put(service, variables={"LOOPS": "3"}, notes="grüße")
    assert (request["state"], request["team"], request["attempt"], request["host"]) == ("pending", "annslab", 0, None)

    [attempt] = claim(service)["attempts"]
    assert (attempt["number"], attempt["board"], attempt["lease_seconds"]) == (1, "qemu", 60)
    assert attempt["request"]["variables"] == {"LOOPS": "3"}
    at = f"/requests/{request['id']}/attempts/1"

    start = {"call_id": "call-start-1", "build_url": "http://127.0.0.1:8090/job/x/7/", "build_number": "7"}
    assert service.ok("demolab", "POST", f"{at}/start", json=start) == {"go": True}
    alive = service.ok("demolab", "POST", f"{at}/heartbeat", json={"log_tail": "x" * 40000})
    assert alive == {"lease_seconds": 60.0, "cancel": False, "state": "running"}
    shown = service.ok("ann", "GET", f"/requests/{request['id']}")
    assert (len(shown["log_tail"]), shown["build_url"]) == (16 * 1024, start["build_url"])

    tested = {"call_id": "call-test-1", "status": "FAIL", "run_key": f"demolab/{request['id']}.1", "summary": "1 FAIL"}
    assert service.ok("demolab", "POST", f"{at}/tested", json=tested)["state"] == "tested"
    done = {"call_id": "call-done-1", "target": "vision", "run_url": "https://vision.example/runs/1"}
    assert service.ok("demolab", "POST", f"{at}/done", json=done)["status"] == "FAIL"

    ended = service.ok("ann", "GET", f"/requests/{request['id']}")
    assert [entry["to"] for entry in ended["history"]] == ["pending", "assigned", "running", "tested", "done"]
    assert ended["history"][0]["from"] == ""


def test_an_attempt_that_is_not_current_gets_no_go(service: Service) -> None:
    request = put(service)
    claim(service)
    at = f"/requests/{request['id']}/attempts/1"
    service.ok("demolab", "POST", f"{at}/give-back", json={"call_id": "call-back-1", "reason": "Jenkins is quiet"})
    answer = service.call("demolab", "POST", f"{at}/start", json={"call_id": "call-start-1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_an_unknown_attempt_is_not_found(service: Service) -> None:
    request = put(service)
    for path in (f"/requests/{request['id']}/attempts/1/start", "/requests/20261123-101500123-aaaaaaaa/cancel"):
        assert service.call("demolab", "POST", path, json={"call_id": "call-1234"}).status_code == 404


def test_the_same_put_again_makes_no_second_request(service: Service) -> None:
    assert put(service) == put(service)
    assert len(service.ok("ann", "GET", "/requests")["requests"]) == 1


def test_a_call_id_of_another_put_is_refused(service: Service) -> None:
    put(service)
    body = {**HELLO, "call_id": "call-put-1", "test": "Functional.other"}
    assert service.call("ann", "POST", "/requests", json=body).status_code == 409


def test_nothing_matches_says_why_board_by_board(service: Service) -> None:
    body = {**HELLO, "call_id": "call-put-1", "selector": "arch=riscv"}
    answer = service.call("ann", "POST", "/requests", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "no-board")
    assert "demolab:qemu: arch is x86_64, not riscv" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"test": "hello"}, "test"),
        ({"test": "Functional.../../etc"}, "test"),
        ({"selector": "arch="}, "selector"),
        ({"spec": "-x"}, "spec"),
        ({"phases": "zz"}, "phases"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": 8 * 86400}, "timeout"),
        ({"variables": {"PATH": "/tmp"}}, "PATH"),
        ({"variables": {"A": "$(reboot)"}}, "variables"),
        ({"call_id": "short"}, "call_id"),
        ({"priority": 101}, "priority"),
        ({"count": 0}, "count"),
        ({"deadline": "2026-11-23T10:00:00"}, "deadline"),
        ({"package": "../../etc/passwd"}, "package"),
        ({"git": {"url": "file:///etc", "ref": "main"}}, "git.url"),
        ({"git": {"url": "https://user:secret@git.example/x", "ref": "main"}}, "git.url"),
        ({"git": {"url": "ssh://-oProxyCommand=x/y", "ref": "main"}}, "git.url"),
        ({"git": {"url": "https://git.example/x", "ref": "--upload-pack=x"}}, "git.ref"),
        ({"git": {"url": "https://git.example/x", "ref": "main", "path": "../x"}}, "no path inside a repository"),
        ({"notes": "\x1b[31m"}, "notes"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_bad_field_is_named(service: Service, wrong: dict[str, Any], told: str) -> None:
    answer = service.call("ann", "POST", "/requests", json={**HELLO, "call_id": "call-put-1", **wrong})
    assert answer.status_code == 422
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example/tests.git",
        "git://127.0.0.1:9418/tests",
        "ssh://git@git.example:22/~ann/tests.git",
        "git://localhost:9418/tests",
    ],
)
def test_a_git_source_is_taken(service: Service, url: str) -> None:
    git = {"url": url, "ref": "v1.0", "path": "tests/Functional.hello"}
    assert put(service, git=git)["git"] == {**git, "commit": ""}


def test_a_package_must_be_there_first(service: Service) -> None:
    content = b"a package"
    digest = hashlib.sha256(content).hexdigest()
    body = {**HELLO, "call_id": "call-put-1", "package": digest}
    assert service.call("ann", "POST", "/requests", json=body).json()["code"] == "unknown-package"
    service.ok("ann", "PUT", f"/packages/{digest}", 201, content=content)
    service.ok("ann", "PUT", f"/packages/{digest}", 200, content=content)
    service.ok("ann", "POST", "/requests", 201, json=body)
    answer = service.call("demolab", "GET", f"/packages/{digest}")
    assert (answer.status_code, answer.content) == (200, content)
    assert service.call("demolab", "HEAD", f"/packages/{digest}").headers["content-length"] == "9"


def test_a_package_whose_file_was_lost_is_taken_again(service: Service, tmp_path: Path) -> None:
    content = b"a package"
    digest = hashlib.sha256(content).hexdigest()
    service.ok("ann", "PUT", f"/packages/{digest}", 201, content=content)
    [file] = tmp_path.rglob(digest)
    file.unlink()
    service.ok("ann", "PUT", f"/packages/{digest}", 201, content=content)
    assert service.call("ann", "GET", f"/packages/{digest}").content == content


def test_a_package_with_another_digest_is_refused_and_leaves_nothing(service: Service) -> None:
    digest = hashlib.sha256(b"something else").hexdigest()
    answer = service.call("ann", "PUT", f"/packages/{digest}", content=b"a package")
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong-digest")
    assert service.call("ann", "GET", f"/packages/{digest}").status_code == 404


def test_a_claim_again_gets_what_it_got(service: Service) -> None:
    put(service)
    assert claim(service) == claim(service)
    assert claim(service, "call-claim-2")["attempts"] == []


def test_a_peek_takes_nothing(service: Service) -> None:
    request = put(service)
    [shown] = claim(service, peek=True)["attempts"]
    assert (shown["request"]["id"], shown["number"]) == (request["id"], 1)
    assert service.ok("ann", "GET", f"/requests/{request['id']}")["state"] == "pending"


def test_a_claim_for_one_request_takes_that_one(service: Service) -> None:
    put(service)
    second = put(service, "call-put-2")
    [attempt] = claim(service, request=second["id"])["attempts"]
    assert attempt["request"]["id"] == second["id"]


def test_a_claim_for_an_unknown_board_says_so(service: Service) -> None:
    answer = service.call("demolab", "POST", "/claims", json={"claim_id": "call-claim-1", "boards": ["nosuch"]})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-board")


def test_users_do_not_claim(service: Service) -> None:
    answer = service.call("ann", "POST", "/claims", json={"claim_id": "call-claim-1", "boards": []})
    assert answer.status_code == 403


def test_labs_do_not_put(service: Service) -> None:
    answer = service.call("demolab", "POST", "/requests", json={**HELLO, "call_id": "call-put-1"})
    assert answer.status_code == 403


def test_a_lab_that_asks_its_people_gets_it_after_their_yes(service: Service) -> None:
    request = put(service)
    claim(service)
    back = {"call_id": "call-back-1", "reason": "tests of others are asked for", "approval": "requested"}
    held = service.ok("demolab", "POST", f"/requests/{request['id']}/attempts/1/give-back", json=back)
    assert (held["state"], held["approvals"][0]["answer"]) == ("pending", "requested")
    assert claim(service, "call-claim-2")["attempts"] == []
    path = f"/requests/{request['id']}/approvals/demolab"
    assert service.call("ann", "PUT", path, json={"answer": "approved"}).status_code == 403
    service.ok("tim", "PUT", path, json={"answer": "approved", "reason": "fine"})
    [attempt] = claim(service, "call-claim-3")["attempts"]
    assert (attempt["number"], attempt["approved_by"]) == (2, "tim")


def test_requests_are_listed_in_pages_newest_first(service: Service) -> None:
    ids = [put(service, f"call-put-{n}")["id"] for n in range(5)]
    first = service.ok("tim", "GET", "/requests", params={"limit": 3, "requester": "ann", "state": ""})
    second = service.ok("tim", "GET", "/requests", params={"limit": 3, "before": first["before"]})
    assert [one["id"] for one in first["requests"] + second["requests"]] == sorted(ids, reverse=True)
    assert second["before"] is None


def test_an_unknown_state_in_a_list_is_told(service: Service) -> None:
    assert service.call("ann", "GET", "/requests", params={"state": "nosuch"}).status_code == 422


def test_waiting_for_a_change_that_has_been_answers_at_once(service: Service) -> None:
    request = put(service)
    params = {"wait": 20, "seen": request["version"] - 1}
    assert service.ok("ann", "GET", f"/requests/{request['id']}", params=params)["version"] == request["version"]


def test_waiting_in_vain_answers_as_it_is(service: Service) -> None:
    request = put(service)
    params = {"wait": 0.05, "seen": request["version"]}
    assert service.ok("ann", "GET", f"/requests/{request['id']}", params=params)["state"] == "pending"


def test_each_makes_a_campaign(service: Service) -> None:
    service.ok("demolab", "PUT", "/boards/demolab/and", json={"facts": {"arch": "x86_64"}, "open_to": ["*"]})
    body = {**HELLO, "call_id": "call-put-1", "selector": "arch=x86_64", "count": "each"}
    made = service.ok("ann", "POST", "/requests", 201, json=body)
    assert [one["selector"] for one in made["requests"]] == ['demolab:"and"', "demolab:qemu"]
    assert {one["campaign"] for one in made["requests"]} == {made["campaign"]}


def test_openapi_names_every_call_of_the_contract(service: Service) -> None:
    paths = service.client.get("/api/v1/openapi.json").json()["paths"]
    verbs = ("give-back", "start", "heartbeat", "tested", "done", "error", "cancelled")
    wanted = {f"/api/v1/requests/{{request_id}}/attempts/{{number}}/{verb}" for verb in verbs}
    wanted |= {"/api/v1/heartbeats", "/api/v1/boards/{host}/{board}/health"}
    wanted |= {"/api/v1/claims", "/api/v1/whoami", "/api/v1/packages/{sha256}", "/api/v1/boards/{host}/{board}"}
    assert wanted <= set(paths)
