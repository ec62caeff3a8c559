"""A request from anna's shell to a board of demolab and its run back to her, with real processes all the way."""

from __future__ import annotations

from typing import Any

import pytest

from fuego_jenkins_remote.client.errors import NotFound
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.network.states import State
from fuego_jenkins_remote.vision import admin

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
        "100s",
        "-q",
    )
    assert said.returncode == 0, said.stderr
    request = said.stdout.split()[0]
    network.assert_one_run(request)
    ended = network.anna.request(request)
    assert (ended.state, ended.status) == (State.DONE, "PASS")
    assert ended.build_url.startswith(network.urls["jenkins"])
    assert ended.run_url.startswith(network.urls["vision"])


def test_the_run_of_a_private_request_is_there_for_its_requester_alone(network: Any) -> None:
    request = network.put(private=True)
    network.comes_to(request, State.DONE, seconds=40)
    key = f"demolab/{request}.1"
    data = admin.open_data(network.root / "vision")
    seen = {}
    for name in ("anna", "tim"):
        reader = VisionClient(network.urls["vision"], admin.add_token(data, name, kind="read"))
        seen[name] = [run["key"] for run in reader.runs(request=request)[0]]
    data.dispose()
    assert seen == {"anna": [key], "tim": []}
    assert network.runs_of(request) == []  # this vision is public
    with pytest.raises(NotFound):
        network.results.run(key)
