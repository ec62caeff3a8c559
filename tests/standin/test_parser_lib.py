"""The parser library, as a test's parser.py uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.standin.conftest import Lab

LOG = "test_run() { report \"printf 'a 1\\\\nx\\\\nb 2\\\\n'\"; }"


def parsed(lab: Lab, lines: str) -> str:
    """Run a test with a parser of these lines, which write to result.txt."""
    parser = f"import common as plib, json, os, sys\nlog = open(os.environ['LOGDIR'] + '/result.txt', 'w')\n{lines}\n"
    lab.add_test("Functional.x", LOG, parser_py=parser)
    return lab.run("x").text("result.txt")


def test_parse_log_gives_the_groups_of_each_line_that_matches(lab: Lab) -> None:
    assert json.loads(parsed(lab, r"json.dump(plib.parse_log(r'^(\w) (\d)$'), log)")) == [["a", "1"], ["b", "2"]]


def test_parse_log_without_groups_gives_what_matched(lab: Lab) -> None:
    assert json.loads(parsed(lab, r"json.dump(plib.parse_log(r'\d'), log)")) == [["1"], ["2"]]


def test_process_gives_the_exit_status(lab: Lab) -> None:
    lines = "log.write('%s %s' % (plib.process({'a': 'SKIP'}), plib.process({'a': 'FAIL'})))"
    assert parsed(lab, lines) == "0 1"


def test_the_names_that_parsers_use_are_there(lab: Lab) -> None:
    lines = "log.write(plib.TESTDIR + ' ' + os.path.relpath(plib.TEST_LOG, plib.LOGDIR) + ' ' + plib.TEST_HOME)"
    assert parsed(lab, lines) == f"Functional.x testlog.txt {lab.places.tests / 'Functional.x'}"


def test_the_log_is_cut_into_test_cases(lab: Lab) -> None:
    lab.add_test(
        "Functional.x",
        "test_run() { report \"printf '== a\\\\none\\\\n== ../b\\\\ntwo\\\\n== c\\\\nthree\\\\n'\"; }",
        parser_py="import common as plib\n"
        "results = {'set.a': 'PASS', 'set.c': 'PASS', 'set.../b': 'PASS'}\n"
        "plib.process(results)\n"
        "plib.split_output_per_testcase('^== (.*)$', results, 1)\n",
    )
    ran = lab.run("x")
    found = {str(path.relative_to(ran.folder)): path.read_text() for path in ran.folder.glob("result/**/*.log")}
    assert found == {"result/set/outputs/a.log": "== a\none\n", "result/set/outputs/c.log": "== c\nthree\n"}
    assert not list(Path(lab.places.fuego_rw).rglob("b.log"))


def test_an_older_parser_that_names_fuegos_folder_finds_it_too(lab: Lab) -> None:
    lines = "sys.path.insert(0, os.environ['FUEGO_CORE'] + '/engine/scripts/parser')\nlog.write(plib.__name__)"
    assert parsed(lab, lines) == "common"
