from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.fuego import names
from fuego_jenkins_remote.fuego.errors import BadBoardFile, BadName, FormatError

CHECKS = [names.check_board_name, names.check_host_name, names.check_spec_name]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("good", ["bbb", "qemu-arm", "ftc-test", "rpi_3", "lab.example.org", "0", "_x"])
def test_a_name_that_real_board_files_have_is_taken(check, good):
    assert check(good) == good


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "bad", ["", ".hidden", "-b", "a/b", "a:b", "a b", "a\n", "bbb\n", "ä", "..", "a\0", "x" * 101, "१"]
)
def test_a_name_that_could_be_a_path_an_option_or_two_words_is_refused(check, bad):
    with pytest.raises(BadName):
        check(bad)


@given(st.text(max_size=120))
def test_an_accepted_name_is_always_one_plain_file_name(name):
    try:
        names.check_board_name(name)
    except BadName:
        return
    assert name.isascii()
    assert not set(name) & set("/:\\\0 \n\t")
    assert name[0] not in ".-"


@pytest.mark.parametrize("good", ["Functional.hello_world", "Benchmark.Dhrystone", "Functional.LTP-quickhit"])
def test_a_full_test_name_is_taken(good):
    assert names.check_test_name(good) == good


@pytest.mark.parametrize(
    "bad", ["hello_world", "Functional.", "Functional", "functional.x", "Functional..x", "Functional.-x"]
)
def test_a_test_name_without_its_kind_or_its_name_is_refused(bad):
    with pytest.raises(BadName):
        names.check_test_name(bad)


def test_phases_are_fuegos_letters_once_each():
    assert names.check_phases("pbdm") == "pbdm"
    assert names.check_phases("") == ""
    for bad in ["x", "pp", "p b", "-p"]:
        with pytest.raises(BadName):
            names.check_phases(bad)


@pytest.mark.parametrize(
    "value", ["1", "", "Größe", "/dev/sda1", "a=b", "10.0.0.1:22", "50%", "Local timer", "测试", "हिन्दी"]
)
def test_a_plain_value_is_taken(value):
    assert names.check_variable("LOOPS", value) == ("LOOPS", value)


@pytest.mark.parametrize("sign", [*"$`'\"\\\n\r\0;&|<>()*?!#~{}[],\t", "\u2028", "\u00a0", "\ud800", "\u202e"])
def test_a_sign_that_a_shell_could_act_on_is_refused_wherever_it_stands(sign):
    for value in [sign, f"a{sign}", f"a{sign}b"]:
        with pytest.raises(BadName):
            names.check_variable("LOOPS", value)


@pytest.mark.parametrize("name", ["", "loops", "1A", "A-B", "A B", "A=B", "_A", "Ä", "A\n", "A" * 101])
def test_a_variable_name_is_capitals_digits_and_underscores(name):
    with pytest.raises(BadName):
        names.check_variable(name, "1")


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "BASH_ENV", "IPADDR", "TRANSPORT", "FUEGO_CORE", "SSH_KEY"])
def test_a_request_cannot_set_what_steers_the_lab(name):
    with pytest.raises(BadName, match="belongs to the lab"):
        names.check_variable(name, "x")


def test_a_long_value_and_outer_spaces_are_refused():
    for value in ["x" * 257, " x", "x "]:
        with pytest.raises(BadName):
            names.check_variable("A", value)


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("90s", 90), ("2h", 7200), ("1d", 86400), ("45", 45)])
def test_a_time_limit_reads_as_seconds(text, seconds):
    assert names.parse_timeout(text) == seconds


@pytest.mark.parametrize("bad", ["", "m", "0s", "-1m", "1.5h", "1w", "30 m", "31d", "9" * 30, "30m\n", "٣m"])
def test_a_bad_time_limit_is_refused(bad):
    with pytest.raises(BadName):
        names.parse_timeout(bad)


@given(st.integers(1, names.MAX_TIMEOUT))
def test_a_written_time_limit_reads_back(seconds):
    assert names.parse_timeout(names.format_timeout(seconds)) == seconds


def test_a_unique_prefix_names_the_board_and_an_exact_name_wins():
    boards = ["bbb", "bbb-2", "minnow"]
    assert names.unique_prefix("m", boards) == "minnow"
    assert names.unique_prefix("bbb", boards) == "bbb"


def test_an_ambiguous_prefix_names_the_candidates():
    with pytest.raises(BadName, match="'b' is ambiguous: bbb, bbb-2"):
        names.unique_prefix("b", ["bbb-2", "bbb", "minnow"])


@pytest.mark.parametrize("prefix", ["z", ""])
def test_a_prefix_of_nothing_names_what_there_is(prefix):
    with pytest.raises(BadName, match="known: bbb"):
        names.unique_prefix(prefix, ["bbb"])


def test_a_short_test_name_is_taken_where_only_one_test_has_it():
    tests = ["Functional.hello_world", "Functional.bc", "Benchmark.bc"]
    assert names.resolve_test("hello_world", tests) == "Functional.hello_world"
    assert names.resolve_test("Benchmark.bc", tests) == "Benchmark.bc"
    with pytest.raises(BadName, match=r"Benchmark\.bc, Functional\.bc"):
        names.resolve_test("bc", tests)
    with pytest.raises(BadName, match="no test 'hello'"):
        names.resolve_test("hello", tests)


def test_an_error_says_the_place_first():
    assert str(BadBoardFile("no", file="a.board", line=3)) == "a.board:3: no"
    assert str(BadBoardFile("no", file="a.board")) == "a.board: no"
    assert str(FormatError("no", line=3)) == "line 3: no"
    assert issubclass(BadName, ValueError)
