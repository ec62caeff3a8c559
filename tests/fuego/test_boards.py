from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuego_jenkins_remote.fuego.boards import MAX_SIZE, read_board_file, read_boards_dir
from fuego_jenkins_remote.fuego.errors import BadBoardFile
from fuego_jenkins_remote.fuego.shell_text import parse_shell_text

EXAMPLE = """\
inherit "base-board"
include "base-params"   # as all do

# the board on Tim's desk
IPADDR="10.0.1.80"
SSH_PORT=2222
LOGIN="root"
PASSWORD="geh heim"
SSH_KEY="/home/tim/.ssh/lab"
TOOLCHAIN="debian-armhf"
TRANSPORT="ssh"
ARCHITECTURE=arm
MACHINE=raspberrypi3
ORCHESTRATOR="lava"
BOARD.CAP_LIST="RENESAS"
BOARD_TESTDIR="/home/a"
SUBTESTS="158"
NOTE="first line
second line"
function warm_up() {
    echo "}"
    if true; then { TOKEN="in-a-function"; }; fi
}
override-func cool_down() {
    ls
   }
override DISTRIB="nosyslogd.dist"
"""


def board(tmp_path: Path, text: str, name: str = "rpi3-1"):
    path = tmp_path / f"{name}.board"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return read_board_file(path)


def test_only_the_allow_list_of_facts_comes_out(tmp_path):
    assert board(tmp_path, EXAMPLE).facts() == {
        "arch": "arm",
        "toolchain": "debian-armhf",
        "distrib": "nosyslogd.dist",
        "transport": "ssh",
        "machine": "raspberrypi3",
        "type": "raspberrypi3",
        "orchestrator": "lava",
    }


def test_fuegos_words_functions_and_lines_of_quotes_are_read(tmp_path):
    read = board(tmp_path, EXAMPLE)
    assert read.name == "rpi3-1"
    assert read.inherits == ("base-board",)
    assert read.includes == ("base-params",)
    assert read.functions == ("warm_up", "cool_down")
    assert read.variables["BOARD.CAP_LIST"] == "RENESAS"
    assert read.variables["NOTE"] == "first line\nsecond line"
    assert "TOKEN" not in read.variables
    assert read.warnings == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=b", "b"),
        ("A='b c'", "b c"),
        ("A=\"b\"'c'd", "bcd"),
        (r'A="a\"b\\c\$d\e"', r'a"b\c$d\e'),
        (r"A=a\ b", "a b"),
        ("A=b # c", "b"),
        ("A=b#c", "b#c"),
        ('A="b # c"', "b # c"),
        ("A=", ""),
        ("A=1\nA=2", "2"),
        ("A=1\noverride A=2", "2"),
        ("A=1; B=2", "1"),
        ("A=b\r\nB=c", "b"),
        ("B=x\nA=${B}y$B", "xyx"),
        ("B=x\nA='$B'", "$B"),
        ("A=$(reboot)", "$(reboot)"),
        ('A="one \\\ntwo"', "one two"),
        ("A=1\nA+=2", "12"),
        ("export A=1", "1"),
    ],
)
def test_a_value_reads_as_a_shell_would_without_running_anything(text, value):
    assert parse_shell_text(text).variables()["A"] == value


@pytest.mark.parametrize("text", ["what is this", 'A="never closed', "A=b c", "f() {", "if true; then"])
def test_what_makes_no_sense_is_a_warning_and_the_next_line_is_read(tmp_path, text):
    read = board(tmp_path, f"ARCHITECTURE=arm\n{text}\n")
    assert len(read.warnings) == 1
    assert f"{tmp_path / 'rpi3-1.board'}:2: " in read.warnings[0]
    assert read.facts() == {"arch": "arm"}


def test_a_warning_never_shows_a_value(tmp_path):
    read = board(tmp_path, "PASSWORD=geh heim\n")
    assert "heim" not in str(read.warnings)


@pytest.mark.parametrize(
    "value", ["10.0.0.1", "fe80::1", "root@bbb", "/dev/ttyUSB0", "$ARCH", "two words", "x" * 101, "my-board.lab"]
)
def test_a_fact_that_could_be_an_address_or_is_no_word_stays_in_the_lab(tmp_path, value):
    assert board(tmp_path, f'IPADDR="my-board.lab"\nMACHINE="{value}"\n').facts() == {}


def test_a_template_that_nobody_filled_in_is_seen(tmp_path):
    text = 'IPADDR="set_ip_here"\nTOOLCHAIN="set toolchain name here (see tools.sh)"\nTRANSPORT="ssh"\n'
    read = board(tmp_path, text + 'ARCHITECTURE="set_ia32_x86_64_or_arm_or_arm64_here"\n')
    assert read.is_placeholder
    assert read.facts() == {"transport": "ssh"}
    assert not board(tmp_path, EXAMPLE).is_placeholder


