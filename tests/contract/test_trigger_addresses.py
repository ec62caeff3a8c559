"""A board's job is started by its address, as docs/jobs.md shows it: with a login, with a token, with neither."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from documented_curl import GET_WITH_BOTH, GET_WITH_TOKEN, POST_WITH_LOGIN, run
from fuego_jenkins_remote.lab.jenkins.controller import Build
from fuego_jenkins_remote.network.identities import new_request_id
from fuego_jenkins_remote.network.states import State
from fuego_jenkins_remote.service.clock import utc_now

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine"),
]


@pytest.fixture
def token(lab: Any) -> str:
    """The jobs' trigger token, made as the lab's admin makes it."""
    lab.well("lab", "trigger-token", "--rotate")
    return str((lab.state_dir / "trigger-token").read_text().strip())


@pytest.fixture
def curl(lab: Any, tmp_path: Path) -> Callable[..., Any]:
    """Run an example for a request."""

    def call(example: int, request: str, *, token: str = "", login: bool = True) -> Any:
        return run(
            example,
            tmp_path,
            url=lab.under_test.url,
            board=lab.board,
            request=request,
            login=(lab.under_test.user, lab.under_test.token) if login else ("", ""),
            token=token,
            job=lab.job,
        )

    return call


@contextmanager
def anonymous_may_read(lab: Any) -> Iterator[None]:
    """As in Fuego's own Jenkins. The embedded controller is open to all, or to nobody without a login."""
    if lab.under_test.is_embedded or getattr(lab.under_test, "home", None) is None:
        pytest.skip("anonymous reading is set on a real Jenkins of our own only")
    allow = "jenkins.model.Jenkins.get().authorizationStrategy.setAllowAnonymousRead({})"
    lab.under_test.groovy(allow.format("true"))
    try:
        yield
    finally:
        lab.under_test.groovy(allow.format("false"))


def _numbers(lab: Any) -> set[int]:
    return {build.number for build in lab.controller.builds(lab.job)}


def _ended(lab: Any, until: Callable[..., Any], before: set[int]) -> tuple[Build, str]:
    """The build that was not there before, when it has ended, and its console."""

    def over() -> Build | None:
        new = [one for one in lab.controller.builds(lab.job) if one.number not in before]
        return new[0] if new and not new[0].building else None

    build: Build = until(over, "a build that was started by its address")
    return build, until(lambda: _whole(lab, build), "its console")


def _whole(lab: Any, build: Build) -> str | None:
    console = str(lab.controller.console_tail(lab.job, build.number, 20_000))
    return console if "Finished: " in console else None


def test_a_login_starts_a_build_that_runs_the_request(lab: Any, curl: Any, until: Callable[..., Any]) -> None:
    lab.bridge.end()
    request = lab.put()
    before = _numbers(lab)
    done = curl(POST_WITH_LOGIN, request)
    assert done.returncode == 0, done.stderr
    lab.bridge.start()
    lab.comes_to(request, State.DONE)
    lab.assert_one_run(request)
    first = min(_numbers(lab) - before)
    console = until(
        lambda: _whole(lab, Build(job=lab.job, number=first, building=False, result="", url="", attempt=None))
    )
    assert f"no attempt of {request} is prepared for {lab.board}: asking the lab's bridge" in console
    assert "not run" not in console


@pytest.mark.parametrize("example", [GET_WITH_TOKEN, GET_WITH_BOTH])
def test_a_token_starts_a_build_where_the_job_may_be_read(
    lab: Any, curl: Any, token: str, until: Callable[..., Any], example: int
) -> None:
    before, request = _numbers(lab), new_request_id(utc_now())
    if example == GET_WITH_TOKEN:
        with anonymous_may_read(lab):
            done = curl(example, request, token=token, login=False)
    else:
        done = curl(example, request, token=token)
    assert done.returncode == 0, done.stderr
    build, console = _ended(lab, until, before)
    assert "tim's script" in console
    assert f"not run: the hub knows no request {request}" in console
    assert build.result == "UNSTABLE"


def test_a_token_alone_is_refused_where_anonymous_may_not_read(lab: Any, curl: Any, token: str) -> None:
    before = _numbers(lab)
    done = curl(GET_WITH_TOKEN, new_request_id(utc_now()), token=token, login=False)
    assert done.returncode == 22
    assert "403" in done.stderr or "404" in done.stderr
    assert _numbers(lab) == before


def test_a_wrong_token_is_refused_with_a_login_too(lab: Any, curl: Any, token: str) -> None:
    before = _numbers(lab)
    done = curl(GET_WITH_BOTH, new_request_id(utc_now()), token=f"{token}x")
    assert done.returncode == 22
    assert "403" in done.stderr
    assert _numbers(lab) == before


def test_an_old_token_is_none_after_a_rotation(lab: Any, curl: Any, token: str) -> None:
    lab.well("lab", "trigger-token", "--rotate")
    assert curl(GET_WITH_BOTH, new_request_id(utc_now()), token=token).returncode == 22


def test_nonsense_ends_with_a_clear_word(lab: Any, curl: Any, until: Callable[..., Any]) -> None:
    before = _numbers(lab)
    assert curl(POST_WITH_LOGIN, "x; rm -rf $HOME").returncode == 0
    _, console = _ended(lab, until, before)
    assert "REQUEST_ID is no request id like 20261123-101500123-k3j7x2m4" in console


def test_no_request_at_all_says_how_to_put_one(lab: Any, curl: Any, until: Callable[..., Any]) -> None:
    before = _numbers(lab)
    assert curl(POST_WITH_LOGIN, "").returncode == 0
    build, console = _ended(lab, until, before)
    assert "Put a request: ftc put-request" in console
    assert build.result == "UNSTABLE"


def test_a_used_request_is_said_to_be_over(lab: Any, curl: Any, until: Callable[..., Any]) -> None:
    request = lab.put()
    lab.comes_to(request, State.DONE)
    until(lambda: not any(one.building for one in lab.controller.builds(lab.job)), "its build is over")
    before = _numbers(lab)
    assert curl(POST_WITH_LOGIN, request).returncode == 0
    build, console = _ended(lab, until, before)
    assert f"not run: request {request} is over: done. Put a new one: ftc put-request" in console
    assert build.result == "UNSTABLE"
