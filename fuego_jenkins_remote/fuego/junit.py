"""A run as JUnit's XML, which Jenkins' junit plugin and many others show as cases and trends.

Format: the `testsuites` document of Jenkins' own junit-10.xsd (xunit plugin). Fuego's test case ids keep their parts:
`testsuite.testset.testcase` becomes the class `testsuite.testset` and the name `testcase`. Whatever a test wrote into
its names, only characters that XML 1.0 allows come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from fuego_jenkins_remote.fuego.runs import Measurement, Run, Status, TestCase, TestSet

MAX_CASES = 20_000
"""A document has no more cases than this: what shows it holds them all in memory."""
MAX_SIZE = 16 * 2**20
"""Characters of a document, about: a test may give its run names of any length."""
MAX_LOG = 16 * 2**10
"""Characters of a log's end that are kept."""
MAX_TEXT = 4096
"""Characters of a name, a message or a case's output that are kept."""

WHOLE = "whole_test"
"""The name of the case that stands for the test itself, where no case tells how it ended."""

# XML 1.0 has no other characters than these, not even as references.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(run: Run, *, log: str = "") -> bytes:
    """Write the XML, in UTF-8; `log` is the test's own output, of which the end is kept.

    A run without cases, and one that failed though none of its cases did, gets one more case for the test as a whole.
    """
    suites = "".join(_suite(run, one, cases) for one, cases in _sets(run))
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n', f"<testsuites{_attributes(name=run.name)}>\n", suites]
    whole = _whole(run)
    if whole is not None or log:
        parts.append(_suite_of(run, run.name, [] if whole is None else [(run.name, whole)], log))
    parts.append("</testsuites>\n")
    return "".join(parts).encode()


def _sets(run: Run) -> Iterator[tuple[TestSet, tuple[TestCase, ...]]]:
    """The sets with as many cases as are shown; none after the one in which there is no more room."""
    left, room = MAX_CASES, MAX_SIZE
    for one in run.test_sets:
        name = f"{run.name}.{one.name}"
        room -= len(_suite_of(run, name, [], ""))
        shown: list[TestCase] = []
        for case in one.test_cases[:left]:
            room -= len(_case(run, name, case))
            if room < 0:
                break
            shown.append(case)
        left -= len(shown)
        yield one, tuple(shown)
        if room < 0:
            return


def _whole(run: Run) -> TestCase | None:
    statuses = {case.status for _, case in run.cases()}
    if not statuses or (run.status in {Status.FAIL, Status.ERROR} and not statuses & {Status.FAIL, Status.ERROR}):
        return TestCase(name=WHOLE, status=run.status)
    return None


def _suite(run: Run, one: TestSet, cases: tuple[TestCase, ...]) -> str:
    left_out = len(one.test_cases) - len(cases)
    note = f"{left_out} more cases are in run.json" if left_out else ""
    name = f"{run.name}.{one.name}"
    return _suite_of(run, name, [(name, case) for case in cases], note)


def _suite_of(run: Run, name: str, cases: list[tuple[str, TestCase]], log: str) -> str:
    counts = {status: sum(case.status is status for _, case in cases) for status in Status}
    started = run.started_at
    attributes = _attributes(
        name=name,
        tests=str(len(cases)),
        failures=str(counts[Status.FAIL]),
        errors=str(counts[Status.ERROR]),
        skipped=str(counts[Status.SKIP]),
        hostname=run.text("board"),
        timestamp=started.strftime("%Y-%m-%dT%H:%M:%S") if started else "",
    )
    lines = [f"  <testsuite{attributes}>\n"]
    lines += [_case(run, class_name, case) for class_name, case in cases]
    if log:
        lines.append(f"    <system-out>{_text(_end(log))}</system-out>\n")
    return "".join([*lines, "  </testsuite>\n"])


def _case(run: Run, class_name: str, case: TestCase) -> str:
    seconds = ""
    if case.name == WHOLE and run.duration_ms is not None and run.duration_ms >= 0:
        seconds = f"{run.duration_ms / 1000:.3f}"
    attributes = _attributes(classname=class_name, name=case.name, time=seconds)
    inside = _verdict(case) + _output(case)
    return f"    <testcase{attributes}>{inside}</testcase>\n" if inside else f"    <testcase{attributes}/>\n"


def _verdict(case: TestCase) -> str:
    bad = [one for one in case.measurements if one.status in {Status.FAIL, Status.ERROR}]
    message = ", ".join(_measured(one) for one in bad[:10]) or str(case.extra.get("status_as_read") or case.status)
    match case.status:
        case Status.FAIL:
            return f"<failure{_attributes(message=message)}/>"
        case Status.ERROR:
            return f"<error{_attributes(message=message)}/>"
        case Status.SKIP:
            return "<skipped/>"
    return ""


def _output(case: TestCase) -> str:
    lines = "\n".join(_measured(one) for one in case.measurements)
    return f"<system-out>{_text(lines[:MAX_TEXT])}</system-out>" if lines else ""


def _measured(one: Measurement) -> str:
    return f"{one.name} = {'' if one.measure is None else one.measure} ({one.status})"


def _attributes(**values: str) -> str:
    """Attributes, without those that are empty; a name is always there."""
    return "".join(
        f" {name}={quoteattr(_clean(value[:MAX_TEXT]), _LINE_ENDS)}" for name, value in values.items() if value
    )


_LINE_ENDS = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


def _end(log: str) -> str:
    return log if len(log) <= MAX_LOG else f"[the end of {len(log)} characters]\n{log[-MAX_LOG:]}"


def _text(text: str) -> str:
    return escape(_clean(text).replace("\r\n", "\n").replace("\r", "\n"))


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
