"""The adapter around python-jenkins: on a controller that really runs, and on answers that it never gives."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import responses

from embedded import embedded_controller
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerRefused, ControllerTrouble
from fuego_jenkins_remote.lab.jenkins.controller import Build, Controller, QueueItem
from fuego_jenkins_remote.network.identities import AttemptId
from until import until

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)
URL = "https://jenkins.example:8080/fuego"
JOB_XML = """<project><properties><hudson.model.ParametersDefinitionProperty><parameterDefinitions>
<hudson.model.StringParameterDefinition><name>REQUEST_ID</name></hudson.model.StringParameterDefinition>
<hudson.model.StringParameterDefinition><name>ATTEMPT</name></hudson.model.StringParameterDefinition>
</parameterDefinitions></hudson.model.ParametersDefinitionProperty></properties>
<quietPeriod>{quiet}</quietPeriod><builders><hudson.tasks.Shell><command>{command}</command></hudson.tasks.Shell>
</builders><publishers/></project>"""


# -- one that runs


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded controller as a process; its address."""
    with embedded_controller(tmp_path_factory.mktemp("jenkins")) as url:
        yield url


@pytest.fixture
def controller(running: str) -> Controller:
    return Controller(running)


@pytest.fixture
def job(controller: Controller, request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """Make a job that runs a shell command."""
    made: list[str] = []

    def make(command: str = "true", quiet: int = 0, name: str = "") -> str:
        made.append(name or f"job-{abs(hash(request.node.name))}")
        controller.create_job(made[-1], JOB_XML.format(command=command, quiet=quiet))
        return made[-1]

    yield make
    for name in made:
        controller.delete_job(name)


def _build(controller: Controller, job: str, *, over: bool = True) -> Build | None:
    found = controller.find(job, ATTEMPT)
    return found if isinstance(found, Build) and found.building is not over else None


@pytest.mark.slow
def test_it_says_what_it_is(controller: Controller) -> None:
    assert controller.version()
    with pytest.raises(ControllerRefused):
        controller.user()  # nobody has logged in


@pytest.mark.slow
def test_a_triggered_attempt_is_found_in_the_queue(controller: Controller, job: Callable[..., str]) -> None:
    name = job(quiet=60)
    item = controller.trigger(name, ATTEMPT)
    found = controller.find(name, ATTEMPT)
    assert isinstance(found, QueueItem)
    assert (found.id, found.job, found.attempt) == (item, name, ATTEMPT)
    assert "quiet period" in found.why
    controller.cancel_queue_item(found.id)
    assert controller.find(name, ATTEMPT) is None
    controller.cancel_queue_item(found.id)  # it has left the queue: that is all right


@pytest.mark.slow
def test_the_same_attempt_twice_is_one_item(controller: Controller, job: Callable[..., str]) -> None:
    name = job(quiet=60)
    first = controller.trigger(name, ATTEMPT)
    assert controller.trigger(name, ATTEMPT) in (None, first)
    assert len([item for item in controller.queue() if item.job == name]) == 1


@pytest.mark.slow
def test_a_build_is_found_by_its_attempt_and_told_from_others(controller: Controller, job: Callable[..., str]) -> None:
    name = job("echo hier ist $REQUEST_ID.$ATTEMPT")
    controller.trigger(name, AttemptId(ATTEMPT.request, 2))
    controller.trigger(name, ATTEMPT)
    build = until(lambda: _build(controller, name))
    assert (build.attempt, build.result) == (ATTEMPT, "SUCCESS")
    assert controller.build_url(name, str(build.number)) == build.url
    assert f"hier ist {ATTEMPT}" in controller.console_tail(name, build.number, 4000)
    assert controller.find(name, AttemptId(ATTEMPT.request, 3)) is None


@pytest.mark.slow
def test_a_running_build_is_stopped_and_one_that_is_over_stays(controller: Controller, job: Callable[..., str]) -> None:
    name = job("sleep 60")
    controller.trigger(name, ATTEMPT)
    build = until(lambda: _build(controller, name, over=False))
    controller.stop_build(name, build.number)
    assert until(lambda: _build(controller, name)).result == "ABORTED"
    controller.stop_build(name, build.number)
    assert "Aborted by anonymous" in controller.console_tail(name, build.number, 200)


@pytest.mark.slow
def test_of_a_long_console_only_the_end_is_given(controller: Controller, job: Callable[..., str]) -> None:
    name = job("for i in $(seq 9999); do echo line $i; done")
    controller.trigger(name, ATTEMPT)
    build = until(lambda: _build(controller, name))
    tail = controller.console_tail(name, build.number, 300)
    assert len(tail.encode()) == 300
    assert tail.endswith("Finished: SUCCESS\n")


@pytest.mark.slow
def test_what_is_not_there_is_none_and_no_error(controller: Controller) -> None:
    assert controller.get_job_config("gone") is None
    assert controller.builds("gone") == []
    assert controller.find("gone", ATTEMPT) is None
    assert controller.console_tail("gone", 1, 100) == ""
    controller.delete_job("gone")
    controller.stop_build("gone", 1)


@pytest.mark.slow
def test_a_job_that_is_not_there_cannot_be_triggered(controller: Controller) -> None:
    with pytest.raises(ControllerTrouble):
        controller.trigger("gone", ATTEMPT)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["remote-request-a.b_c", "remote-request-größe", "remote request with spaces"])
