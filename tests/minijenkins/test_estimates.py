"""How long a build is expected to take, and how that is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fuego_jenkins_remote.minijenkins.documents import root_of
from fuego_jenkins_remote.minijenkins.jobs.builds import Build, Cause, now_ms
from fuego_jenkins_remote.minijenkins.jobs.job import Job
from fuego_jenkins_remote.minijenkins.jobs.job_config import read_job
from fuego_jenkins_remote.minijenkins.jobs.results import Result
from fuego_jenkins_remote.minijenkins.waiting.placement import Wait
from fuego_jenkins_remote.minijenkins.waiting.queue import Queue
from fuego_jenkins_remote.minijenkins.waiting.spans import time_span


def job_with(job_xml: Callable[..., str], *builds: tuple[str, int]) -> Job:
    """A job with finished builds of these results and durations, the oldest first."""
    xml = job_xml()
    job = Job(name="j", folder=Path("/nowhere"), xml=xml, config=read_job(root_of(xml)))
    for number, (result, duration) in enumerate(builds, 1):
        job.builds[number] = Build(
            job="j",
            number=number,
            folder=Path("/nowhere"),
            queue_id=number,
            node="",
            executor=0,
            parameters=None,
            causes=(),
            started_ms=0,
            building=False,
            result=Result[result],
            duration_ms=duration,
        )
    return job


@pytest.mark.parametrize(
    ("builds", "estimate"),
    [
        ([], -1),
        ([("SUCCESS", 4000)], 4000),
        ([("SUCCESS", 90_000), ("SUCCESS", 1000), ("UNSTABLE", 2000), ("SUCCESS", 3001)], 2000),
        ([("SUCCESS", 1000), ("FAILURE", 10), ("FAILURE", 10), ("SUCCESS", 3000), ("SUCCESS", 2000)], 2000),
        ([("SUCCESS", 4000), ("FAILURE", 2000)], 3000),
        ([("FAILURE", 2000)], 2000),
        ([("SUCCESS", 4000), ("ABORTED", 1), ("NOT_BUILT", 1)], 4000),
        ([("ABORTED", 1)], -1),
    ],
)
def test_the_last_three_good_builds_count_failed_ones_where_there_are_too_few(
    job_xml: Callable[..., str], builds: list[tuple[str, int]], estimate: int
) -> None:
    assert job_with(job_xml, *builds).estimated_ms == estimate


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (77, "77 ms"),
        (128, "0.12 sec"),
        (4999, "4.9 sec"),
        (5000, "5 sec"),
        (12_900, "12 sec"),
        (125_000, "2 min 5 sec"),
        (13 * 60_000 + 43_000, "13 min"),
        (2 * 3_600_000 + 60_000, "2 hr 1 min"),
        (26 * 3_600_000, "1 day 2 hr"),
        (49 * 3_600_000, "2 days 1 hr"),
        (40 * 86_400_000, "1 mo 10 days"),
        (400 * 86_400_000, "1 yr 1 mo"),
    ],
)
def test_spans_are_written_as_jenkins_writes_them(milliseconds: int, text: str) -> None:
    assert time_span(milliseconds) == text


@pytest.mark.parametrize(("ahead_ms", "eta"), [(720_900, "12 min"), (-5, "N/A")])
def test_a_blocked_item_says_when_the_build_before_it_should_be_over(ahead_ms: int, eta: str) -> None:
    item, _ = Queue().put("j", None, Cause(), 0)
    item.hold(Wait(state="blocked", reason="Build #7 is already in progress", until_ms=now_ms() + ahead_ms))
    assert item.why == f"Build #7 is already in progress (ETA: {eta})"
