"""What is told of a build that waits; the sentences of Jenkins are recorded ones (2.528.3, lockable-resources 2.18)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.lab.jenkins.build_calls import QueueItem
from fuego_jenkins_remote.lab.jenkins.overview import SeenNode, Work
from fuego_jenkins_remote.lab.jenkins.queue_reasons import waits_for

NOW = 1_000_000.0
BONNIE = Work(job="bbb.default.Benchmark.bonnie", name="bbb.default.Benchmark.bonnie #12", ends_at=NOW + 12 * 60)


def waits(why: str, node: SeenNode | None = None) -> str:
    return waits_for(QueueItem(id=7, job="remote-request-bbb", why=why, attempt=None), "timslab:bbb", node, NOW)


def working(*work: Work) -> SeenNode:
    return SeenNode(name="bbb", online=True, work=work)


@pytest.mark.parametrize(
    ("why", "node", "said"),
    [
        ("Waiting for next available executor on ‘bbb’", None, "waits for timslab:bbb"),
        ("Waiting for next available executor on 'bbb'", working(), "waits for timslab:bbb"),
        ("Waiting for next available executor", working(), "waits for timslab:bbb"),
        (
            "Waiting for next available executor on ‘bbb’",
            working(BONNIE),
            "waits for timslab:bbb: bbb.default.Benchmark.bonnie is running, ETA 12 min",
        ),
        ("Finished waiting", working(), "waits for timslab:bbb"),
        ("", working(), "waits for timslab:bbb"),
        ("In the quiet period. Expires in 4.9 sec", None, "waits for timslab:bbb: its job's quiet period, 4.9 sec"),
        ("In the quiet period. Expires in 77 ms", None, "waits for timslab:bbb: its job's quiet period, 77 ms"),
        (
            "Build #4 is already in progress (ETA: N/A)",
            None,
            "waits for timslab:bbb: build 4 of its job is running",
        ),
        (
            "Build #4 is already in progress (ETA: 3 min 2 sec)",
            None,
            "waits for timslab:bbb: build 4 of its job is running, ETA 3 min 2 sec",
        ),
        (
            "Build #4 is already in progress (ETA: N/A)",
            working(BONNIE),
            "waits for timslab:bbb: build 4 of its job is running, ETA 12 min",
        ),
        ("A build is already in progress", None, "waits for timslab:bbb: a build of its job is running"),
        ("‘bbb’ is offline", None, "waits for timslab:bbb: it is offline"),
        (
            "‘bbb’ is offline",
            SeenNode(name="bbb", online=False, reason="moved to the other desk"),
            "waits for timslab:bbb: it is offline: moved to the other desk",
        ),
        ("All nodes of label ‘bbb’ are offline", None, "waits for timslab:bbb: it is offline"),
        (
            "There are no nodes with the label ‘bbb’",
            None,
            "waits for timslab:bbb: this lab's Jenkins has no node bbb",
        ),
        (
            "‘Jenkins’ doesn’t have label ‘bbb’",
            None,
            "waits for timslab:bbb: this lab's Jenkins has no node bbb",
        ),
        ("Waiting for resource instances [power-1]", None, "waits for timslab:bbb: power-1 is in use"),
        (
            "Jenkins is about to shut down",
            None,
            "waits for timslab:bbb: this lab's Jenkins is about to shut down",
        ),
        ("Ein Satz, den niemand kennt", None, "waits for timslab:bbb: Ein Satz, den niemand kennt"),
    ],
)
def test_a_reason_is_said_in_words(why: str, node: SeenNode | None, said: str) -> None:
    assert waits(why, node) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "x is running"),
        (-5, "x is running, longer than it used to"),
        (0, "x is running, longer than it used to"),
        (10, "x is running, ETA less than a minute"),
        (60, "x is running, ETA 1 min"),
        (119 * 60, "x is running, ETA 119 min"),
        (125 * 60, "x is running, ETA 2 h 5 min"),
    ],
)
def test_how_long_it_takes_is_said_where_jenkins_has_a_guess(seconds: float | None, said: str) -> None:
    work = Work(job="x", name="x #1", ends_at=None if seconds is None else NOW + seconds)
    assert waits("Waiting for next available executor on ‘bbb’", working(work)) == f"waits for timslab:bbb: {said}"


def test_all_that_works_on_the_board_is_named() -> None:
    said = waits("", working(BONNIE, Work(job="", name="part of some pipeline")))
    assert said.endswith("bonnie is running, ETA 12 min, part of some pipeline is running")


@given(st.text())
def test_whatever_jenkins_says_there_is_a_sentence(why: str) -> None:
    assert waits(why).startswith("waits for timslab:bbb")


def test_every_recorded_sentence_is_known(shared_data: Path) -> None:
    for file in (shared_data / "jenkins").glob("*.json"):
        for why in _whys(json.loads(file.read_text(encoding="utf-8"))):
            assert waits(why) != f"waits for timslab:bbb: {why}", why


def _whys(data: object) -> Iterator[str]:
    """Every `why` of recorded answers, whose bodies are JSON in text."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "why" and isinstance(value, str):
                yield value
            else:
                yield from _whys(value)
    elif isinstance(data, list):
        for one in data:
            yield from _whys(one)
    elif isinstance(data, str) and data.startswith("{"):
        try:
            yield from _whys(json.loads(data))
        except ValueError:
            return
