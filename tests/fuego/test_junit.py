"""JUnit's XML of a run: what a reader of it sees."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.fuego import junit
from fuego_jenkins_remote.fuego.junit import MAX_CASES, MAX_LOG, to_junit
from fuego_jenkins_remote.fuego.runs import Measurement, Run, Status, TestCase, TestSet, read_run


def make_run(*cases: TestCase, status: Status = Status.PASS, name: str = "Functional.usb") -> Run:
    sets = (TestSet(name="default", status=status, test_cases=cases),) if cases else ()
    return Run(name=name, status=status, duration_ms=1500, metadata={"board": "bbb"}, test_sets=sets)


def parsed(run: Run, log: str = "") -> ET.Element:
    return ET.fromstring(to_junit(run, log=log))


def test_a_case_keeps_the_three_parts_of_its_name() -> None:
    case = parsed(make_run(TestCase(name="plug", status=Status.PASS))).find(".//testcase")
    assert case is not None
    assert case.attrib == {"classname": "Functional.usb.default", "name": "plug"}
    assert len(case) == 0


@pytest.mark.parametrize(
    ("status", "element"), [(Status.FAIL, "failure"), (Status.ERROR, "error"), (Status.SKIP, "skipped")]
)
def test_what_is_not_passed_has_an_element_and_is_counted(status: Status, element: str) -> None:
    suite = parsed(make_run(TestCase(name="a", status=status), TestCase(name="b", status=Status.PASS))).find(
        "testsuite"
    )
    assert suite is not None
    assert suite.find(f"testcase[@name='a']/{element}") is not None
    counted = {"failure": "failures", "error": "errors", "skipped": "skipped"}[element]
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "2",
        "failures": "0",
        "errors": "0",
        "skipped": "0",
        counted: "1",
    }


def test_measurements_are_the_output_of_their_case() -> None:
    case = TestCase(
        name="tcp",
        status=Status.FAIL,
        measurements=(
            Measurement(name="net", status=Status.FAIL, measure=12.5),
            Measurement(name="cpu", status=Status.PASS, measure=3),
        ),
    )
    found = parsed(make_run(case, status=Status.FAIL)).find(".//testcase")
    assert found is not None
    assert found.findtext("system-out") == "net = 12.5 (FAIL)\ncpu = 3 (PASS)"
    failure = found.find("failure")
    assert failure is not None
    assert failure.get("message") == "net = 12.5 (FAIL)"


def test_a_run_without_cases_is_one_case() -> None:
    case = parsed(make_run(status=Status.ERROR)).find(".//testcase")
    assert case is not None
    assert case.attrib == {"classname": "Functional.usb", "name": "whole_test", "time": "1.500"}
    assert case.find("error") is not None


def test_a_run_that_failed_though_no_case_did_shows_it() -> None:
    run = make_run(TestCase(name="a", status=Status.PASS), status=Status.FAIL)
    assert [case.get("name") for case in parsed(run).iter("testcase")] == ["a", "whole_test"]


@pytest.mark.parametrize("what", ["sets", "cases"])
def test_a_run_of_long_names_makes_no_document_without_end(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "MAX_SIZE", 100_000)
    case = TestCase(name='"' * 2000, status=Status.PASS)
    if what == "sets":
        run = replace(make_run(), test_sets=(TestSet(name="", status=Status.PASS, test_cases=()),) * 5000)
    else:
        run = make_run(*[case] * 5000)
    written = to_junit(replace(run, name="x" * 3000))
    assert len(written) < 200_000
    assert ET.fromstring(written).tag == "testsuites"


def test_of_a_long_log_the_end_is_kept() -> None:
    out = parsed(make_run(), log="x" * 10 * MAX_LOG + "the end").findtext("testsuite/system-out")
    assert out is not None
    assert out.startswith("[the end of ")
    assert out.endswith("xthe end")
    assert len(out) < MAX_LOG + 100


def test_more_cases_than_anybody_shows_are_told_of() -> None:
    run = make_run(*(TestCase(name=f"c{n}", status=Status.PASS) for n in range(MAX_CASES + 3)))
    document = parsed(run)
    assert len(list(document.iter("testcase"))) == MAX_CASES
    assert "3 more cases" in "".join(document.itertext())


hostile = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(
    [
        "</system-out>",
        "]]>",
        "<!DOCTYPE x>",
        "&amp;",
        "\x00\x1b[2J",
        "\ud800",
        '"><script>alert(1)</script>',
        "größe 試",
    ]
)


@given(
    names=st.lists(hostile, min_size=1, max_size=4),
    status=st.sampled_from(Status),
    log=hostile,
)
def test_any_text_comes_out_as_xml(names: list[str], status: Status, log: str) -> None:
    measured = tuple(Measurement(name=name, status=status, measure=1) for name in names)
    cases = tuple(TestCase(name=name, status=status, measurements=measured) for name in names)
    run = Run(
        name=names[0] or "x",
        status=status,
        metadata={"board": names[0]},
        test_sets=(TestSet(name=names[-1], status=status, test_cases=cases),),
    )
    document = parsed(run, log=log)
    assert {element.tag for element in document.iter()} <= {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "error",
        "skipped",
        "system-out",
    }


def test_line_ends_in_a_name_are_kept() -> None:
    case = parsed(make_run(TestCase(name="a\n\tb", status=Status.PASS))).find(".//testcase")
    assert case is not None
    assert case.get("name") == "a\n\tb"


@pytest.mark.parametrize("name", ["Functional.hello_world", "Benchmark.netperf"])
def test_runs_of_fuego_itself(shared_data: Path, name: str) -> None:
    file = shared_data / "fuego" / "runs" / f"{name}.run.json"
    if not file.is_file():
        pytest.skip(f"{file} is not here")
    run = read_run(file)
    expected = [f"{name}.{one.name}.{case.name}" for one, case in run.cases()]
    assert expected
    found = [f"{case.get('classname')}.{case.get('name')}" for case in parsed(run).iter("testcase")]
    assert found == expected
    assert len(json.loads(file.read_text())["test_sets"]) == len(run.test_sets)
