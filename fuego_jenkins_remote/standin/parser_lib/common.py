"""The parser library where no Fuego is installed: a test's parser.py imports it as ``common``.

    import common as plib
    matches = plib.parse_log(r"^(ok|not ok) \\d+ - (\\S+)$")
    sys.exit(plib.process({"default." + name: "PASS" for status, name in matches}))

Names are those of Fuego's documentation ("Parser module API"). It is run by a Python of its own, finds this run in
the environment, and leaves what it found in STANDIN_RESULTS for run_test.py.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any

LOGDIR: str = os.environ.get("LOGDIR", ".")
"""The run folder."""

TEST_LOG: str = str(Path(LOGDIR) / "testlog.txt")
"""The test log."""

TEST_HOME: str = os.environ.get("TEST_HOME", ".")
"""The test's own folder, with criteria.json and reference.json."""

TESTDIR: str = os.environ.get("TESTDIR", "")
"""The test's full name."""


def _verdicts() -> ModuleType:
    # By its path: this file is run without our package in reach.
    path = Path(__file__).resolve().parent.parent / "verdicts.py"
    spec = importlib.util.spec_from_file_location("standin_verdicts", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read_json(name: str) -> Any:
    try:
        return json.loads((Path(TEST_HOME) / name).read_text("utf-8"))
    except FileNotFoundError:
        return None


def parse_log(regex_string: str) -> list[tuple[str, ...]]:
    """Give, for each line of the test log that matches, the texts of the expression's groups."""
    pattern = re.compile(regex_string)
    with Path(TEST_LOG).open(encoding="utf-8", errors="replace") as log:
        found = [pattern.search(line.rstrip("\r\n")) for line in log]
    return [match.groups("") or (match[0],) for match in found if match]


def process(results: dict[str, Any]) -> int:
    """Judge results by criteria.json, leave them for run.json, and give the exit status: 0 for PASS and SKIP."""
    verdict: dict[str, Any] = _verdicts().judge(results, _read_json("criteria.json"), _read_json("reference.json"))
    target = os.environ.get("STANDIN_RESULTS")
    if target:
        Path(target).write_text(json.dumps(verdict), "utf-8")
    return 0 if verdict["status"] in {"PASS", "SKIP"} else 1


def split_output_per_testcase(regex_string: str, measurements: dict[str, Any], info_follows_regex: int = 0) -> None:
    """Cut the test log into ``result/SET/outputs/CASE.log``, one file a test case.

    The expression's last group is a case's name. ``info_follows_regex``: 1 if a case's output stands after the
    line that matches, 0 if before it.
    """
    pattern = re.compile(regex_string)
    names = {key.rpartition(".")[2]: key.rpartition(".")[0] or "default" for key in measurements}
    chunk: list[str] = []
    current = ""
    with Path(TEST_LOG).open(encoding="utf-8", errors="replace") as log:
        for line in log:
            match = pattern.search(line.rstrip("\r\n"))
            if match and info_follows_regex:
                _write_output(names, current, chunk)
                current, chunk = match.groups("")[-1], []
            chunk.append(line)
            if match and not info_follows_regex:
                _write_output(names, match.groups("")[-1], chunk)
                chunk = []
    if info_follows_regex:
        _write_output(names, current, chunk)


def _write_output(names: dict[str, str], name: str, lines: list[str]) -> None:
    # The name comes out of the log: only a plain one becomes a file's.
    if name not in names or not re.fullmatch(r"\w[\w.+-]{0,100}", name):
        return
    folder = Path(LOGDIR) / "result" / re.sub(r"[^\w+-]", "_", names[name]) / "outputs"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.log").write_text("".join(lines), "utf-8")
