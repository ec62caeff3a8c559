"""What a request asks of Jenkins, in words."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.lab.jenkins.acts import act_of

URL = "http://127.0.0.1:8080/fuego"


@pytest.mark.parametrize(
    ("method", "path", "phrase", "permission"),
    [
        ("POST", "job/x/buildWithParameters?REQUEST_ID=1", "start job x", "Job/Build"),
        ("POST", "job/team/job/gr%C3%B6%C3%9Fe/build", "start job team/größe", "Job/Build"),
        ("POST", "createItem?name=remote-request-bbb", "make job remote-request-bbb", "Job/Create"),
        ("POST", "job/x/config.xml", "change job x", "Job/Configure"),
        ("POST", "job/x/7/stop", "stop a build of job x", "Job/Cancel"),
        ("POST", "computer/doCreateItem?name=bbb&type=hudson.slaves.DumbSlave", "make node bbb", "Agent/Create"),
        ("POST", "computer/bbb/doDelete", "delete node bbb", "Agent/Delete"),
        ("GET", "queue/api/json?tree=items", "read the queue", "Overall/Read"),
        ("POST", "something/new", "", ""),
    ],
)
def test_a_request_is_told_in_words(method: str, path: str, phrase: str, permission: str) -> None:
    act = act_of(method, f"{URL}/{path}")
    assert (act.phrase, act.permission) == (phrase, permission)


def test_a_name_may_stand_in_the_form() -> None:
    assert act_of("POST", f"{URL}/computer/doCreateItem", "name=bbb&json=%7B%7D").phrase == "make node bbb"


def test_the_job_of_a_request_is_known() -> None:
    assert act_of("GET", f"{URL}/job/a%20b/api/json?tree=builds").job == "a b"
    assert act_of("GET", f"{URL}/queue/api/json").job == ""
