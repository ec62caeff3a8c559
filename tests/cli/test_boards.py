"""Boards of a hub that runs: shared on terms, shown, matched, kept by their people."""

from __future__ import annotations

import re

import pytest

from front_door import FrontDoor

pytestmark = pytest.mark.slow


@pytest.fixture
def shared(ftc, as_lab) -> None:
    as_lab()
    assert ftc("put-board", "-b", "local1").status == 0


def test_terms_are_said_by_options_and_shown_in_words(ftc, as_lab, as_user) -> None:
    as_lab()
    who = ("--open-to", "timslab", "--open-to", "user:tim")
    terms = ("--ask", "--priority", "50", "--max-time", "4h", "--quota-user", "1", "--quota-team", "3")
    terms += ("--waiting-user", "20", "--waiting-team", "40")
    when = ("--window", "Mon-Fri 18:00-08:00", "--time-zone", "Europe/Berlin")
    assert ftc("put-board", "-b", "local1", *who, *terms, *when).status == 0
    as_user("tim")
    (board,) = ftc("list-boards", "-r", "--json", "demolab:local1").json()
    assert board["open_to"] == ["timslab", "user:tim"]
    assert board["terms"] == {
        "ask": True,
        "priority": 50,
        "max_time": 14400,
        "running": {"user": 1, "team": 3},
        "waiting": {"user": 20, "team": 40},
        "windows": {"time_zone": "Europe/Berlin", "windows": ["Mon-Fri 18:00-08:00"]},
        "policy": "ask",
    }
    said = ftc("show-board", "demolab:local1").out
    for words in (
        "The teams demolab and timslab and the user tim may use it.",
        "The people of demolab approve each request of another team.",
        "A test of another team may take 4h at most.",
        "It is lent Mon-Fri 18:00-08:00 (Europe/Berlin).",
        "arch=x86_64",
    ):
        assert words in said


def test_what_is_not_said_again_is_as_boards_yaml_has_it(ftc, as_lab, network) -> None:
    as_lab()
    ftc("put-board", "-b", "local1", "--ask", "--open-to", "nobody")
    again = ftc("put-board", "-b", "local1", "--json")
    assert again.json()[0]["terms"]["ask"] is False
    assert "demolab:local1 is on other terms now: Everyone in the network may use it." in again.err
    assert "other terms" not in ftc("update-board", "-b", "local1").err


def test_a_board_for_somebody_who_is_not_there_is_told_by_name_and_the_others_are_shared(ftc, as_lab, network) -> None:
    as_lab()
    said = network.lab.conf.parent / "boards.yaml"
    said.write_text("boards: {local1: {open_to: [nobodys-team]}}\n")
    try:
        result = ftc("put-board", "-b", "local1,local2")
    finally:
        said.unlink()
        ftc("rm-board", "-b", "local2")
    assert (result.status, result.out) == (1, "shared: demolab:local2\n")
    assert "not shared: local1: open_to: there is no team nobodys-team in this network" in result.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--window", "Mon-Fri 18:00-08:00"), "--window and --time-zone belong together"),
        (("--window", "Mo-Fr", "--time-zone", "UTC"), "is no window"),
        (("--window", "Mon 10:00-12:00", "--time-zone", "Berlin"), "is no time zone"),
    ],
)
def test_a_mistake_in_terms_is_told_before_anything_is_sent(ftc, as_lab, words: tuple[str, ...], said: str) -> None:
    as_lab()
    result = ftc("put-board", "-b", "local1", *words)
    assert result.status == 2
    assert said in result.err


def test_maintainers_take_a_board_out_and_give_it_back(ftc, shared, as_user) -> None:
    as_user("tim")
    refused = ftc("set-board", "demolab:local1", "--maintenance", "mine")
    assert refused.status == 1
    assert "only maintainers of the team demolab" in refused.err
    as_user("boss")
    kept = ftc("set-board", "demolab:local1", "--maintenance", "ein größeres Netzteil")
    assert kept.out == "demolab:local1 is in maintenance: ein größeres Netzteil\n"
    assert "maintenance: ein größeres Netzteil" in ftc("list-boards", "-r", "demolab:local1").out
    as_user("tim")
    put = ftc("put-request", "-b", "demolab:local1", "-t", "Functional.hello")
    assert put.status == 0
    assert "demolab:local1 is in maintenance (ein größeres Netzteil, says boss)" in put.err
    as_user("boss")
    assert ftc("set-board", "demolab:local1", "--available").out == "demolab:local1 is available\n"


