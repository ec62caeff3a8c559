"""boards.yaml and lab-policy.yaml: mistakes are named, and nothing that reaches a board leaves the lab."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.lab.config import MAX_FILE, LabConfig
from fuego_jenkins_remote.lab.errors import BadLabFile
from fuego_jenkins_remote.network.policy import Answer


def _boards_yaml(lab: LabConfig, text: str) -> None:
    (lab.conf_dir / "boards.yaml").write_text(text)


def _record(lab: LabConfig) -> dict[str, object]:
    board = lab.board_file("bbb")
    assert board is not None
    return lab.board_record(board)


def test_without_boards_yaml_the_board_file_speaks_alone(lab: LabConfig) -> None:
    assert _record(lab) == {
        "facts": {"arch": "arm"},
        "labels": [],
        "description": "",
        "open_to": ["*"],
        "online": True,
        "terms": {"policy": "ask"},
    }


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("default: run\n", "run"),
        ("default: run\nrules: [{boards: [b*], do: refuse}]\n", "refuse"),
        ("rules: [{teams: [friends], do: run}, {tests: [Functional.a], do: run}]\n", "ask"),
    ],
)
def test_what_the_policy_does_with_outsiders_is_told_with_a_board(lab: LabConfig, text: str, policy: str) -> None:
    (lab.conf_dir / "lab-policy.yaml").write_text(text)
    assert _record(lab)["terms"] == {"policy": policy}


def test_boards_yaml_adds_to_the_board_file(lab: LabConfig) -> None:
    _boards_yaml(
        lab,
        "boards:\n  bbb: {type: bbb, cpu: cortex-a8, labels: [näher, 2], description: on Tim's desk, open_to: [a]}\n",
    )
    assert _record(lab) == {
        "facts": {"arch": "arm", "type": "bbb", "cpu": "cortex-a8"},
        "labels": ["näher", "2"],
        "description": "on Tim's desk",
        "open_to": ["a"],
        "online": True,
        "terms": {"policy": "ask"},
    }


def test_a_board_for_the_own_team_only_is_open_to_nobody_else(lab: LabConfig) -> None:
    _boards_yaml(lab, "boards: {bbb: {open_to: []}}\n")
    assert _record(lab)["open_to"] == []


def test_who_may_ask_can_be_said_in_words(lab: LabConfig) -> None:
    _boards_yaml(lab, "boards: {bbb: {open_to: [network]}}\n")
    assert _record(lab)["open_to"] == ["*"]
    _boards_yaml(lab, "boards: {bbb: {open_to: [nobody]}}\n")
    assert _record(lab)["open_to"] == []
    _boards_yaml(lab, "boards: {bbb: {open_to: [a, 'user:anna']}}\n")
    assert _record(lab)["open_to"] == ["a", "user:anna"]
    assert lab.boards_open_to() == {"bbb": ("a", "user:anna")}


def test_a_boards_own_terms_come_before_those_for_all(lab: LabConfig) -> None:
    _boards_yaml(
        lab,
        "terms: {max_time: 4h, ask: true}\n"
        "share: {time_zone: UTC, windows: [Mon 10:00-12:00]}\n"
        "boards: {bbb: {terms: {ask: false, running: {user: 1}}}}\n",
    )
    assert _record(lab)["terms"] == {
        "max_time": 14400,
        "running": {"user": 1},
        "windows": {"time_zone": "UTC", "windows": ("Mon 10:00-12:00",)},
        "policy": "ask",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("boards: {bbb: {terms: [ask]}}\n", "board bbb: terms: names with values"),
        ("boards: {bbb: {terms: {aks: true}}}\n", "board bbb: terms: unknown key 'aks'"),
        ("boards: {bbb: {terms: {max_time: soon}}}\n", "board bbb: terms: max_time: 'soon'"),
        ("terms: {priority: 200}\n", "board bbb: terms: priority: a number from 0 to 100"),
        ("terms: {policy: run}\n", "board bbb: terms: the lab's policy stands in lab-policy.yaml"),
        ("boards: {bbb: {terms: {windows: []}}}\n", "board bbb: terms: windows stand under 'share'"),
        ("share: {time_zone: UTC, windows: [Mon]}\n", "board bbb: share: windows: 'Mon' is no window"),
        ("boards: [bbb]\n", "boards: a name and values are expected"),
        ("bbb: {}\n", "one key is expected, 'boards'"),
        ("boards: {}\nmore: 1\n", "one key is expected, 'boards'"),
        ("- x\n", "one key is expected, 'boards'"),
        ("boards: {bbb: {typ: x}}\n", "board bbb: unknown key 'typ' .known: check, config, cpu, description"),
        ("boards: {bbb: here}\n", "board bbb: values are expected"),
        ("boards: {bbb: {labels: usb}}\n", r"board bbb: labels is a list, like \[one, two\]"),
        ("boards: {bbb: {open_to: '*'}}\n", "board bbb: open_to is a list"),
        ("boards: {bbb: {labels: [[x]]}}\n", "board bbb: labels is a list"),
        ("boards: {bbb: {labels: [null]}}\n", "board bbb: labels is a list"),
        ("boards: {bbb: {type: [x]}}\n", "board bbb: type is one word"),
    ],
)
def test_a_mistake_in_boards_yaml_is_named_with_file_and_board(lab: LabConfig, text: str, said: str) -> None:
    _boards_yaml(lab, text)
    with pytest.raises(BadLabFile, match=rf"boards\.yaml: {said}"):
        _record(lab)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("boards.yaml", b"boards:\n  bbb: {type: x\n  c: d\n", ":3"),
        ("boards.yaml", b"boards:\n\tbbb: x\n", ":2"),
        ("lab-policy.yaml", b"default: run\nrules:\n  - {do: run\n", ":4"),
        ("lab-policy.yaml", b"default: &x [*y]\n", ":1"),
        ("lab-policy.yaml", b"default: !!python/object:os.system {}\n", ":1"),
        ("boards.yaml", b"boards: \xff\xfe\n", ""),
        ("boards.yaml", b"boards: 2026-13-45\n", ""),
    ],
)
def test_what_is_no_yaml_is_named_with_file_and_line(lab: LabConfig, name: str, text: bytes, line: str) -> None:
    (lab.conf_dir / name).write_bytes(text)
    with pytest.raises(BadLabFile, match=rf"{name}{line}: no YAML"):
        _ = _record(lab) if name == "boards.yaml" else lab.policy()


def test_a_file_that_is_too_large_or_cannot_be_read_is_named(lab: LabConfig) -> None:
    path = lab.conf_dir / "lab-policy.yaml"
    path.write_bytes(b"#" * (MAX_FILE + 1))
    with pytest.raises(BadLabFile, match=r"lab-policy\.yaml: larger than"):
        lab.policy()
    path.unlink()
    path.mkdir()
    with pytest.raises(BadLabFile, match=r"lab-policy\.yaml: cannot be read"):
        lab.policy()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("defualt: run\n", "unknown key 'defualt'"),
        ("default: yes\n", "default: 'True' is none of run, ask, refuse"),
        ("rules: [{do: run}, {teams: [x]}]\n", "rule 2: 'do' is missing"),
        ("max_time: soon\n", "max_time: 'soon' is no number"),
        ("run\n", "names with values are needed"),
    ],
)
def test_a_mistake_in_the_policy_is_named_with_file_and_rule(lab: LabConfig, text: str, said: str) -> None:
    (lab.conf_dir / "lab-policy.yaml").write_text(text)
    with pytest.raises(BadLabFile, match=rf"lab-policy\.yaml: .*{said}"):
        lab.policy()


def test_a_policy_is_read_anew_each_time(lab: LabConfig) -> None:
    assert lab.policy().default is Answer.ASK
    (lab.conf_dir / "lab-policy.yaml").write_text("default: refuse\n")
    assert lab.policy().default is Answer.REFUSE


def test_a_template_that_nobody_has_filled_in_is_no_board(lab: LabConfig) -> None:
    (lab.fuego_ro / "boards" / "new.board").write_text('IPADDR="set_ip_here"\nARCHITECTURE="arm"\n')
    assert [board.name for board in lab.board_files()] == ["bbb"]


@pytest.mark.parametrize("name", ["../bbb", "/etc/x", "", "a b", "-x"])
def test_a_board_that_is_no_name_is_looked_for_nowhere(lab: LabConfig, name: str) -> None:
    with pytest.raises(BadName):
        lab.board_file(name)


def test_secret_values_are_the_boards_and_the_labs_own(lab: LabConfig) -> None:
    (lab.fuego_rw / "boards").mkdir()
    (lab.fuego_rw / "boards" / "bbb.vars").write_text('WIFI_PASSWORD="offen-42"\n')
    own = LabConfig(**{**vars(lab), "secrets": frozenset({"token-of-the-lab"})})
    assert own.secret_values("bbb") >= {"geheim-3", "192.0.2.9", "offen-42", "token-of-the-lab"}
    assert own.secret_values("gone") == {"token-of-the-lab"}


def test_what_reaches_a_board_is_in_no_record_of_a_real_board_file(lab: LabConfig, shared_data: Path) -> None:
    real = LabConfig(**{**vars(lab), "fuego_ro": shared_data / "fuego"})
    boards = real.board_files([])
    assert boards
    for board in boards:
        told = json.dumps(real.board_record(board))
        for name in ("IPADDR", "PASSWORD", "SSH_KEY", "SERIAL", "SRV_IP", "TTC_TARGET"):
            value = board.variables.get(name, "")
            if value and value != board.name:
                assert f'"{value}"' not in told, (board.name, name)


def test_who_may_ask_for_boards_and_what_they_share_is_read_at_once(lab: LabConfig) -> None:
    _boards_yaml(lab, "boards: {bbb: {open_to: [kernel-team], resources: [power-1, 2]}, rpi: {}}\n")
    assert lab.boards_open_to() == {"bbb": ("kernel-team",), "rpi": ("*",)}
    assert lab.boards_resources() == {"bbb": ("power-1", "2"), "rpi": ()}
