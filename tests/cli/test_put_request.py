"""What put-request asks the hub for, and what it refuses before it asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses
from pytest_mock import MockerFixture

HUB = "http://127.0.0.1:8700"
ONE = "20261123-101500123-k3j7x2m4"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    """A hub that takes every request."""
    monkeypatch.setenv("FUEGO_HUB_URL", HUB)
    monkeypatch.setenv("FUEGO_HUB_TOKEN", "a-token")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add_callback("POST", f"{HUB}/api/v1/requests", _take)
        yield mock


def _take(request: Any) -> tuple[int, dict[str, str], str]:
    wanted = json.loads(request.body)
    made = {"id": ONE, "version": 1, "state": "pending", "selector": wanted["selector"], "test": wanted["test"]}
    return 201, {}, json.dumps({"requests": [made], "campaign": None})


def put(hub: responses.RequestsMock) -> dict[str, Any]:
    """What was asked of the hub, without the id of the call."""
    (call,) = (call for call in hub.calls if call.request.method == "POST")
    wanted: dict[str, Any] = json.loads(call.request.body)
    assert call.request.headers["Authorization"] == "Bearer a-token"
    assert len(wanted.pop("call_id")) >= 8
    return wanted


def test_what_is_left_out_is_as_fuego_has_it(ftc, hub: responses.RequestsMock) -> None:
    assert ftc("put-request", "-q", "-b", "timslab:bbb", "-t", "Functional.hello_world").out == f"{ONE}\n"
    assert put(hub) == {
        "selector": "timslab:bbb",
        "test": "Functional.hello_world",
        "spec": "default",
        "phases": "",
        "timeout": 1800,
        "variables": {},
        "options": {},
        "package": None,
        "git": None,
        "count": 1,
        "priority": 50,
        "deadline": None,
        "retries": 0,
        "notes": "",
    }


def test_all_options_reach_the_hub(ftc, hub: responses.RequestsMock) -> None:
    words = ["arch=arm64", "and", "label=usb", "-t", "Benchmark.x", "-s", "long", "-p", "bdr", "--count", "3"]
    words += ["--timeout", "2h", "--dynamic-vars", "LOOPS=5,MODE=größer", "--rebuild", "true", "--postcleanup", "false"]
    words += ["--retries", "2", "--deadline", "2026-12-01T10:00:00+01:00", "--priority", "70", "--notes", "bitte bald"]
    assert ftc("put-request", *words).status == 0
    assert put(hub) == {
        "selector": "arch=arm64 and label=usb",
        "test": "Benchmark.x",
        "spec": "long",
        "phases": "bdr",
        "timeout": 7200,
        "variables": {"LOOPS": "5", "MODE": "größer"},
        "options": {"rebuild": True, "postcleanup": False},
        "package": None,
        "git": None,
        "count": 3,
        "priority": 70,
        "deadline": "2026-12-01T09:00:00+00:00",
        "retries": 2,
        "notes": "bitte bald",
    }


def test_several_boards_with_commas_mean_each_of_them(ftc, hub: responses.RequestsMock) -> None:
    hub.add("GET", f"{HUB}/api/v1/boards", json={"boards": [{"host": "a", "name": "x"}]})
    ftc("put-request", "-b", 'a:x,label="one,two"', "-t", "Functional.x")
    wanted = put(hub)
    assert (wanted["selector"], wanted["count"]) == ('(a:x) or (label="one,two")', "each")


def test_a_test_from_git_may_take_its_name_from_the_path(ftc, hub: responses.RequestsMock) -> None:
    where = ("--git", "https://e.org/t.git", "--ref", "main", "--path", "tests/Functional.usb", "--commit", "a" * 40)
    ftc("put-request", "-b", "a:b", *where)
    wanted = put(hub)
    assert wanted["test"] == "Functional.usb"
    there = {"url": "https://e.org/t.git", "ref": "main", "path": "tests/Functional.usb"}
    assert wanted["git"] == {**there, "commit": "a" * 40}


def test_the_ref_is_resolved_before_anything_is_put(ftc, hub: responses.RequestsMock) -> None:
    result = ftc(
        "put-request", "-b", "a:b", "--git", "https://127.0.0.1:1/t", "--ref", "main", "--path", "Functional.x"
    )
    assert result.status == 1
    assert "--commit SHA asks for a commit without looking" in result.err
    assert not hub.calls


def test_the_commit_that_was_found_is_told(ftc, hub: responses.RequestsMock, mocker: MockerFixture) -> None:
    mocker.patch("fuego_jenkins_remote.client.git.resolve", return_value="b" * 40)
    said = ftc("put-request", "-b", "a:b", "--git", "https://e.org/t.git", "--ref", "main", "--path", "Functional.x")
    assert put(hub)["git"]["commit"] == "b" * 40
    assert f"main is commit {'b' * 40} now" in said.err


def test_a_test_that_is_much_like_one_installed_here_is_pointed_out_and_put(ftc, lab, hub) -> None:
    said = ftc("put-request", "-b", "a:b", "-t", "Functional.helo")
    assert (said.status, put(hub)["test"]) == (0, "Functional.helo")
    assert "Functional.helo is not installed here: did you mean Functional.hello?\n" in said.err


@pytest.mark.parametrize("test", ["Functional.hello", "Benchmark.dhrystone"])
def test_nothing_is_said_of_a_test_that_is_installed_or_like_no_other(test: str, ftc, lab, hub) -> None:
    assert "did you mean" not in ftc("put-request", "-b", "a:b", "-t", test).err


def test_what_else_a_put_may_say_is_sent(ftc, hub: responses.RequestsMock) -> None:
    more = ("--min-version", "1.2", "--notify", "tim", "--notify", "eva", "--private", "--key", "my-key-0001")
    result = ftc("put-request", "-b", "a:b", "-t", "Functional.x", *more)
    assert result.status == 0
    (call,) = (call for call in hub.calls if call.request.method == "POST")
    said = json.loads(call.request.body)
    assert said["call_id"] == "my-key-0001"
    assert (said["min_version"], said["notify"], said["private"]) == ("1.2", ["tim", "eva"], True)
    assert "time limit 30m (default)" in result.err


def test_what_an_installed_test_needs_is_sent_along(ftc, lab, hub: responses.RequestsMock) -> None:
    test_yaml = lab.test_folder / "test.yaml"
    test_yaml.write_text(test_yaml.read_text() + "\nneeds: [label=usb-gadget]\n")
    ftc("put-request", "-b", "a:b", "-t", "Functional.hello")
    assert put(hub)["needs"] == ["label=usb-gadget"]


def test_a_folder_is_packed_and_left_with_the_hub_first(ftc, lab, hub: responses.RequestsMock) -> None:
    stored = []
    hub.add_callback("PUT", _any_package(), lambda request: (stored.append(request.url), (201, {}, "{}"))[1])
    assert ftc("put-request", "-b", "a:b", "--package", lab.test_folder).status == 0
    wanted = put(hub)
    assert wanted["test"] == "Functional.hello"
    assert stored == [f"{HUB}/api/v1/packages/{wanted['package']}"]


def test_a_package_that_the_hub_has_is_named_by_its_digest(ftc, hub: responses.RequestsMock) -> None:
    ftc("put-request", "-b", "a:b", "-t", "Functional.x", "--package", "ab" * 32)
    assert put(hub)["package"] == "ab" * 32


def test_a_short_name_is_that_of_a_test_installed_here(ftc, lab, hub: responses.RequestsMock) -> None:
    ftc("put-request", "-b", "a:b", "-t", "hello")
    assert put(hub)["test"] == "Functional.hello"


def test_json_is_what_the_hub_said(ftc, hub: responses.RequestsMock) -> None:
    said = ftc("put-request", "--json", "-b", "a:b", "-t", "Functional.x").json()
    assert said["requests"][0]["id"] == ONE


def test_a_unique_prefix_of_a_boards_name_will_do(ftc, hub: responses.RequestsMock) -> None:
    refusal = {"detail": "no board matches", "code": "no-board"}
    hub.remove("POST", f"{HUB}/api/v1/requests")
    hub.add("POST", f"{HUB}/api/v1/requests", json=refusal, status=422)
    hub.add_callback("POST", f"{HUB}/api/v1/requests", _take)
    hub.add("GET", f"{HUB}/api/v1/boards", json={"boards": [{"host": "a", "name": name} for name in ("bbb", "x86")]})
    result = ftc("put-request", "-b", "a:b", "-t", "Functional.x")
    assert "on a:bbb is pending" in result.out


@pytest.mark.parametrize("code", ["no-board", "unknown-board"])
def test_a_board_that_is_not_there_was_asked_for_wrongly(ftc, hub: responses.RequestsMock, code: str) -> None:
    refusal = {"detail": "there is no board a:nosuch; a has bbb", "code": code}
    hub.remove("POST", f"{HUB}/api/v1/requests")
    hub.add("POST", f"{HUB}/api/v1/requests", json=refusal, status=422)
    hub.add("GET", f"{HUB}/api/v1/boards", json={"boards": [{"host": "a", "name": "bbb"}]})
    result = ftc("put-request", "-b", "a:nosuch", "-t", "Functional.x")
    assert (result.status, "there is no board a:nosuch; a has bbb" in result.err) == (2, True)


def test_a_name_that_no_board_has_was_asked_for_wrongly_whatever_its_letters(ftc, hub: responses.RequestsMock) -> None:
    refusal = {"detail": "there is no board a:bö; a has bbb", "code": "unknown-board"}
    hub.remove("POST", f"{HUB}/api/v1/requests")
    hub.add("POST", f"{HUB}/api/v1/requests", json=refusal, status=422)
    result = ftc("put-request", "-b", "a:bö", "-t", "Functional.x")
    assert (result.status, "there is no board a:bö; a has bbb" in result.err) == (2, True)


def test_a_board_of_a_list_that_is_not_there_is_not_passed_over(ftc, hub: responses.RequestsMock) -> None:
    hub.add("GET", f"{HUB}/api/v1/boards", json={"boards": [{"host": "a", "name": "bbb"}]})
    result = ftc("put-request", "-b", "a:bbb,a:nosuch,arch=arm", "-t", "Functional.x")
    assert (result.status, "the network has no board a:nosuch" in result.err) == (2, True)


def test_a_selector_that_no_board_matches_is_1(ftc, hub: responses.RequestsMock) -> None:
    hub.remove("POST", f"{HUB}/api/v1/requests")
    hub.add("POST", f"{HUB}/api/v1/requests", json={"detail": "no board", "code": "no-board"}, status=422)
    assert ftc("put-request", "arch=arm", "-t", "Functional.x").status == 1


def test_the_team_that_asks_can_be_chosen(ftc, hub: responses.RequestsMock) -> None:
    ftc("put-request", "-b", "a:b", "-t", "Functional.x", "--team", "kernel-team")
    assert put(hub)["team"] == "kernel-team"


def test_an_ambiguous_prefix_is_refused_with_the_names(ftc, hub: responses.RequestsMock) -> None:
    hub.remove("POST", f"{HUB}/api/v1/requests")
    hub.add("POST", f"{HUB}/api/v1/requests", json={"detail": "none", "code": "no-board"}, status=422)
    hub.add("GET", f"{HUB}/api/v1/boards", json={"boards": [{"host": "a", "name": name} for name in ("b1", "b2")]})
    result = ftc("put-request", "-b", "a:b", "-t", "Functional.x")
    assert (result.status, result.err) == (2, "ftc: 'b' is ambiguous: b1, b2\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-t", "Functional.x"], "say once which boards"),
        (["a:b", "-b", "a:b", "-t", "Functional.x"], "say once which boards"),
        (["-b", "a:b"], "say which test"),
        (["-b", "a:b", "-t", "hello"], "give the full name, like Functional.hello"),
        (["-b", "a:b", "-t", "Functional.x/y"], "is no test name"),
        (["-b", "a:b", "-t", "Functional.x", "--each", "--count", "2"], "exclude each other"),
        (["-b", "a:b", "-t", "Functional.x", "--ref", "main"], "belong to --git"),
        (["-b", "a:b", "-t", "Functional.x", "--git", "https://x/y"], "--git needs --ref"),
        (["-b", "a:b", "-t", "Functional.x", "--timeout", "soon"], "is no time limit"),
        (["-b", "a:b", "-t", "Functional.x", "--commit", "a" * 40], "--commit belongs to --git"),
        (["-b", "a:b", "-t", "Functional.x", "--min-version", ";"], "no version"),
        (["-b", "a:b", "-t", "Functional.x", "--key", "short"], "8 to 64 letters"),
        (["-b", "a:b", "-t", "Functional.x", "--notify", "a/b"], "is no user name"),
        (["-b", "a:b", "-t", "Functional.x", "--deadline", "2026-12-01T10:00:00"], "time with offset"),
        (["-b", "a:b", "-t", "Functional.x", "--dynamic-vars", "A=$(id)"], "may not stand in the value of A"),
        (["-b", "a:b", "-t", "Functional.x", "--dynamic-vars", "PATH=/x"], "belongs to the lab"),
        (["-b", "a:b", "-t", "Functional.x", "-p", "q"], "is no phase"),
        (["-b", "a:b", "-t", "Functional.x", "-s", "../x"], "is no spec name"),
    ],
)
def test_a_mistake_is_told_before_anything_is_sent(
    ftc, hub: responses.RequestsMock, words: list[str], message: str
) -> None:
    result = ftc("put-request", *words)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1
    assert not hub.calls


def test_another_test_than_the_packages_is_refused(ftc, lab, hub: responses.RequestsMock) -> None:
    result = ftc("put-request", "-b", "a:b", "-t", "Functional.other", "--package", lab.test_folder)
    assert (result.status, "the package holds Functional.hello" in result.err) == (2, True)


def _any_package() -> Any:
    import re

    return re.compile(re.escape(f"{HUB}/api/v1/packages/") + "[0-9a-f]{64}")


def test_a_package_file_is_sent_as_it_is(ftc, lab, hub: responses.RequestsMock, tmp_path: Path) -> None:
    from fuego_jenkins_remote.fuego.packages import pack_test

    info = pack_test(lab.test_folder, tmp_path / "x.ftp")
    hub.add("PUT", _any_package(), json={}, status=201)
    ftc("put-request", "-b", "a:b", "--package", tmp_path / "x.ftp")
    assert put(hub)["package"] == info.sha256
