"""The pages name what there is: endpoints, states, make targets, verbs, options, keys; their YAML can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from fastapi import FastAPI

from fuego_jenkins_remote.cli.program import ftc
from fuego_jenkins_remote.cli.verbs import find_verb
from fuego_jenkins_remote.fuego.boards import read_board_file
from fuego_jenkins_remote.fuego.conf import FUEGO_KEYS, OUR_KEYS, read_conf
from fuego_jenkins_remote.hub import admin as hub_admin
from fuego_jenkins_remote.hub.app import make_app as make_hub
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.network.policy import default_policy, policy_from_mapping
from fuego_jenkins_remote.network.states import State
from fuego_jenkins_remote.vision import admin as vision_admin
from fuego_jenkins_remote.vision.app import make_app as make_vision

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
LABS = (ROOT / "docs" / "labs.md").read_text(encoding="utf-8")
METHODS = {"get", "put", "post", "patch", "delete"}


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


# -- endpoints and states


def _documented(section: str) -> set[tuple[str, str]]:
    """The calls in the first column of a section's table, as (method, path), with * for what a caller fills in."""
    table = PROTOCOL.partition(f"\n## {section}")[2].partition("\n## ")[0]
    calls: set[tuple[str, str]] = set()
    for row in re.findall(r"^\| *(`.*?) *\|", table, re.MULTILINE):
        methods: list[str] = []
        for span in re.findall(r"`([^`]+)`", row):
            method, _, path = span.partition(" ")
            methods.append(method)
            if path:
                full = path.partition("?")[0].replace("...", "/requests/ID/attempts/N")
                parts = ["*" if part.isupper() or part == "SHA256" else part for part in full.split("/")]
                calls |= {(each, "/".join(parts)) for each in methods}
                methods = []
    return calls


def _offered(app: FastAPI) -> set[tuple[str, str]]:
    return {
        (method.upper(), re.sub(r"\{\w+\}", "*", path.removeprefix("/api/v1")))
        for path, item in app.openapi()["paths"].items()
        for method in METHODS & set(item)
    }


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[FastAPI]:
    hub_admin.init_data(tmp_path)
    engine = hub_admin.open_data(tmp_path)
    yield make_hub(engine, tmp_path)
    engine.dispose()


@pytest.fixture
def vision(tmp_path: Path) -> Iterator[FastAPI]:
    vision_admin.init_data(tmp_path)
    engine = vision_admin.open_data(tmp_path)
    yield make_vision(engine, tmp_path)
    engine.dispose()


def test_protocol_names_the_hubs_endpoints_and_no_others(hub: FastAPI) -> None:
    assert {call for call in _documented("Hub") if call[0] != "HEAD"} == _offered(hub)


def test_protocol_names_visions_endpoints_and_no_others(vision: FastAPI) -> None:
    assert _documented("Vision") == _offered(vision)


def test_protocol_names_every_state() -> None:
    assert [state for state in State if not re.search(rf"\b{state}\b", PROTOCOL)] == []


# -- commands


def _targets(text: str) -> set[str]:
    return set(re.findall(r"^(?:[A-Z_]+=\S+ )*make (\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_are_there(page: Path) -> None:
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = _targets("\n".join(_blocks(page.read_text(encoding="utf-8"), "sh")))
    assert shown <= there


def test_readme_shows_the_two_commands() -> None:
    assert {"demo", "test"} <= _targets("\n".join(_blocks((ROOT / "README.md").read_text(encoding="utf-8"), "sh")))


def _calls() -> list[tuple[str, str]]:
    """Every call of ftc in a code block, with its page."""
    return [
        (page.name, call)
        for page in PAGES
        for block in _blocks(page.read_text(encoding="utf-8"), "(?:sh|ini)")
        for call in re.findall(r"^(?:ExecStart=\S*/)?ftc (.+?)(?: +#.*| +&.*)?$", block, re.MULTILINE)
    ]


@pytest.mark.parametrize(("page", "call"), _calls())
def test_commands_in_code_blocks_have_these_options(page: str, call: str) -> None:
    words = call.split()
    name = find_verb(words[0])
    assert name is not None
    command = ftc.get_command(click.Context(ftc), name)
    rest = words[1:]
    if isinstance(command, click.Group):
        command, rest = command.commands[rest[0]], rest[1:]
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    options = {re.sub(r"=.*", "", word) for word in rest if re.match(r"--?[a-z]", word)}
    assert options <= known


# -- a lab's files


def test_settings_that_are_shown_are_known(tmp_path: Path) -> None:
    shown = [block for block in _blocks(LABS, "ini") if "host_name=" in block]
    shown += re.findall(
        r"fuego\.conf <<END\n(.*?)^END$", PAGES[0].read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    for block in shown:
        (tmp_path / "fuego.conf").write_text(block, encoding="utf-8")
        assert set(read_conf(tmp_path / "fuego.conf")) <= {*FUEGO_KEYS, *OUR_KEYS}
    assert len(shown) == 2


def _yaml_blocks(file: str) -> list[object]:
    return [yaml.safe_load(block) for block in _blocks(LABS, "yaml") if block.startswith(f"# {file}")]


def test_the_usual_policy_is_shown_as_it_is() -> None:
    assert policy_from_mapping(_yaml_blocks("lab-policy.yaml")[0], "timslab") == default_policy("timslab")


def test_policies_that_are_shown_can_be_read_and_use_every_key() -> None:
    shown = _yaml_blocks("lab-policy.yaml")
    for policy in shown:
        policy_from_mapping(policy, "timslab")
    text = str(shown)
    keys = ["default", "max_time", "max_package", "approvers", "rules"]
    keys += ["users", "teams", "boards", "tests", "source", "git", "do"]
    assert [key for key in keys if f"'{key}'" not in text] == []


def test_boards_yaml_that_is_shown_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "boards").mkdir()
    board = tmp_path / "boards" / "bbb.board"
    board.write_text('ARCHITECTURE="arm"\n', encoding="utf-8")
    (tmp_path / "boards.yaml").write_text(yaml.safe_dump(_yaml_blocks("boards.yaml")[0]), encoding="utf-8")
    lab = LabConfig(
        host="timslab",
        lab_dir=tmp_path,
        state_dir=tmp_path,
        conf_dir=tmp_path,
        fuego_ro=tmp_path,
        fuego_rw=tmp_path,
        fuego_core=tmp_path,
    )
    record = lab.board_record(read_board_file(board))
    assert record["facts"] == {"arch": "arm", "type": "bbb", "cpu": "cortex-a8"}
    assert record["labels"] == ["usb-gadget", "has-eth"]
    assert record["open_to"] == ["*"]
