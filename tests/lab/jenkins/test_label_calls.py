"""Names and descriptions of builds, and who started them: on controllers that run, with a login and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from embedded import embedded_controller
from fuego_jenkins_remote.lab.errors import ControllerDown
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.lab.jenkins.label_calls import LabelCalls
from until import until

JOB = (
    "<project><quietPeriod>0</quietPeriod>"
    "<builders><hudson.tasks.Shell><command>true</command></hudson.tasks.Shell></builders></project>"
)
URL = "https://jenkins.example/fuego"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One that lets everybody do everything."""
    with embedded_controller(tmp_path_factory.mktemp("open")) as url:
        yield url


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """One with a user: its address, and the token of tim."""
    data = tmp_path_factory.mktemp("secured")
    with embedded_controller(data, "--user", "tim", "--token-file", str(data / "token")) as url:
        yield url, (data / "token").read_text().strip()


def built(controller: Controller, name: str) -> None:
    """Make a job and build it once."""
    controller.create_job(name, JOB)
    controller._server.build_job(name)
    until(lambda: any(not one.building for one in controller.builds(name)), f"{name} is built")


def test_a_build_gets_a_name_and_a_description(secured: tuple[str, str]) -> None:
    url, token = secured
    built(Controller(url, "tim", token), "one")
    calls = LabelCalls(url, "tim", token)
    calls.label_build("one", "1", "#1 größe", "a\nb")
    found = calls._get("job/one/1/api/json?tree=displayName,description")
    assert (found["displayName"], found["description"]) == ("#1 größe", "a\nb")


def test_a_build_that_is_not_there_has_no_name(secured: tuple[str, str]) -> None:
    LabelCalls(secured[0], "tim", secured[1]).label_build("none", "1", "x", "y")


def test_who_logged_in_has_started_a_build(secured: tuple[str, str]) -> None:
    url, token = secured
    built(Controller(url, "tim", token), "two")
    assert LabelCalls(url, "tim", token).starter("two", "1").user == "tim"


def test_where_nobody_logs_in_nobody_is_known(opened: str) -> None:
    built(Controller(opened), "one")
    assert LabelCalls(opened).starter("one", "1").user == ""
    assert LabelCalls(opened).starter("one", "99").user == ""


def test_a_controller_that_lets_anybody_make_jobs_is_open(opened: str, secured: tuple[str, str]) -> None:
    assert LabelCalls(opened).is_open_to_anybody()
    assert LabelCalls(opened, "tim", "whatever").is_open_to_anybody()
    assert not LabelCalls(secured[0], "tim", secured[1]).is_open_to_anybody()
    jobs = Controller(opened)._get("api/json?tree=jobs[name]")["jobs"]
    assert "" not in [job["name"] for job in jobs]


def test_whether_it_is_open_is_not_known_of_one_that_does_not_answer() -> None:
    with pytest.raises(ControllerDown):
        LabelCalls("http://127.0.0.1:9/fuego", timeout=2).is_open_to_anybody()


def test_one_that_does_not_tell_how_descriptions_are_shown_gets_plain_text(opened: str) -> None:
    assert LabelCalls(opened).shows_html() is False


@pytest.mark.parametrize(("answer", "html"), [("<b>b</b>", True), ("<B>b</B>", True), ("&lt;b&gt;b&lt;/b&gt;", False)])
@responses.activate
def test_a_jenkins_is_asked_how_it_shows_descriptions(answer: str, html: bool) -> None:
    responses.get(f"{URL}/crumbIssuer/api/json", status=404)
    responses.post(f"{URL}/markupFormatter/previewDescription", body=answer)
    assert LabelCalls(URL).shows_html() is html


@responses.activate
def test_a_person_who_came_by_another_cause_is_found() -> None:
    responses.get(f"{URL}/crumbIssuer/api/json", status=404)
    causes = [{"userId": None, "userName": "anonymous"}, {}, {"userId": "tim", "userName": "Tim"}]
    responses.get(f"{URL}/job/f/job/j/7/api/json", json={"actions": [None, {}, {"causes": causes}]})
    assert LabelCalls(URL).starter("f/j", "7").user == "tim"
