"""Bad input: one clear line on stderr and exit status 1 or 2, and nothing on stdout."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import responses

import hub_folders

ONE = "20261123-101500123-k3j7x2m4"


@pytest.fixture
def nobody_listens() -> str:
    """An address on this machine where nothing answers."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{bound.getsockname()[1]}"


def refused(result, status: int, *parts: str) -> None:
    assert (result.status, result.out) == (status, "")
    for part in parts:
        assert part in result.err
    assert result.err.startswith("ftc: ")
    assert result.err.count("\n") == 1


def test_unknown_board(ftc, lab) -> None:
    refused(
        ftc("put-board", "-b", "nosuch", "--hub-url", "http://127.0.0.1:1"), 2, "there is no board 'nosuch'", "local1"
    )


def test_a_machine_without_boards_is_told_which_setting_says_where_they_are(ftc, lab, tmp_path: Path) -> None:
    lab.add_settings(fuego_ro_dir=tmp_path / "nothing")
    refused(ftc("put-board", "-b", "local1", "--hub-url", "http://127.0.0.1:1"), 1, "nothing/boards", "fuego_ro_dir")


def test_ambiguous_prefix(ftc, lab) -> None:
    refused(ftc("put-board", "-b", "loc", "--hub-url", "http://127.0.0.1:1"), 2, "'loc' is ambiguous: local1, local2")


def test_unknown_board_of_run_test(ftc, lab) -> None:
    refused(ftc("run-test", "-b", "nosuch", "-t", "hello"), 2, "nosuch")


def test_unknown_test(ftc, lab) -> None:
    refused(ftc("run-test", "-b", "local1", "-t", "nosuch"), 2, "there is no test 'nosuch'")


def test_unknown_spec(ftc, lab) -> None:
    refused(ftc("run-test", "-b", "local1", "-t", "hello", "-s", "nosuch"), 2, "no such spec")


def test_no_board_at_all(ftc, lab) -> None:
    refused(ftc("run-test", "-t", "hello"), 2, "say which board", "FUEGO_BOARD")


def test_bad_selector_shows_the_place(ftc) -> None:
    result = ftc("put-request", "arch=x86_64 andd type=bbb", "-t", "Functional.x")
    assert result.status == 2
    assert result.err == (
        "ftc: bad selector: expected 'and', 'or' or the end here\n  arch=x86_64 andd type=bbb\n              ^\n"
    )


def test_a_board_name_alone_is_told_what_it_may_mean(ftc) -> None:
    result = ftc("put-request", "-b", "bbb", "-t", "Functional.x")
    assert "'bbb' alone says too little: *:bbb or type=bbb?" in result.err


def test_bad_conf_line(ftc, lab) -> None:
    lab.conf.write_text("host_name=demolab\nthis is no line\n")
    refused(ftc("list-boards"), 1, f"{lab.conf}:2: is no name=value line")


