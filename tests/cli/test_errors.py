"""Whatever goes wrong is one line on stderr and the right exit status, never a traceback."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import click
import pytest

from fuego_jenkins_remote.cli import program
from fuego_jenkins_remote.cli.errors import STATUS, Failed, missing_extra, status_of
from fuego_jenkins_remote.client.errors import Invalid
from fuego_jenkins_remote.fuego.errors import BadBoardFile, BadName

from .conftest import FTC

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", STATUS)
def test_the_table_names_classes_that_are_there(path: str) -> None:
    module, _, name = path.rpartition(".")
    assert issubclass(getattr(import_module(module), name), Exception)


def test_a_class_of_its_own_counts_before_its_base() -> None:
    assert status_of(BadName("x")) == 2
    assert status_of(BadBoardFile("x")) == 1
    assert status_of(Invalid("x", status=422)) == 1
    assert status_of(ZeroDivisionError()) is None


def test_a_fault_of_ours_is_told_as_one(ftc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_invoke", lambda _: 1 // 0)
    result = ftc("version")
    assert result.status == 1
    assert result.err.startswith("ftc: this is a fault of ftc: ZeroDivisionError")
    assert result.err.endswith("with --debug it says where\n")


def test_debug_shows_where_an_error_came_from(ftc, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> int:
        raise Failed("no")

    monkeypatch.setattr(program, "_invoke", fail)
    assert "Traceback" in ftc("version", "--debug").err
    assert ftc("version").err == "ftc: no\n"


def test_what_is_not_installed_is_told_with_the_command_that_installs_it() -> None:
    assert "fuego-jenkins-remote[lab]" in (missing_extra(ImportError(name="jenkins")) or "")
    assert missing_extra(ImportError(name="something_else")) is None


def test_what_every_part_needs_is_known_when_it_is_missing() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    names = {re.split(r"[<>=\[]", one)[0] for part in ("hub", "vision", "lab", "controller") for one in wanted[part]}
    modules = {_MODULES.get(name, name.replace("-", "_")) for name in names}
    assert sorted(one for one in modules if missing_extra(ImportError(name=one)) is None) == []


_MODULES = {"jenkins-job-builder": "jenkins_jobs", "python-jenkins": "jenkins", "setuptools": "pkg_resources"}
"""What is imported of a package, where it is not the package's own name."""


def test_escapes_in_a_message_do_not_reach_the_terminal(ftc) -> None:
    assert "\x1b" not in ftc("no-\x1b[31m-verb").err


def test_ctrl_c_is_130(ftc, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "_invoke", interrupted)
    assert ftc("version") == main_result(130)


def main_result(status: int):
    from .conftest import Result

    return Result(status, "", "")


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run([*FTC, "help"], stdout=pipe, stderr=subprocess.PIPE, check=False, timeout=200)
    assert (done.returncode, done.stderr) == (1, b"")


def test_texts_that_the_terminal_cannot_show_are_escaped() -> None:
    code = "from fuego_jenkins_remote.cli.main import run; run(['no-größe'])"
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True, timeout=200)
    assert done.stderr.startswith(b"ftc: no such verb 'no-gr\\xf6\\xdfe'")


def test_interrupt_during_a_call_of_a_process(tmp_path) -> None:
    code = (
        "import os, signal\nfrom fuego_jenkins_remote.cli import main, program\n"
        "program._invoke = lambda _: os.kill(os.getpid(), signal.SIGINT) or signal.pause()\n"
        "raise SystemExit(main.run(['version']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=200)
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, b"")


def test_interrupt_while_modules_are_imported(tmp_path) -> None:
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nsignal.pause()\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([*FTC, "version"], env=env, capture_output=True, check=False, timeout=200)
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, b"")


def test_usage_errors_name_the_verb_and_its_help(ftc) -> None:
    result = ftc("put-request", "--zzzz")
    assert result.status == 2
    assert result.err == "ftc: put-request: No such option '--zzzz' (see: ftc help put-request)\n"


def test_click_errors_are_in_the_table() -> None:
    assert status_of(click.BadParameter("x")) == 2
