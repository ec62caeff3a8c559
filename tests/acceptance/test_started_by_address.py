"""A board's job is started by its address, in a lab whose Jenkins is open as Fuego's own is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from documented_curl import GET_WITH_TOKEN, run
from fuego_jenkins_remote.lab.jenkins.controller import Build
from fuego_jenkins_remote.network.identities import new_call_id, new_request_id
from fuego_jenkins_remote.network.states import State
from fuego_jenkins_remote.service.clock import utc_now

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine"),
]
JOB = "remote-request-eins"


@pytest.fixture(scope="module")
def token(whole_network: Any) -> str:
    """The lab has a trigger token."""
    whole_network.well("lab", "trigger-token", "--rotate")
    return str((whole_network.state_dir / "trigger-token").read_text().strip())


@pytest.fixture
def start(network: Any, token: str, tmp_path: Path) -> Callable[[str], None]:
    """Start the board's job for a request, as the page says, without a login."""

    def call(request: str) -> None:
        url = network.urls["jenkins"]
        done = run(GET_WITH_TOKEN, tmp_path, url=url, board="eins", request=request, login=("", ""), token=token)
        assert done.returncode == 0, done.stderr

    return call


def _newest(network: Any) -> Build | None:
    return next(iter(network.controller.builds(JOB)), None)


def _consoles(network: Any, since: int) -> str:
    newer = [one for one in network.controller.builds(JOB) if one.number > since]
    return "".join(network.controller.console_tail(JOB, one.number, 20_000) for one in newer)


def _last(network: Any) -> int:
    newest = _newest(network)
    return newest.number if newest else 0


def test_a_request_that_waits_is_run_by_the_build(network: Any, start: Any) -> None:
    network.bridge.end()
    request, before = network.put(), _last(network)
    start(request)
    network.bridge.start()
    network.comes_to(request, State.DONE)
    network.assert_one_run(request)
    assert f"no attempt of {request} is prepared for eins: asking the lab's bridge" in _consoles(network, before)


def test_a_pass_of_a_lab_without_a_bridge_answers_too(network: Any, start: Any, until: Any) -> None:
    network.bridge.end()
    request = network.put()
    start(request)
    asked = network.rw / "remote" / "asked" / "eins.ask"
    until(lambda: asked.exists() and request in asked.read_text(), "the build asks")
    network.well("lab", "poll")
    until(lambda: list(network.outbox.glob(f"{request}.*")), "the script has left its outcome")
    for _ in range(2):
        network.well("lab", "poll")
    network.comes_to(request, State.DONE, seconds=1)
    network.assert_one_run(request)


def test_a_request_that_was_called_off_is_said(network: Any, start: Any, until: Any) -> None:
    network.bridge.end()
    request, before = network.put(), _last(network)
    network.anna.cancel(request, new_call_id(), "")
    network.bridge.start()
    start(request)
    until(lambda: f"not run: request {request} is over: cancelled" in _consoles(network, before), "the word")


def test_a_cancel_reaches_a_test_that_was_started_so(network: Any, start: Any, until: Any) -> None:
    network.bridge.end()
    network.hold()
    request = network.put()
    start(request)
    network.bridge.start()
    until(lambda: network.begun(request), "the test has begun")
    network.anna.cancel(request, new_call_id(), "")
    network.comes_to(request, State.CANCELLED)
    until(lambda: not network.test_processes(request), "its processes have ended")


def test_a_bridge_killed_while_the_test_runs_brings_its_run(network: Any, start: Any, until: Any) -> None:
    network.bridge.end()
    network.hold()
    request = network.put()
    start(request)
    network.bridge.start()
    until(lambda: network.begun(request), "the test has begun")
    network.bridge.kill()
    network.bridge.start()
    network.release()
    network.comes_to(request, State.DONE)
    network.assert_one_run(request)


def test_an_unknown_request_ends_with_a_word_and_the_board_goes_on(network: Any, start: Any, until: Any) -> None:
    before, unknown = _last(network), new_request_id(utc_now())
    start(unknown)
    until(lambda: f"not run: the hub knows no request {unknown}" in _consoles(network, before), "the word")
    network.comes_to(network.put(), State.DONE)
