"""Fuego's own ftc is found, never ourselves, and gets every argument as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fuego_jenkins_remote.standin.errors import StandinError
from fuego_jenkins_remote.standin.passthrough import DEPTH, MAX_DEPTH, find_fuego_ftc, run_fuego_ftc

RECORDS = """#!/bin/sh
for argument in "$@"; do printf '%s\\0' "$argument"; done > "$RECORD"
echo "depth $FUEGO_REMOTE_FTC_DEPTH"
exit 7
"""

PASSES_ON = """
import os, sys
from pathlib import Path
from fuego_jenkins_remote.standin.passthrough import run_fuego_ftc
print("ours first")
run_fuego_ftc(Path(sys.argv[1]), sys.argv[2:], os.environ)
"""


def install(core: Path, place: str = "scripts/ftc", text: str = RECORDS) -> Path:
    ftc = core / place
    ftc.parent.mkdir(parents=True, exist_ok=True)
    ftc.write_text(text)
    ftc.chmod(0o755)
    return ftc


@pytest.mark.parametrize("place", ["scripts/ftc", "engine/scripts/ftc"])
def test_it_is_found_where_fuego_keeps_it(tmp_path: Path, place: str) -> None:
    ftc = install(tmp_path, place)
    assert find_fuego_ftc({"FUEGO_CORE": str(tmp_path)}) == ftc
    assert find_fuego_ftc({}, tmp_path) == ftc


def test_the_environment_comes_before_the_conf_file(tmp_path: Path) -> None:
    first, second = install(tmp_path / "a"), install(tmp_path / "b")
    assert find_fuego_ftc({"FUEGO_CORE": str(tmp_path / "a")}, tmp_path / "b") == first
    assert find_fuego_ftc({"FUEGO_CORE": str(tmp_path / "none")}, tmp_path / "b") == second


def test_without_fuego_there_is_none(tmp_path: Path) -> None:
    assert find_fuego_ftc({}) is None
    assert find_fuego_ftc({"FUEGO_CORE": ""}, tmp_path) is None


def test_a_link_to_ourselves_is_not_fuegos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = install(tmp_path / "bin", "ftc", "#!/bin/sh\n")
    monkeypatch.setattr(sys, "argv", [str(ours)])
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/ftc").symlink_to(ours)
    assert find_fuego_ftc({"FUEGO_CORE": str(tmp_path)}) is None


def test_a_copy_of_our_console_script_is_not_fuegos(tmp_path: Path) -> None:
    install(tmp_path, text="#!/usr/bin/python3\nimport sys\nfrom fuego_jenkins_remote.cli.main import main\n")
    assert find_fuego_ftc({"FUEGO_CORE": str(tmp_path)}) is None


def test_arguments_output_and_exit_status_go_through_unchanged(tmp_path: Path) -> None:
    ftc = install(tmp_path)
    arguments = ["add-jobs", "-b", "a b", "", "--x=$(touch y)", "'\"\\\n", "größe", "-"]
    done = subprocess.run(
        [sys.executable, "-c", PASSES_ON, str(ftc), *arguments],
        env={**os.environ, "RECORD": str(tmp_path / "record")},
        capture_output=True,
        check=False,
    )
    assert (tmp_path / "record").read_bytes() == "\0".join([*arguments, ""]).encode()
    assert (done.returncode, done.stdout) == (7, b"ours first\ndepth 1\n")


def test_an_ftc_that_calls_us_again_and_again_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(StandinError, match="calls this ftc again"):
        run_fuego_ftc(install(tmp_path), [], {DEPTH: str(MAX_DEPTH)})


@pytest.mark.parametrize(("mode", "text"), [(0o644, RECORDS), (0o755, "#!/no/such/interpreter\n")])
def test_one_that_cannot_be_run_is_said_in_one_line(tmp_path: Path, mode: int, text: str) -> None:
    ftc = install(tmp_path, text=text)
    ftc.chmod(mode)
    with pytest.raises(StandinError, match="cannot run Fuego's ftc"):
        run_fuego_ftc(ftc, ["x"], {})


def test_an_argument_that_no_program_can_get_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StandinError, match="null byte"):
        run_fuego_ftc(install(tmp_path), ["a\0b"], {})
