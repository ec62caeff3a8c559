"""Clocks that are apart, a proxy with another address, a second bridge, work that takes hours, hundreds of boards."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.network.states import State

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

MANY = 150
LOOK = "computer.*executors"
APART = """\
import os, time
_real, _apart = time.time, float(os.environ["CLOCK_APART"])
time.time = lambda: _real() + _apart
"""


@pytest.mark.parametrize("seconds", [86400, -86400], ids=["a day ahead", "a day behind"])
def test_a_lab_whose_clock_is_apart_from_the_hubs_runs_requests(lab: Any, tmp_path: Path, seconds: int) -> None:
    (tmp_path / "sitecustomize.py").write_text(APART)
    path = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}".rstrip(os.pathsep)
    lab.bridge.end()
    lab.bridge.environment |= {"PYTHONPATH": path, "CLOCK_APART": str(seconds)}
    try:
        lab.bridge.start()
        request = lab.put()
        ended = lab.comes_to(request, State.DONE)
    finally:
        lab.bridge.environment.clear()
        lab.bridge.end()
        lab.bridge.start()
    lab.assert_one_run(request)
    assert abs(ended.created_at.timestamp() - time.time()) < 120


def test_behind_a_proxy_people_are_shown_the_address_that_jenkins_itself_has(lab: Any) -> None:
    """Every test here runs behind one, which has another port and another path."""
    assert lab.door.url != lab.under_test.url
    request = lab.put()
    ended = lab.comes_to(request, State.DONE)
    assert ended.build_url.startswith(f"{lab.under_test.url}/job/{lab.job}/")
    assert lab.door.count("POST", f"/job/{lab.job}/build") > 0


def test_a_second_bridge_of_the_same_lab_says_so_and_leaves(lab: Any, tmp_path: Path) -> None:
    same = lab.ftc(lab.lab_conf, "lab", "serve")
    assert same.returncode == 1
    assert "another ftc lab serve or poll is at work" in same.stderr
    other = lab.ftc(lab.lab_conf, "lab", "serve", "--state-dir", str(tmp_path / "state"))
    assert other.returncode == 1
    assert "demolab" in other.stderr
    assert "bridge" in other.stderr
    assert "Traceback" not in other.stderr
    request = lab.put()
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


def test_while_local_work_takes_hours_no_request_is_taken_for_the_board(lab: Any, until: Callable[..., Any]) -> None:
    with lab.local_work():
        looks = lab.door.count("GET", LOOK)
        until(lambda: lab.door.count("GET", LOOK) > looks + 2, "the bridge has looked at Jenkins")
        request = lab.put()
        time.sleep(4)
        assert lab.anna.request(request).state is State.PENDING
        assert lab.in_queue(request) is None
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


@pytest.fixture
def many_boards(lab: Any) -> Iterator[list[str]]:
    """The lab has as many boards more, with nodes and jobs."""
    names = [f"{lab.prefix}-{number:03}" for number in range(MANY)]
    boards = lab.root / "demolab" / "ro" / "boards"
    text = (boards / f"{lab.board}.board").read_text()
    hub = HubClient(lab.urls["hub"], lab.tokens["demolab"])
    for name in names:
        (boards / f"{name}.board").write_text(text)
    try:
        lab.make_nodes(names)
        lab.well("lab", "jobs", "-q")
        lab.well("put-board", "-b", ",".join(names))
        lab.bridge_looks_again()
        yield names
    finally:
        for name in names:
            hub.rm_board("demolab", name)
            (boards / f"{name}.board").unlink()
        for name in names:
            lab.person.delete_node(name)
        lab.bridge_looks_again()
        lab.well("lab", "jobs", "-q")
        for job in lab.controller.list_jobs(lab.prefix):
            if job.rpartition("-")[2].isdecimal():
                lab.person.delete_job(job)


def test_a_lab_of_hundreds_of_boards_is_followed_with_few_calls(lab: Any, many_boards: list[str]) -> None:
    lab.running()
    asked, began = len(lab.door.seen), time.monotonic()
    time.sleep(10)
    calls = (len(lab.door.seen) - asked) / (time.monotonic() - began)
    assert calls <= 2, f"{calls:.1f} calls a second"
    lab.release()
    last = many_boards[-1] if lab.under_test.is_embedded else lab.board  # of a real one's nodes it has an agent
    request = lab.put(selector=f"demolab:{last}")
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)
    assert lab.well("lab", "jobs", "--diff", "-q") == ""
