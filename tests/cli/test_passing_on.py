"""Verbs that are Fuego's go to Fuego's own ftc with their arguments unchanged; without Fuego they are told of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import run_ftc

RECORDER = """#!/usr/bin/env python3
import json, sys
print(json.dumps(sys.argv[1:]))
sys.exit(7)
"""


@pytest.fixture
def fuego(tmp_path: Path) -> dict[str, str]:
    """An environment with a Fuego whose ftc tells its arguments and ends with 7."""
    script = tmp_path / "core" / "scripts" / "ftc"
    script.parent.mkdir(parents=True)
    script.write_text(RECORDER)
    script.chmod(0o755)
    return {"PATH": "/usr/bin:/bin", "FUEGO_CORE": str(tmp_path / "core"), "FUEGO_RO": str(tmp_path)}


@pytest.mark.parametrize(
    "words",
    [
        ["run-test", "-b", "bbb", "-t", "Functional.bc", "--unknown", "a b", "größe", ""],
        ["add-jobs", "-b", "all", "-p", "testplan"],
        ["-v", "gen-report", "--where", "test=bc"],
        ["help", "add-jobs"],
        ["help", "run-test"],
        ["run-test", "-h"],
        ["list-runs", "--where", "test=bc"],
        ["list-boards", "-q"],
    ],
)
def test_fuegos_verbs_get_their_arguments_as_they_were_given(fuego: dict[str, str], words: list[str]) -> None:
    done = run_ftc(*words, env=fuego)
    assert json.loads(done.stdout) == words
    assert done.returncode == 7


@pytest.mark.parametrize(
    "words", [["version"], ["help"], ["help", "put-request"], ["list-tests", "--json"], ["config", "host_name"]]
)
def test_our_verbs_stay_ours(fuego: dict[str, str], words: list[str]) -> None:
    assert run_ftc(*words, env=fuego).returncode == 0


def test_fuego_is_found_by_fuego_conf_too(fuego: dict[str, str], tmp_path: Path) -> None:
    conf = tmp_path / "fuego.conf"
    conf.write_text("fuego_core_dir=core\n")
    env = {"PATH": fuego["PATH"], "FUEGO_CONF": str(conf)}
    assert run_ftc("run-test", "-b", "x", env=env).returncode == 7


def test_a_verb_that_nobody_has_is_told_with_the_nearest(ftc) -> None:
    result = ftc("put-requst", "-x")
    assert (result.status, result.err) == (2, "ftc: no such verb 'put-requst' (did you mean 'put-request'?)\n")


@pytest.mark.parametrize(("said", "meant"), [("list-board", "list-boards"), ("list-tests", "list-tests")])
def test_singular_and_plural_do_alike(ftc, lab, said: str, meant: str) -> None:
    assert ftc(said, "--json") == ftc(meant, "--json")


def test_plural_of_a_singular_verb(ftc) -> None:
    assert ftc("put-runs", "-h").out.startswith("Usage: ftc put-run")


def test_without_fuego_the_stand_in_runs_the_test(ftc, lab) -> None:
    result = ftc("run-test", "-b", "local1", "-t", "hello")
    assert result.status == 0, result.err
    assert "Hello, world!" in result.out


def test_options_before_the_verb_count_as_those_behind_it(ftc, lab) -> None:
    assert ftc("-q", "list-boards").out == ftc("list-boards", "-q").out == "local1\nlocal2\nother\n"


def test_default_board_stands_in_for_b(ftc, lab) -> None:
    lab.add_settings(default_board="local2")
    assert "on local2: PASS" in ftc("run-test", "-t", "hello").out