@pytest.mark.parametrize(
    "words",
    [
        ("demolab:local1",),
        ("demolab:local1", "--available", "--maintenance", "x"),
        ("demolab:local1", "--maintenance", " "),
        ("demo/lab:local1", "--available"),
    ],
)
def test_a_mistake_with_set_board_is_told(ftc, as_lab, words: tuple[str, ...]) -> None:
    as_lab()
    assert ftc("set-board", *words).status == 2


@pytest.mark.parametrize("words", [("show-board",), ("set-board", "--available")])
def test_a_board_that_is_not_there_was_asked_for_wrongly(ftc, shared, as_user, words: tuple[str, ...]) -> None:
    as_user("boss")
    refused = ftc(*words, "demolab:nosuch")
    assert (refused.status, "there is no board demolab:nosuch" in refused.err) == (2, True)


def test_a_request_is_matched_without_being_put(ftc, shared, as_user) -> None:
    as_user("tim")
    found = ftc("list-boards", "-r", "--match", "arch=x86_64 and board=local1")
    assert "demolab:local1" in found.out
    assert "boards may run it, asked for by team timslab" in found.err
    assert ftc("list-boards", "-r", "-q", "--match", "arch=x86_64 and board=local1", "--timeout", "3h").out == ""
    typo = ftc("list-boards", "-r", "--match", "arch=x86-64")
    assert "no board has arch=x86-64; perhaps arch=x86_64?" in typo.err
    assert "arch is x86_64, not x86-64" in typo.out


def test_that_too_many_wait_is_told_before_anything_is_put(ftc, shared, as_lab, as_user) -> None:
    as_lab()
    assert ftc("put-board", "-b", "other", "--waiting-user", "0").status == 0
    as_user("tim")
    said = ftc("list-boards", "-r", "--match", "demolab:other")
    # Other tests may have put some: they share the network.
    assert re.search(r"the hub would not take it now: too many wait already: tim has \d+ requests waiting", said.err)


@pytest.mark.parametrize(
    "words", [("--match", "arch=arm"), ("-r", "-t", "Functional.x"), ("-r", "--match", "arch=arm", "arch=arm")]
)
def test_match_goes_with_the_network_and_alone(ftc, as_lab, words: tuple[str, ...]) -> None:
    as_lab()
    assert ftc("list-boards", *words).status == 2


def test_a_match_knows_what_a_test_of_the_store_needs(ftc, shared, as_user, tmp_path) -> None:
    folder = tmp_path / "Functional.needy"
    folder.mkdir()
    (folder / "fuego_test.sh").write_text("test_run() { :; }\n")
    (folder / "test.yaml").write_text(
        "fuego_package_version: 1\nname: Functional.needy\nversion: 1.0\nneeds: [label=usb-gadget]\n"
    )
    as_user("tim")
    assert ftc("put-test", folder).status == 0
    found = ftc("list-boards", "-r", "--match", "demolab:local1", "-t", "Functional.needy")
    assert "the test needs label=usb-gadget: it has no label usb-gadget" in found.out
    unknown = ftc("list-boards", "-r", "--match", "demolab:local1", "-t", "Functional.unknown")
    assert "what it needs is not known" in unknown.err
    assert "its lab's people are asked first" in unknown.out


def test_a_put_whose_answer_was_lost_is_one_request_however_often_it_is_tried(
    ftc, shared, as_user, network, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_user("tim")
    door = FrontDoor(network.hub)
    monkeypatch.setenv("FUEGO_HUB_URL", door.url)
    words = (
        "put-request",
        "-q",
        "-b",
        "demolab:local",
        "-t",
        "Functional.hello",
        "--deadline",
        "2h",
        "--key",
        "a-key-0001",
    )
    try:
        with door.losing_answers(path="/requests$", times=1):
            first = ftc(*words)
        again = ftc(*words)
    finally:
        door.close()
    assert first.status == 0, first.err
    assert again.out == first.out
    other = ftc(
        "put-request",
        "-b",
        "demolab:local1",
        "-t",
        "Functional.other",
        "--key",
        "a-key-0001.b",
        "--hub-url",
        network.hub,
    )
    assert other.status == 1
    assert "already used for another request" in other.err