def test_names_with_signs_in_them_are_found(controller: Controller, job: Callable[..., str], name: str) -> None:
    job(name=name)
    controller.trigger(name, ATTEMPT)
    build = until(lambda: _build(controller, name))
    assert controller.console_tail(name, build.number, 1000).endswith("Finished: SUCCESS\n")
    assert controller.list_jobs(name[:14]) == [name]


@pytest.mark.slow
def test_nodes_are_listed_with_what_they_do(controller: Controller) -> None:
    controller.create_node("board-1", "/tmp/board-1")
    node = next(node for node in controller.nodes() if node.name == "board-1")
    assert (node.online, node.idle) == (True, True)


# -- answers that it never gives


@pytest.fixture
def answers() -> Iterator[responses.RequestsMock]:
    """A Jenkins of which only these answers exist; it has no crumb issuer."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{URL}/crumbIssuer/api/json", status=404)
        yield mock


@pytest.fixture
def jenkins() -> Controller:
    return Controller(f"{URL}/", "demolab", "secret", timeout=1)


QUEUE = f"{URL}/queue/api/json"
BUILD = f"{URL}/job/x/buildWithParameters"


def test_an_attempt_that_merged_with_one_in_the_queue_is_that_item(
    answers: responses.RequestsMock, jenkins: Controller
) -> None:
    answers.post(BUILD, status=303, headers={"Location": f"{URL}/queue/item/7/"})
    assert jenkins.trigger("x", ATTEMPT) == 7


def test_where_jenkins_leads_a_browser_after_a_form_is_not_asked(
    answers: responses.RequestsMock, jenkins: Controller
) -> None:
    """It leads to the address that it believes to have, which behind a proxy nobody may reach."""
    answers.post(f"{URL}/job/x/7/stop", status=302, headers={"Location": "http://10.1.1.1:8080/fuego/job/x/7/"})
    jenkins.stop_build("x", 7)
    assert [call.request.method for call in answers.calls] == ["GET", "POST"]  # the first is for the crumb


def test_a_form_that_is_led_to_the_same_page_elsewhere_is_not_done(
    answers: responses.RequestsMock, jenkins: Controller
) -> None:
    answers.post(BUILD, status=302, headers={"Location": BUILD.replace("8080", "8443")})
    answers.get(BUILD.replace("8080", "8443"), status=405)
    with pytest.raises(ControllerTrouble, match="answered 405"):
        jenkins.trigger("x", ATTEMPT)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_one_that_starts_is_asked_later(answers: responses.RequestsMock, jenkins: Controller, status: int) -> None:
    answers.get(QUEUE, status=status, body="<html>Please wait while Jenkins is getting ready")
    with pytest.raises(ControllerDown, match="starting or shutting down"):
        jenkins.queue()


def test_a_401_while_it_starts_says_nothing_of_the_token(answers: responses.RequestsMock, jenkins: Controller) -> None:
    answers.get(QUEUE, status=401)
    with pytest.raises(ControllerDown):
        jenkins.queue()


def test_a_401_of_jenkins_itself_says_that_the_token_is_not_accepted(
    answers: responses.RequestsMock, jenkins: Controller
) -> None:
    answers.get(QUEUE, status=401, headers={"X-Jenkins": "2.528.3"})
    with pytest.raises(ControllerRefused, match=r"does not accept this user or token \(jenkins_token_file\)") as error:
        jenkins.queue()
    assert "secret" not in str(error.value)


def test_a_missing_permission_is_named(answers: responses.RequestsMock, jenkins: Controller) -> None:
    page = "<html>demolab is missing the Job/Build permission</html>"
    answers.post(BUILD, status=403, body=page, headers={"X-Jenkins": "2.528.3"})
    with pytest.raises(ControllerRefused, match="is missing the Job/Build permission"):
        jenkins.trigger("x", ATTEMPT)


def test_a_crumb_that_has_expired_is_fetched_anew(jenkins: Controller) -> None:
    """A restart of Jenkins makes its crumbs invalid; an answer 403 is all that tells."""
    valid = ["old"]

    def build(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        if request.headers.get("Jenkins-Crumb") != valid[0]:
            return 403, {"X-Jenkins": "2.528.3"}, "No valid crumb was included in the request"
        return 201, {"Location": f"{URL}/queue/item/9/"}, ""

    def crumb(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        return 200, {}, json.dumps({"crumbRequestField": "Jenkins-Crumb", "crumb": valid[0]})

    with responses.RequestsMock() as mock:
        mock.add_callback(responses.GET, f"{URL}/crumbIssuer/api/json", crumb)
        mock.add_callback(responses.POST, BUILD, build)
        assert jenkins.trigger("x", ATTEMPT) == 9
        valid[0] = "new"
        assert jenkins.trigger("x", ATTEMPT) == 9


def test_a_403_with_a_good_crumb_is_asked_twice_at_most(jenkins: Controller) -> None:
    with responses.RequestsMock() as mock:
        mock.get(f"{URL}/crumbIssuer/api/json", json={"crumbRequestField": "Jenkins-Crumb", "crumb": "c"})
        mock.post(BUILD, status=403, headers={"X-Jenkins": "2"})
        with pytest.raises(ControllerRefused):
            jenkins.trigger("x", ATTEMPT)
        assert len([call for call in mock.calls if call.request.method == "POST"]) == 2


@pytest.mark.parametrize(
    "body", ["<html>a login page</html>", "", "[]", "null", '{"items":[{}]}', '{"items":[7]}', '{"items":7}']
)
def test_what_is_not_the_answer_is_trouble_and_no_crash(
    answers: responses.RequestsMock, jenkins: Controller, body: str
) -> None:
    answers.get(QUEUE, body=body)
    with pytest.raises(ControllerTrouble, match="cannot be read here"):
        jenkins.queue()


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda jenkins: jenkins.nodes(), "computer/api/json"),
        (lambda jenkins: jenkins.builds("x"), "job/x/api/json"),
        (lambda jenkins: jenkins.list_jobs("x"), "api/json"),
    ],
)
def test_lists_of_something_else_are_trouble(
    answers: responses.RequestsMock, jenkins: Controller, call: Callable[[Controller], Any], path: str
) -> None:
    answers.get(f"{URL}/{path}", json={"computer": [{"x": 1}], "builds": [{"x": 1}], "jobs": [{"x": 1}]})
    with pytest.raises(ControllerTrouble):
        call(jenkins)


def test_parameters_in_several_actions_are_merged(answers: responses.RequestsMock, jenkins: Controller) -> None:
    def action(name: str, value: str) -> dict[str, Any]:
        return {"parameters": [{"name": name, "value": value}]}

    actions = [{}, None, action("REQUEST_ID", ATTEMPT.request), action("ATTEMPT", "1")]
    item = {"id": 3, "why": None, "task": {"name": "x"}, "actions": actions}
    answers.get(QUEUE, json={"items": [item, {**item, "id": 4, "actions": []}]})
    assert [one.attempt for one in jenkins.queue()] == [ATTEMPT, None]


def test_an_error_of_jenkins_is_given_in_short(answers: responses.RequestsMock, jenkins: Controller) -> None:
    answers.post(BUILD, status=400, headers={"X-Error": "x is not parameterized"})
    with pytest.raises(ControllerTrouble, match="answered 400 x is not parameterized"):
        jenkins.trigger("x", ATTEMPT)


def test_what_is_no_jenkins_is_said(answers: responses.RequestsMock, jenkins: Controller) -> None:
    answers.get(f"{URL}/api/json", body="<html>It works!</html>")
    with pytest.raises(ControllerTrouble, match="is no Jenkins"):
        jenkins.version()


def test_the_version_of_a_jenkins_with_a_login_is_asked_with_the_login(
    answers: responses.RequestsMock, jenkins: Controller
) -> None:
    def version(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        return (200 if "Authorization" in request.headers else 403), {"X-Jenkins": "2.528.3"}, "{}"

    answers.add_callback(responses.GET, f"{URL}/api/json", version)
    assert jenkins.version() == "2.528.3"


def test_a_slash_in_a_name_is_a_folder(answers: responses.RequestsMock, jenkins: Controller) -> None:
    answers.get(f"{URL}/job/team/job/x/api/json", json={"builds": []})
    assert jenkins.builds("team/x") == []
    assert jenkins.build_url("team/x", "7") == f"{URL}/job/team/job/x/7/"
    assert jenkins.build_url("team/x", "") == ""


def test_a_refused_connection_is_down() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ControllerDown, match="does not answer"):
            Controller(f"http://127.0.0.1:{taken.getsockname()[1]}").queue()


def test_one_that_does_not_answer_in_time_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with pytest.raises(ControllerDown, match="does not answer"):
            Controller(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2).queue()


@pytest.mark.parametrize("url", ["jenkins", "", "ftp://127.0.0.1/"])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(ControllerRefused, match=r"jenkins_url: .* is no address"):
        Controller(url)
