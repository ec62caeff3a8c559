"""What our user may do, read from answers as Jenkins 2.528.3 gave them to users with fewer and fewer rights."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import responses

from fuego_jenkins_remote.lab.errors import ControllerRefused
from fuego_jenkins_remote.lab.jenkins.controller import Controller

URL = "http://127.0.0.1:8090/fuego"
JOB = "remote-request-bbb"
JENKINS = {"X-Jenkins": "2.528.3", "Date": "Tue, 24 Nov 2026 02:17:24 GMT"}
PAGE = """<a data-task-post="true" href="/fuego/job/remote-request-bbb/build?delay=0sec">Build with Parameters</a>
<a href="/fuego/job/remote-request-bbb/configure">Configure</a> <a data-url="doDelete"><span>Delete</span></a>"""


def _controller() -> Controller:
    responses.get(f"{URL}/crumbIssuer/api/json", status=404, headers=JENKINS)
    return Controller(URL, "bridge", "token")


def _allowed(path: str, body: str = "<div/>", **more: object) -> None:
    responses.get(f"{URL}/{path}", body=body, headers=JENKINS, **more)


def _refused(path: str, permission: str) -> None:
    headers = {**JENKINS, "X-Required-Permission": permission, "X-You-Are-Authenticated-As": "bridge"}
    responses.get(f"{URL}/{path}", status=403, body="<html>Access Denied</html>", headers=headers)


def _jenkins(*, lacks: tuple[str, ...] = (), page: str = PAGE, page_status: int = 200) -> None:
    _allowed("api/json", "{}")
    for path, name, permission in (
        ("checkJobName", "Job/Create", "hudson.model.Item.Create"),
        ("computer/checkName", "Agent/Create", "hudson.model.Computer.Create"),
        ("viewExistsCheck", "View/Create", "hudson.model.View.Create"),
        (f"job/{JOB}/config.xml", "Job/Configure", "hudson.model.Item.Configure"),
    ):
        if name in lacks:
            _refused(path, permission)
        else:
            _allowed(path)
    responses.get(f"{URL}/job/{JOB}/", status=page_status, body=page, headers=JENKINS)


@responses.activate
def test_who_may_do_everything_lacks_nothing() -> None:
    _jenkins()
    found = _controller().permissions(JOB)
    assert (found.missing, found.unknown) == ((), ())
    assert set(found.held) == {
        "Overall/Read",
        "Job/Read",
        "Job/Create",
        "Job/Configure",
        "Job/Build",
        "Job/Delete",
        "Agent/Create",
        "View/Create",
    }


@pytest.mark.parametrize("lacks", ["Job/Create", "Agent/Create", "View/Create", "Job/Configure"])
@responses.activate
def test_a_refused_question_names_the_permission(lacks: str) -> None:
    _jenkins(lacks=(lacks,))
    assert _controller().permissions(JOB).missing == (lacks,)


@responses.activate
def test_what_a_jobs_page_does_not_offer_is_not_allowed() -> None:
    _jenkins(page=PAGE.replace("build?delay=0sec", "ws").replace("doDelete", "changes"))
    responses.replace("GET", f"{URL}/api/json", json={"buildable": True}, headers=JENKINS)
    responses.get(f"{URL}/job/{JOB}/api/json", json={"buildable": True}, headers=JENKINS)
    assert _controller().permissions(JOB).missing == ("Job/Build", "Job/Delete")


@responses.activate
def test_that_a_disabled_job_cannot_be_built_is_no_matter_of_permissions() -> None:
    _jenkins(page=PAGE.replace("build?delay=0sec", "ws"))
    responses.get(f"{URL}/job/{JOB}/api/json", json={"buildable": False}, headers=JENKINS)
    found = _controller().permissions(JOB)
    assert "Job/Build" not in (*found.missing, *found.held)


@responses.activate
def test_a_job_that_is_not_shown_tells_nothing() -> None:
    _jenkins(page="", page_status=404)
    found = _controller().permissions(JOB)
    assert (found.missing, found.unknown) == ((), ("Job/Read", "Job/Configure", "Job/Build", "Job/Delete"))


@responses.activate
def test_a_controller_without_permissions_is_asked_no_further() -> None:
    _allowed("api/json", "{}")
    for path in ("checkJobName", "computer/checkName", "viewExistsCheck"):
        responses.get(f"{URL}/{path}", status=501, body="not done here")
    found = _controller().permissions(JOB)
    assert (found.held, found.missing) == (("Overall/Read",), ())


@responses.activate
def test_a_revoked_token_is_told_as_that() -> None:
    responses.get(f"{URL}/api/json", status=401, headers=JENKINS)
    with pytest.raises(ControllerRefused, match="jenkins_token_file"):
        _controller().permissions()


@pytest.mark.parametrize(("status", "is_open"), [(200, True), (403, False), (401, False)])
@responses.activate
def test_whether_nobody_in_particular_may_make_jobs(status: int, is_open: bool) -> None:
    responses.get(f"{URL}/api/json", json={"quietingDown": False, "useSecurity": True}, headers=JENKINS)
    responses.get(f"{URL}/checkJobName", status=status, headers=JENKINS)
    found = _controller().condition()
    assert (found.open_to_all, found.quieting_down) == (is_open, False)
    assert found.clock == datetime(2026, 11, 24, 2, 17, 24, tzinfo=UTC)
    assert "Authorization" not in responses.calls[-1].request.headers


@responses.activate
def test_a_controller_that_checks_no_names_says_itself_whether_it_is_open() -> None:
    responses.get(f"{URL}/api/json", json={"quietingDown": True, "useSecurity": False}, headers=JENKINS)
    responses.get(f"{URL}/checkJobName", status=501)
    assert (_controller().condition().open_to_all, _controller().condition().quieting_down) == (True, True)