def test_a_conf_that_is_not_there(ftc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUEGO_CONF", "/nowhere/fuego.conf")
    refused(ftc("list-boards"), 1, "/nowhere/fuego.conf: cannot be read: No such file or directory")


def test_bad_lab_name(ftc, lab) -> None:
    lab.add_settings(host_name="a:b")
    refused(ftc("list-boards"), 2, "'a:b' is no host name")


def test_bad_boards_yaml(ftc, lab) -> None:
    (lab.conf.parent / "boards.yaml").write_text("boards: [")
    refused(ftc("list-boards"), 1, "boards.yaml", "no YAML")


@pytest.mark.parametrize("value", ["A", "A=$x", "a-b=1", "LD_PRELOAD=/x"])
def test_bad_variable_for_a_test(ftc, value: str) -> None:
    refused(ftc("put-request", "-b", "a:b", "-t", "Functional.x", "--dynamic-vars", value), 2, "--dynamic-vars")


@responses.activate
def test_wrong_token(ftc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUEGO_HUB_TOKEN", "wrong")
    responses.get("http://127.0.0.1:1/api/v1/boards", json={"detail": "this token is not known here"}, status=401)
    refused(ftc("list-boards", "-r", "--hub-url", "http://127.0.0.1:1"), 1, "this token is not known here")


@pytest.mark.parametrize("words", [["list-boards", "-r"], ["list-requests"], ["rm-request", ONE], ["get-request"]])
def test_hub_down(ftc, lab, nobody_listens: str, words: list[str]) -> None:
    refused(ftc(*words, "--hub-url", nobody_listens), 1, f"the hub at {nobody_listens} cannot be reached")


def test_vision_down(ftc, nobody_listens: str) -> None:
    refused(
        ftc("list-runs", "-r", "--vision-url", nobody_listens), 1, f"the vision at {nobody_listens} cannot be reached"
    )


def test_jenkins_down(ftc, lab, nobody_listens: str) -> None:
    refused(ftc("lab", "jobs", "--jenkins-url", nobody_listens), 1, f"Jenkins at {nobody_listens} does not answer")


def test_plain_http_to_another_machine(ftc) -> None:
    refused(ftc("list-boards", "-r", "--hub-url", "http://hub.example.org"), 1, "plain http", "https://")


def test_no_address(ftc) -> None:
    refused(ftc("list-boards", "-r", "--hub-url", "hub"), 1, "'hub' is no address")


def test_no_hub_set(ftc) -> None:
    refused(ftc("list-requests"), 1, "hub_url is not set", "FUEGO_HUB_URL")


@pytest.mark.parametrize("verb", ["put-test", "put-run"])
def test_a_package_that_is_no_tar(ftc, lab, tmp_path: Path, verb: str) -> None:
    file = tmp_path / "x.frp"
    file.write_text("this is no tar file")
    url = {"put-test": "--hub-url", "put-run": "--vision-url"}[verb]
    refused(ftc(verb, file, url, "http://127.0.0.1:1"), 1, str(file))


def test_a_run_package_is_no_test(ftc, tmp_path: Path) -> None:
    refused(
        ftc("put-test", tmp_path / "none.ftp", "--hub-url", "http://127.0.0.1:1"), 1, "there is no such test package"
    )


def test_a_folder_that_is_no_test(ftc, tmp_path: Path) -> None:
    folder = tmp_path / "Functional.x"
    folder.mkdir()
    refused(ftc("put-test", folder, "--hub-url", "http://127.0.0.1:1"), 1, "has no test.yaml")


def test_a_run_of_an_unknown_board_is_not_packed(ftc, lab, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text('{"name": "Functional.x", "status": "PASS", "metadata": {"board": "gone"}}')
    refused(ftc("package-run", folder), 1, "gone.board", "what of its run is secret is not known")


@pytest.mark.parametrize("verb", ["query-request", "rm-request", "run-request", "approve-request", "get-run"])
def test_what_is_no_request(ftc, lab, verb: str) -> None:
    result = ftc(verb, "12", "--hub-url", "http://127.0.0.1:1")
    refused(result, 2, "no request id: '12' (like 20261123-101500123-k3j7x2m4)")


def test_a_refusal_needs_a_reason(ftc) -> None:
    refused(ftc("reject-request", ONE), 2, "--reason")


def test_a_run_that_was_never_here(ftc, lab) -> None:
    refused(ftc("put-run", ONE, "--vision-url", "http://127.0.0.1:1"), 1, f"no attempt of request {ONE}")


def test_a_search_of_installed_tests(ftc, lab) -> None:
    refused(ftc("list-tests", "usb"), 2, "a search is for the store: -r")


def test_unknown_setting(ftc) -> None:
    refused(ftc("config", "nosuch"), 2, "no such setting 'nosuch'")


def test_unknown_state(ftc) -> None:
    refused(ftc("list-requests", "--state", "lazy"), 2, "no such state 'lazy'", "pending")


def test_a_selector_for_boards_of_this_lab(ftc, lab) -> None:
    refused(ftc("list-boards", "arch=x86_64"), 2, "add -r")


def test_a_data_folder_that_is_not_set_up(ftc, tmp_path: Path) -> None:
    refused(ftc("hub", "serve", "--data", tmp_path / "x"), 1, "ftc hub init")


@pytest.mark.parametrize("service", ["hub", "vision"])
@pytest.mark.parametrize(
    "url", ["foo", "ftp://hub.example.org", "https://", "https://hub.example.org?x=1", "https://h:x"]
)
def test_a_base_url_that_is_no_address(ftc, tmp_path: Path, service: str, url: str) -> None:
    refused(ftc(service, "serve", "--data", tmp_path, "--base-url", url), 2, "--base-url")


@pytest.mark.parametrize("verb", ["add-user", "set-user"])
def test_a_level_that_there_is_not(ftc, tmp_path: Path, verb: str) -> None:
    hub_folders.init(tmp_path / "hub")
    refused(ftc("hub", verb, "ann", "--data", tmp_path / "hub", "--team", "a:boss"), 2, "the level is one of")


def test_a_database_that_is_away_is_said_in_one_line(ftc, tmp_path: Path) -> None:
    address = f"postgresql:///fuego?host={tmp_path}"
    said = ftc("hub", "init", "--data", tmp_path / "hub", "--database", address)
    assert len(said.err.splitlines()) == 1
    refused(said, 1, "the database does not answer")


def test_the_doctor_is_given_no_address(ftc, tmp_path: Path) -> None:
    refused(ftc("hub", "doctor", "--data", tmp_path, "--base-url", "foo"), 2, "--base-url", "foo")


def test_a_hub_needs_no_fuego_conf(ftc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FUEGO_CONF", str(tmp_path / "none"))
    refused(ftc("hub", "serve", "--data", tmp_path / "x"), 1, "ftc hub init")


def test_a_token_file_that_is_there_is_not_overwritten(ftc, tmp_path: Path) -> None:
    hub_folders.init(tmp_path / "hub")
    (tmp_path / "token").write_text("old")
    words = ("hub", "add-lab", "x", "--data", tmp_path / "hub", "--token-file", tmp_path / "token")
    refused(ftc(*words), 1, "is there already")
    assert (tmp_path / "token").read_text() == "old"


def test_a_machine_without_boards_is_led_to_the_networks(ftc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FUEGO_RO", str(tmp_path / "none"))
    refused(ftc("list-boards"), 1, "ftc list-boards -r")


def test_the_doctor_makes_no_folder_of_fuego(ftc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FUEGO_RW", str(tmp_path / "none"))
    checks = {one["what"]: one for one in ftc("lab", "doctor", "--json").json()}
    assert (checks["lab_dir"]["ok"], (tmp_path / "none").exists()) == (False, False)


@responses.activate
def test_a_board_of_a_lab_that_is_silent_is_not_called_free(ftc) -> None:
    board = {"host": "timslab", "name": "bbb", "online": True, "last_seen": "2026-01-02T03:04:05Z"}
    responses.get("http://127.0.0.1:1/api/v1/boards", json={"boards": [board]})
    shown = ftc("list-boards", "-r", "--hub-url", "http://127.0.0.1:1").out
    assert ("not seen since 2026-01-02 03:04:05" in shown, "free" in shown) == (True, False)


@pytest.mark.parametrize(
    "words",
    [
        ("set-member", "tïmslab", "ann", "guest"),
        ("set-member", "timslab", "a nn", "guest"),
        ("put-team", "a/b"),
        ("show-team", "../x"),
        ("invite", "timslab", "--user", "än"),
        ("invite", "timslab", "--lab", "a:b"),
        ("join", "https://hub.example.org/join#uabcdefghijklmnopqrstuvwxyz", "--user", "än"),
        ("add-token", "--lab", "a b"),
        ("set-lab", "a:b", "--team", "timslab"),
        ("allow", "--user", "än", "-t", "Functional.x"),
        ("put-request", "-b", "a:b", "-t", "Functional.x", "--notify", "än"),
        ("put-board", "-b", "local1", "--open-to", "user:än"),
        ("set-board", "a:bö", "--available"),
        ("list-requests", "--requester", "än"),
    ],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_sent(ftc, lab, nobody_listens: str, words) -> None:
    refused(ftc(*words, "--hub-url", nobody_listens) if words[0] != "join" else ftc(*words), 2, "name")
