"""A request from anna's shell to a board of demolab and its run back to her, with real processes all the way."""

from __future__ import annotations

from typing import Any

import pytest

from fuego_jenkins_remote.network.states import State

pytestmark = pytest.mark.slow


def test_a_request_comes_back_as_a_run(network: Any) -> None:
    said = network.ftc(
        network.anna_conf,
        "put-request",
        "demolab:eins",
        "-t",
        "Functional.holds",
        "--wait",
        "--wait-limit",
        "40s",
        "-q",
    )
    assert said.returncode == 0, said.stderr
    request = said.stdout.split()[0]
    network.assert_one_run(request)
    ended = network.anna.request(request)
    assert (ended.state, ended.status) == (State.DONE, "PASS")
    assert ended.build_url.startswith(network.urls["jenkins"])
    assert ended.run_url.startswith(network.urls["vision"])
