"""A request's build is aborted, deleted, cannot archive, or is started by hand once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fuego_jenkins_remote.lab.jenkins.controller import Build
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import State
from until import until as wait_until

pytestmark = pytest.mark.slow


def _build(lab: Any, number: int) -> Build | None:
    return next((build for build in lab.controller.builds(lab.job) if build.number == number), None)


def test_a_build_that_a_person_aborts_cancels_the_request_and_says_who(lab: Any, until: Callable[..., Any]) -> None:
    request = lab.running()
    lab.person.stop_build(lab.job, lab.build_number(request))
    ended = lab.comes_to(request, State.CANCELLED)
    assert f"aborted in Jenkins by {lab.under_test.user}" in ended.reason
    until(lambda: not lab.test_processes(request), "its processes have ended")


def test_a_build_that_a_person_deletes_after_the_test_does_not_keep_the_run(lab: Any) -> None:
    lab.vision.end()
    request = lab.put()
    lab.comes_to(request, State.TESTED)
    _over(lab, lab.build_number(request))
    lab.person.delete_build(lab.job, lab.build_number(request))
    lab.vision.start()
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


def test_a_build_that_a_person_deletes_while_it_runs_ends_in_words(lab: Any, until: Callable[..., Any]) -> None:
    request = lab.running()
    number = lab.build_number(request)
    # A real one takes it, and writes the build anew when it ends; the embedded one says no.
    assert lab.under_test.post(f"job/{lab.job}/{number}/doDelete").status_code in {200, 302, 400}
    lab.release()
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)


def test_a_run_comes_home_though_jenkins_cannot_archive_it(lab: Any) -> None:
    home = getattr(lab.under_test, "home", None)
    if home is None:
        pytest.skip("this Jenkins is somebody's (JENKINS_URL): its disk is not touched here")
    request = lab.running()
    number = lab.build_number(request)
    archive = home / "jobs" / lab.job / "builds" / str(number) / "archive"
    archive.write_text("in the way")
    lab.release()
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)
    assert _over(lab, number).result == "FAILURE"


def test_a_build_by_hand_with_a_used_request_touches_nothing(lab: Any, until: Callable[..., Any]) -> None:
    request = lab.put()
    done = lab.comes_to(request, State.DONE)
    _over(lab, lab.build_number(request))
    lab.person.build_job(lab.job, {"REQUEST_ID": request, "ATTEMPT": "1"})
    again = until(lambda: next(iter(_newer(lab, request, lab.build_number(request))), None), "a build by hand")
    again = _over(lab, again.number)
    assert again.result in {"UNSTABLE", "FAILURE"}
    assert request in until(lambda: _last_word(lab, again), "the console says why")
    assert lab.anna.request(request).state is State.DONE
    assert lab.anna.request(request).run_url == done.run_url
    lab.assert_one_run(request)


def test_a_build_by_hand_of_a_request_that_runs_starts_nothing(lab: Any, until: Callable[..., Any]) -> None:
    request = lab.running()
    first = lab.build_number(request)
    lab.person.build_job(lab.job, {"REQUEST_ID": request, "ATTEMPT": "1"})
    lab.release()
    lab.comes_to(request, State.DONE)
    second = until(lambda: next(iter(_newer(lab, request, first)), None), "a build by hand")
    assert _over(lab, second.number).result in {"UNSTABLE", "FAILURE"}
    assert _over(lab, first).result == "SUCCESS"
    lab.assert_one_run(request)


def _last_word(lab: Any, build: Build) -> str:
    """What the job's script said last."""
    console = lab.controller.console_tail(lab.job, build.number, 4000)
    said = [line for line in console.splitlines() if line.startswith("remote-request: ")]
    return said[-1] if said else ""


def _newer(lab: Any, request: str, number: int) -> list[Build]:
    builds = lab.controller.builds(lab.job)
    return [build for build in builds if build.number > number and build.attempt == AttemptId(request, 1)]


def _over(lab: Any, number: int) -> Build:
    """The build, when it is over."""

    def over() -> Build | None:
        build = _build(lab, number)
        return build if build and not build.building else None

    return wait_until(over, f"build {number} is over")
