"""What an old Fuego server writes, read back: the forms are those of its recorded answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from fuego_jenkins_remote.fuego import fserver_format as old
from fuego_jenkins_remote.fuego.errors import BadName

PUT = datetime(2026, 11, 23, 18, 11, 47, 140_000, tzinfo=UTC)


def test_a_request_id_says_when_it_was_put_and_for_which_board() -> None:
    one = old.RequestId.parse("request-2026-11-23_18:11:47.14-timslab:bbb")
    assert one == old.RequestId(at=PUT, host="timslab", board="bbb")
    assert str(one) == "request-2026-11-23_18:11:47.14-timslab:bbb"


def test_a_board_may_have_a_colon_a_host_has_none() -> None:
    assert old.RequestId.parse("request-2026-11-23_18:11:47.14-timslab:a:b").board == "a:b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "request-nosuch",
        "../boards/board-timslab:bbb",
        "request-2026-11-23_18:11:47.14-timslab:../x",
        "request-2026-13-23_18:11:47.14-timslab:bbb",
        "request-2026-11-23_18:11:47.14-timslab",
        "request-2026-11-23_18:11:47.14-timslab:b\nb",
        "request-2026-11-23_18:11:47.14-timslab:" + "b" * 500,
    ],
)
def test_what_is_no_request_id_is_refused(text: str) -> None:
    with pytest.raises(BadName):
        old.RequestId.parse(text)


@pytest.mark.parametrize("end", ["", ".frp"])
@pytest.mark.parametrize("start", ["", "run-"])
def test_a_run_is_called_with_and_without_its_first_word(start: str, end: str) -> None:
    one = old.RunId.parse(f"{start}2026-11-23_18:00:00-Functional.LTP-quickhit-on-timslab:bbb{end}")
    assert (one.test, one.host, one.board) == ("Functional.LTP-quickhit", "timslab", "bbb")
    assert str(one) == f"run-{one.bare}"


def test_tests_and_binaries_are_read_from_their_files_names() -> None:
    test = old.TestId.parse("Functional.LTP-quickhit-1.1-1.ftp")
    assert (test.name, test.label) == ("Functional.LTP-quickhit", "1.1-1")
    binary = old.BinaryId.parse("debian-armhf-Functional.hello_world-binary-package.ftbp")
    assert (binary.toolchain, binary.name) == ("debian-armhf", "Functional.hello_world")
    assert binary.file == "debian-armhf-Functional.hello_world-binary-package.ftbp"


def test_why_something_failed_stands_behind_what_was_done_before() -> None:
    answer = old.read_answer("FAIL\nFile 'x.frp' uploaded successfully!\nCould not extract file from run package\n")
    assert answer is not None
    assert (answer.ok, answer.reason) == (False, "Could not extract file from run package")


@pytest.mark.parametrize("page", ["", "\n<body>FSERVER Error", "OKAY\n", "<html>"])
def test_a_page_is_no_answer(page: str) -> None:
    assert old.read_answer(page) is None


@pytest.mark.parametrize(
    ("pattern", "value", "taken"),
    [
        ("bbb", "bbb", True),
        ("b", "bbb", False),
        ("b*", "bbb", True),
        ("*hello*", "Functional.hello_world", True),
        ("*world", "Functional.hello_world", True),
        ("b*b", "bbb", False),
        ("*", "anything", True),
    ],
)
def test_a_star_counts_at_the_ends_of_a_filter_alone(pattern: str, value: str, taken: bool) -> None:
    assert old.matches(pattern, value) is taken


@pytest.mark.parametrize(
    ("pattern", "value"), [("bbb", "bbb"), ("b*b", "b*b"), ("b*", None), ("*b", None), ("*", None), (None, None)]
)
def test_a_filter_without_a_star_at_an_end_takes_one_value(pattern: str | None, value: str | None) -> None:
    assert old.exactly(pattern) == value


@pytest.mark.parametrize(
    "text", ["2026-11-23T18:11:47+0000", "2026-11-24T03:11:47+0900", "2026-11-23_18:11:47", "2026-11-23_18:11:47.00"]
)
def test_times_are_read_as_labs_and_as_the_server_write_them(text: str) -> None:
    assert old.read_time(text) == datetime(2026, 11, 23, 18, 11, 47, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday evening", "0001-01-01T00:00:00+1400", "9999-12-31T23:00:00-1400"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert old.read_time(text) is None


def test_all_ids_that_were_recorded_are_understood(shared_data) -> None:
    recorded = {one["name"]: one for one in json.loads((shared_data / "fserver" / "vectors.json").read_text())}
    for name, kind in (
        ("query_requests", old.RequestId),
        ("query_runs", old.RunId),
        ("query_tests", old.TestId),
        ("query_binary_tests", old.BinaryId),
    ):
        answer = old.read_answer(recorded[name]["resp_body"]["text"])
        assert answer is not None
        assert [str(kind.parse(line)) for line in answer.lines] == answer.lines


def test_records_are_written_as_the_server_writes_them(shared_data) -> None:
    recorded = {one["name"]: one for one in json.loads((shared_data / "fserver" / "vectors.json").read_text())}
    for name, line_end in (("get_board-utf8", True), ("get_request", False)):
        answer = old.read_answer(recorded[name]["resp_body"]["text"])
        assert answer is not None
        assert old.as_json(json.loads(answer.rest), line_end=line_end) == answer.rest
