"""A crumb has expired, a token is revoked, a permission is missing: which one, and for what, is said."""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import pytest

from controllers import FromWar, UnderTest
from front_door import FrontDoor
from fuego_jenkins_remote.lab.errors import ControllerError, ControllerRefused
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.network.identities import AttemptId, new_request_id
from fuego_jenkins_remote.network.states import State
from fuego_jenkins_remote.service.clock import utc_now

pytestmark = pytest.mark.slow


def _id(permission: str) -> tuple[str, str]:
    """A permission as Jenkins knows it, and as its pages have it."""
    return f"hudson.model.{permission}", permission.replace("Item.", "Job/").replace("Computer.", "Agent/")


BUILD = _id("Item.Build")


@pytest.fixture
def door(under_test: UnderTest) -> Iterator[FrontDoor]:
    # Sessions are bound to the path that Jenkins knows.
    found = FrontDoor(under_test.url, "/fuego")
    yield found
    found.close()


@contextlib.contextmanager
def _without(under_test: UnderTest, door: FrontDoor, permission: tuple[str, str], path: str) -> Iterator[None]:
    """This permission is missing: in the Jenkins itself where it is ours, else by what one would answer."""
    if isinstance(under_test, FromWar):
        with under_test.without(permission[0]):
            yield
        return
    headers = {"X-Jenkins": "2.528.3", "X-Required-Permission": permission[0]}
    with door.answering(403, method="POST", path=path, headers=headers, body="<html>Access Denied</html>"):
        yield


def test_a_session_that_is_over_is_begun_anew(under_test: UnderTest, door: FrontDoor, jobs: Any) -> None:
    """With a password a crumb is needed, which is good for one session: after a restart it is not."""
    if not under_test.password:
        pytest.skip("JENKINS_URL comes with a token, which needs no crumb")
    controller = Controller(door.url, under_test.user, under_test.password)
    name = jobs.make()
    controller.trigger(name, jobs.attempt())
    door.sessions_forgotten = 1
    attempt = jobs.attempt()
    controller.trigger(name, attempt)
    assert door.sessions_forgotten == 0
    assert [one.status for one in door.seen if "/build" in one.path] == [201, 403, 201]
    assert jobs.build(name, attempt, over=True)


def test_a_token_that_is_not_good_is_said_without_the_token(under_test: UnderTest) -> None:
    controller = Controller(under_test.url, under_test.user, "11" + "0" * 32)
    with pytest.raises(ControllerError, match="does not accept this user or token") as error:
        controller.queue()
    assert "0000" not in str(error.value)


def _attempt() -> AttemptId:
    return AttemptId(new_request_id(utc_now()), 1)


@dataclass(frozen=True)
class Wanted:
    """A call, the permission it needs (as Jenkins knows it and as its pages have it), and what it is in words."""

    permission: tuple[str, str]
    path: str
    call: Callable[[Controller, str], object]
    words: str


WANTED = {
    "build": Wanted(
        BUILD, "/build", lambda it, job: it.trigger(job, AttemptId(new_request_id(utc_now()), 1)), "start job {job}"
    ),
    "stop": Wanted(_id("Item.Cancel"), "/stop", lambda it, job: it.stop_build(job, 1), "stop a build of job {job}"),
    "configure": Wanted(
        _id("Item.Configure"), "/config.xml", lambda it, job: it.reconfig_job(job, "<project/>"), "change job {job}"
    ),
    "delete": Wanted(_id("Item.Delete"), "/doDelete", lambda it, job: it.delete_job(job), "delete job {job}"),
    "create": Wanted(
        _id("Item.Create"), "/createItem", lambda it, job: it.create_job(f"{job}-x", "<project/>"), "make job {job}-x"
    ),
    "node": Wanted(
        _id("Computer.Create"), "/doCreateItem", lambda it, job: it.create_node(f"{job}-x", "/tmp"), "make node {job}-x"
    ),
}


@pytest.mark.parametrize("what", list(WANTED))
def test_a_missing_permission_is_said_with_what_it_was_wanted_for(
    under_test: UnderTest, door: FrontDoor, jobs: Any, what: str
) -> None:
    wanted = WANTED[what]
    controller = Controller(door.url, under_test.user, under_test.token)
    name, attempt = jobs.make("sleep 30"), jobs.attempt()
    jobs.controller.trigger(name, attempt)
    number = jobs.build(name, attempt, over=False).number
    with _without(under_test, door, wanted.permission, wanted.path):
        with pytest.raises(ControllerRefused) as error:
            wanted.call(controller, name)
    jobs.controller.stop_build(name, number)
    said = str(error.value)
    assert f"does not let {under_test.user} {wanted.words.format(job=name)}" in said
    assert f"is missing the {wanted.permission[1]} permission" in said


def test_a_board_job_that_may_not_be_started_waits_for_the_permission(lab: Any) -> None:
    since = len(lab.log)
    with _without(lab.under_test, lab.door, BUILD, f"/job/{lab.job}/build"):
        request = lab.put()
        line = lab.log_says("does not let", f"start job {lab.job}", "Job/Build", since=since)
        triggers = lab.door.count("POST", "/build")
        time.sleep(4)
        assert lab.door.count("POST", "/build") - triggers <= 3
        assert lab.anna.request(request).state in {State.PENDING, State.ASSIGNED}
    assert lab.under_test.token not in line
    lab.comes_to(request, State.DONE)
    lab.assert_one_run_at_last(request)


def test_with_a_revoked_token_what_runs_comes_home_and_nothing_new_is_begun(lab: Any) -> None:
    first = lab.running()
    since = len(lab.log)
    wrong = base64.b64encode(f"{lab.under_test.user}:{token_hex(16)}".encode()).decode()
    lab.door.login = f"Basic {wrong}"
    try:
        lab.log_says("does not accept this user or token", "jenkins_token_file", since=since)
        lab.release()
        lab.comes_to(first, State.DONE)
        lab.assert_one_run(first)
        second = lab.put()
        asked = len(lab.door.seen)
        time.sleep(4)
        assert len(lab.door.seen) - asked < 20
        assert lab.anna.request(second).state in {State.PENDING, State.ASSIGNED}
    finally:
        lab.door.login = None
    lab.comes_to(second, State.DONE)
    lab.assert_one_run_at_last(second)
