"""The units of examples/systemd: what they call is there, and systemd understands them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from fuego_jenkins_remote.cli.program import ftc
from fuego_jenkins_remote.cli.verbs import find_verb

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "examples" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_what_a_unit_calls_is_there_with_these_options(unit: Path) -> None:
    calls = re.findall(r"^Exec\w+=.*?/opt/fuego-venv/bin/ftc (.+?)'?$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    assert calls
    for call in calls:
        verb, sub, *rest = call.split()
        assert find_verb(verb) == verb
        group = ftc.get_command(click.Context(ftc), verb)
        assert isinstance(group, click.Group)
        known = {option for parameter in group.commands[sub].params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= known


def test_the_bridges_units_may_write_where_it_writes() -> None:
    for unit in SERVICES:
        text = unit.read_text(encoding="utf-8")
        if "ftc lab" in text:
            assert "StateDirectory=fuego-lab" in text
            assert "FUEGO_STATE_DIR=/var/lib/fuego-lab" in text
            assert re.search(r"^ReadWritePaths=\S+/remote$", text, re.MULTILINE)
            assert not re.search(r"^RestrictSUIDSGID=yes", text, re.MULTILINE)


def test_every_unit_is_named_in_the_docs() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    assert [unit.name for unit in UNITS if unit.name not in pages] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/fuego-venv/bin/ftc", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    said = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (said.returncode, said.stderr) == (0, "")