def test_what_reaches_the_board_is_secret_and_what_describes_it_is_not(tmp_path):
    secrets = board(tmp_path, EXAMPLE).secret_values()
    assert {"10.0.1.80", "geh heim", "/home/tim/.ssh/lab", "10.0.1.80:2222", "-p 2222"} <= secrets
    assert {"RENESAS", "in-a-function", "first line\nsecond line"} <= secrets
    assert not secrets & {"root", "2222", "158", "/home/a", "arm", "debian-armhf", "ssh", "raspberrypi3", "rpi3-1"}


def test_a_password_is_secret_whatever_it_looks_like(tmp_path):
    assert {"root", "-proot"} <= board(tmp_path, "LOGIN=root\nPASSWORD=root\n").secret_values()
    assert "arm" in board(tmp_path, "ARCHITECTURE=arm\nPASSWORD=arm\n").secret_values()
    assert "x" in board(tmp_path, "PASSWORD=x\n").secret_values()
    assert board(tmp_path, 'PASSWORD=""\n').secret_values() == frozenset()


def test_a_password_that_was_replaced_further_down_is_still_secret(tmp_path):
    assert {"old-one", "new-one"} <= board(tmp_path, "PASSWORD=old-one\noverride PASSWORD=new-one\n").secret_values()


def test_dynamic_variables_are_secret_too(tmp_path):
    vars_file = tmp_path / "rpi3-1.vars"
    vars_file.write_text('WIFI_PASSWORD="sesam"\nARCHITECTURE="arm64"\n')
    secrets = board(tmp_path, EXAMPLE).secret_values(vars_file)
    assert "sesam" in secrets
    assert "arm64" not in secrets
    assert board(tmp_path, EXAMPLE).secret_values(tmp_path / "absent.vars") == board(tmp_path, EXAMPLE).secret_values()


def test_a_file_that_is_too_large_missing_or_badly_named_is_refused(tmp_path):
    (tmp_path / "large.board").write_bytes(b"#" * (MAX_SIZE + 1))
    (tmp_path / "a b.board").write_text("")
    (tmp_path / "folder.board").mkdir()
    for name in ["large.board", "absent.board", "a b.board", "folder.board"]:
        with pytest.raises(BadBoardFile, match=name):
            read_board_file(tmp_path / name)


def test_a_folder_gives_its_boards_by_name_and_nothing_else(tmp_path):
    for name in ["b.board", "a.board", "a.vars", ".#a.board", "notes.txt"]:
        (tmp_path / name).write_text("ARCHITECTURE=arm\n")
    assert [one.name for one in read_boards_dir(tmp_path)] == ["a", "b"]


def test_one_bad_file_does_not_hide_the_other_boards(tmp_path):
    (tmp_path / "a.board").write_text("")
    (tmp_path / "b c.board").write_text("")
    problems: list[BadBoardFile] = []
    assert [one.name for one in read_boards_dir(tmp_path, problems)] == ["a"]
    assert "b c.board" in str(problems[0])
    with pytest.raises(BadBoardFile):
        read_boards_dir(tmp_path)
    with pytest.raises(BadBoardFile):
        read_boards_dir(tmp_path / "absent")


@given(st.text(alphabet="A=B+\"'\\\n #;{}()$`f \t.", max_size=60))
def test_any_text_is_read_to_its_end(text):
    assert (
        "END" in parse_shell_text("X=1\n" + text.translate({ord(c): None for c in "\"'{\\"}) + "\nEND=1\n").variables()
    )
    parse_shell_text(text)


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_any_bytes_make_a_board_without_an_exception(tmp_path, data):
    (tmp_path / "x.board").write_bytes(data)
    read = read_board_file(tmp_path / "x.board")
    assert all(value.encode() for value in read.facts().values())
    read.secret_values()


def test_the_real_board_files_are_read(shared_data):
    boards = {one.name: one for one in read_boards_dir(shared_data / "fuego" / "boards")}
    assert len(boards) == 12
    assert [name for name, one in boards.items() if one.is_placeholder] == ["template-dev"]
    assert [name for name, one in boards.items() if one.warnings] == []
    assert boards["raspberrypi3"].facts()["machine"] == "raspberrypi3"
    assert boards["lager"].variables["SRV_IP"] == "192.168.13.1"
    assert boards["ftc-test"].functions == ("zfoo", "zbar", "zfoo", "zzbar")
    for one in boards.values():
        assert "arch" in one.facts() or one.is_placeholder
        facts = set(one.facts().values())
        for name in ["IPADDR", "LOGIN", "PASSWORD", "SRV_IP", "SERIAL"]:
            assert not one.variables.get(name) or one.variables[name] not in facts


@pytest.mark.parametrize("line", ["include  " + " " * 100 + "x'y\n", 'A+="$A"\n', "A+=" + "x" * 60 + "\n", "f()\n\n\n"])
def test_a_file_made_to_be_slow_is_read_quickly(line):
    started = time.process_time()  # of this process alone: others may keep the machine busy
    parse_shell_text(line * (100_000 // len(line)))
    assert time.process_time() - started < 2
