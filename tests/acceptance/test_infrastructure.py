"""A test that its surroundings kept from running is an error with a reason, never a FAIL; its run comes, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fuego_jenkins_remote.network.reasons import Reason, meaning
from fuego_jenkins_remote.network.states import State
from until import until

pytestmark = pytest.mark.slow

TESTS = {
    "Functional.needs_much": (
        'test_pre_check() {\n    assert_has_program no-such-program\n}\ntest_run() {\n    report "echo ran"\n}\n'
    ),
    "Functional.cross": 'test_build() {\n    arm-none-gcc hello.c\n}\ntest_run() {\n    report "echo ran"\n}\n',
    "Functional.far": (
        'test_deploy() {\n    echo "ssh: connect to host 192.0.2.77 port 22: No route to host"\n    return 255\n}\n'
        'test_run() {\n    report "echo ran"\n}\n'
    ),
    "Functional.odd": "test_run() {\n    abort_job 'it is full moon'\n}\n",
}


@pytest.fixture(scope="module")
def ended(whole_network: Any) -> Iterator[dict[str, Any]]:
    """The request for each test, at its end."""
    core = whole_network.root / "demolab" / "core" / "tests"
    for name, text in TESTS.items():
        (core / name).mkdir()
        (core / name / "fuego_test.sh").write_text(f"#!/bin/bash\n{text}")
        (core / name / "spec.json").write_text(f'{{"testName": "{name}", "specs": {{"default": {{}}}}}}')
    whole_network.all_up()
    requests = {name: whole_network.put(test=name) for name in TESTS}
    yield {name: whole_network.comes_to(one, State.ERROR, State.DONE) for name, one in requests.items()}
    for name in TESTS:
        for file in (core / name).iterdir():
            file.unlink()
        (core / name).rmdir()


@pytest.mark.parametrize(
    ("name", "reason", "line"),
    [
        ("Functional.needs_much", Reason.PRE_CHECK, "the board has no program no-such-program"),
        ("Functional.cross", Reason.TOOLCHAIN, "arm-none-gcc: command not found"),
        ("Functional.far", Reason.UNREACHABLE, "ssh: connect to host *** port 22: No route to host"),
    ],
)
def test_what_the_surroundings_lack_is_said(
    whole_network: Any, ended: dict[str, Any], name: str, reason: Reason, line: str
) -> None:
    request = ended[name]
    assert request.state is State.ERROR
    assert request.reason.startswith(f"{meaning(reason)}: ")
    assert line in request.reason
    until(lambda: whole_network.runs_of(request.id), "its run is at vision")
    assert whole_network.results.run(request.run_key)["status"] == "ERROR"


def test_an_error_of_the_tests_own_is_a_result(ended: dict[str, Any]) -> None:
    assert (ended["Functional.odd"].state, ended["Functional.odd"].status) == (State.DONE, "ERROR")
