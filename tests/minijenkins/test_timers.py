"""Jobs that a timer starts: the minute is handed in, so nothing waits for a clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jenkins
import pytest

from fuego_jenkins_remote.minijenkins.documents import root_of
from fuego_jenkins_remote.minijenkins.jobs.job import Job
from fuego_jenkins_remote.minijenkins.jobs.job_config import read_job
from fuego_jenkins_remote.minijenkins.waiting.timers import due, minutes_between, run_clock

SIX = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def timer(spec: str) -> str:
    return f"<triggers><hudson.triggers.TimerTrigger><spec>{spec}</spec></hudson.triggers.TimerTrigger></triggers>"


def a_job(name: str, xml: str) -> Job:
    return Job(name=name, folder=Path("/nowhere"), xml=xml, config=read_job(root_of(xml)))


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return SIX.replace(hour=hour, minute=minute, second=second)


def test_due_is_what_matches_and_is_not_disabled(job_xml: Callable[..., str]) -> None:
    jobs = [
        a_job("six", job_xml(more=timer("TZ=UTC\n0 6 * * *"))),
        a_job("seven", job_xml(more=timer("TZ=UTC\n0 7 * * *"))),
        a_job("off", job_xml(more=timer("TZ=UTC\n0 6 * * *") + "<disabled>true</disabled>")),
        a_job("none", job_xml()),
    ]
    assert [job.name for job in due(jobs, SIX)] == ["six"]


def test_each_minute_is_looked_at_once_also_when_the_loop_was_late() -> None:
    assert list(minutes_between(at(6, 0, 1), at(6, 2, 30))) == [at(6, 1), at(6, 2)]
    assert list(minutes_between(at(6, 2), at(6, 2, 59))) == []
    assert list(minutes_between(at(6, 5), at(6, 2))) == []


def test_after_a_long_sleep_the_last_hour_is_made_up_for() -> None:
    missed = list(minutes_between(at(0, 0), at(6, 0)))
    assert (missed[0], missed[-1], len(missed)) == (at(5, 1), at(6, 0), 60)


def test_a_timer_starts_its_job_and_is_the_cause(shop: Any, controller: Any) -> None:
    shop.job("j", "echo [$A]", parameters=("A",), more=timer("TZ=UTC\n0 6 * * *") + "<quietPeriod>60</quietPeriod>")
    controller.tick(SIX)
    build = shop.finished("j", 1)
    causes = [cause for action in build["actions"] for cause in action.get("causes", [])]
    assert [(cause["_class"], cause["shortDescription"]) for cause in causes] == [
        ("hudson.triggers.TimerTrigger$TimerTriggerCause", "Started by timer")
    ]
    assert "[default]" in shop.console("j")


def test_a_job_that_waits_already_is_not_put_twice(shop: Any, controller: Any) -> None:
    away = "<assignedNode>x</assignedNode><canRoam>false</canRoam>"
    shop.job("j", more=timer("* * * * *") + away)
    for minute in range(59):
        controller.tick(at(6, minute))
    for minute in range(59):
        controller.tick(at(7, minute))
    (item,) = shop.server.get_queue_info()
    assert len(item["actions"][0]["causes"]) == 100


def test_timers_are_there_after_a_restart(start: Callable[..., Any], shop_on: Callable[..., Any]) -> None:
    first = start()
    shop_on(first.client()).job("j", more=timer("TZ=UTC\n0 6 * * *"))
    first.stop()
    again = start()
    again.tick(SIX)
    shop_on(again.client()).finished("j", 1)


def test_a_timer_that_is_not_understood_is_refused(shop: Any, server: jenkins.Jenkins, ask: Any, job_xml: Any) -> None:
    xml = job_xml(more=timer("61 * * * *"))
    answer = ask("POST", "/createItem?name=j", data=xml, headers={"Content-Type": "text/xml"})
    assert answer.status_code == 400
    assert "61 is an invalid value. Must be within 0 and 59" in answer.headers["X-Error"]
    assert not server.job_exists("j")


@pytest.mark.parametrize("change", ["", "0 7 * * *"])
def test_a_timer_follows_the_configuration(shop: Any, controller: Any, server: jenkins.Jenkins, change: str) -> None:
    shop.job("j", more=timer("TZ=UTC\n0 6 * * *"))
    shop.job("j", more=timer(change) if change else "")
    controller.tick(SIX)
    assert server.get_job_info("j")["nextBuildNumber"] == 1


def test_the_clock_wakes_with_each_minute() -> None:
    nearly = at(6, 0, 59).replace(microsecond=950_000)
    times = iter([nearly, nearly, at(6, 1), at(6, 1, 59).replace(microsecond=950_000), at(6, 2), at(6, 2)])
    seen: list[datetime] = []

    def tick(minute: datetime) -> None:
        seen.append(minute)
        if len(seen) == 2:
            raise EnoughError

    async def watch() -> None:
        with pytest.raises(EnoughError):
            await run_clock(tick, lambda: next(times))

    asyncio.run(watch())
    assert seen == [at(6, 1), at(6, 2)]


class EnoughError(Exception):
    """Ends the clock of a test."""
