"""One look at all of a lab's builds: on a controller that really runs, and on answers as a real Jenkins gives them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from embedded import embedded_controller
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerTrouble
from fuego_jenkins_remote.lab.jenkins.controller import Build, Controller, QueueItem, is_under_way
from fuego_jenkins_remote.lab.jenkins.overview import Looks, Overview
from fuego_jenkins_remote.network.identities import AttemptId
from until import until

ATTEMPT = AttemptId("20261123-101500123-k3j7x2m4", 1)
URL = "https://jenkins.example:8080/fuego"
JOB_XML = """<project><properties><hudson.model.ParametersDefinitionProperty><parameterDefinitions>
<hudson.model.StringParameterDefinition><name>REQUEST_ID</name></hudson.model.StringParameterDefinition>
<hudson.model.StringParameterDefinition><name>ATTEMPT</name></hudson.model.StringParameterDefinition>
</parameterDefinitions></hudson.model.ParametersDefinitionProperty></properties>{node}
<quietPeriod>0</quietPeriod><builders><hudson.tasks.Shell><command>sleep 30</command></hudson.tasks.Shell>
</builders><publishers/></project>"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded controller as a process; its address."""
    with embedded_controller(tmp_path_factory.mktemp("jenkins")) as url:
        yield url


@pytest.mark.slow
def test_a_look_at_a_controller_that_runs_sees_the_build_and_what_waits_for_it(running: str) -> None:
    controller = Controller(running)
    controller.create_node("bbb", "/tmp/bbb")
    tied = "<assignedNode>bbb</assignedNode><canRoam>false</canRoam>"
    for job in ("remote-request-bbb", "bbb.default.Benchmark.bonnie"):
        controller.create_job(job, JOB_XML.format(node=tied))
    controller.trigger("bbb.default.Benchmark.bonnie", AttemptId(ATTEMPT.request, 2))
    look = until(lambda: _looked(controller, lambda seen: seen.builds))
    item = controller.trigger("remote-request-bbb", ATTEMPT)
    look = until(lambda: _looked(controller, lambda seen: seen.find("remote-request-bbb", ATTEMPT)))
    found = look.find("remote-request-bbb", ATTEMPT)
    assert isinstance(found, QueueItem)
    assert (found.id, found.label) == (item, "bbb")
    assert [work.job for work in look.nodes["bbb"].work] == ["bbb.default.Benchmark.bonnie"]
    assert not look.quieting_down
    controller.cancel_queue_item(found.id)
    assert controller.was_cancelled(found.id, ATTEMPT)
    assert not controller.was_cancelled(found.id, AttemptId(ATTEMPT.request, 7))
    assert not controller.was_cancelled(99999, ATTEMPT)


def _looked(controller: Controller, wanted: Callable[[Overview], Any]) -> Overview | None:
    seen = controller.overview(time.time, view="a view that is not there")
    return seen if wanted(seen) else None


# -- answers as a real Jenkins gives them


def parameters(attempt: AttemptId) -> list[dict[str, Any]]:
    """In two actions, as lockable-resources leaves them, between empty ones."""
    return [
        {},
        {"parameters": [{"name": "REQUEST_ID", "value": attempt.request}]},
        {"parameters": [{"name": "ATTEMPT", "value": str(attempt.number)}]},
    ]


def build(number: int, attempt: AttemptId, *, building: bool) -> dict[str, Any]:
    url = f"http://behind-a-proxy/fuego/job/remote-request-bbb/{number}/"
    return {"number": number, "building": building, "result": None, "url": url, "actions": parameters(attempt)}


@pytest.fixture
def answers() -> Iterator[responses.RequestsMock]:
    """A Jenkins with a view, where an attempt runs on bbb."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{URL}/crumbIssuer/api/json", status=404)
        mock.get(f"{URL}/queue/api/json", json={"items": []})
        mock.get(f"{URL}/api/json", json={"quietingDown": True, "jobs": []})
        builds = [build(4, ATTEMPT, building=True), build(3, ATTEMPT, building=False)]
        mock.get(
            f"{URL}/view/ours/api/json",
            json={"jobs": [{"name": "remote-request-bbb", "builds": builds}, {"name": "x"}]},
        )
        work = {"url": builds[0]["url"], "fullDisplayName": "so und so", "timestamp": 1000000, "estimatedDuration": 500}
        executors = [{"currentExecutable": work}, {"currentExecutable": None}]
        node = {"displayName": "bbb", "offline": False, "offlineCauseReason": "", "executors": executors}
        away = {"displayName": "ccc", "offline": True, "offlineCauseReason": "Wartung", "executors": []}
        mock.get(f"{URL}/computer/api/json", json={"computer": [node, away]})
        yield mock


@pytest.fixture
def jenkins() -> Controller:
    return Controller(f"{URL}/", "demolab", "secret", timeout=1)


def look(jenkins: Controller, **where: str) -> Overview:
    return jenkins.overview(lambda: 7.0, **where)


def test_a_look_takes_four_calls_with_a_view_and_three_without(
    answers: responses.RequestsMock, jenkins: Controller
) -> None:
    def calls(**where: str) -> int:
        answers.calls.reset()
        look(jenkins, **where)
        return sum("crumb" not in str(call.request.url) for call in answers.calls)

    assert calls(view="ours") == 4
    assert calls() == 3


def test_the_newest_build_of_an_attempt_is_the_one_that_counts(
    answers: responses.RequestsMock, jenkins: Controller
) -> None:
    seen = look(jenkins, view="ours")
    found = seen.find("remote-request-bbb", ATTEMPT)
    assert isinstance(found, Build)
    assert (found.number, found.building) == (4, True)
    assert seen.find("remote-request-ccc", ATTEMPT) is None
    assert (seen.begun, seen.quieting_down) == (7.0, True)


def test_a_nodes_work_and_why_it_is_away(answers: responses.RequestsMock, jenkins: Controller) -> None:
    seen = look(jenkins, view="ours")
    (work,) = seen.nodes["bbb"].work
    assert (work.job, work.ends_at) == ("remote-request-bbb", 1000.5)
    assert (seen.nodes["ccc"].online, seen.nodes["ccc"].reason) == (False, "Wartung")


def test_jobs_in_a_folder_have_its_name(jenkins: Controller, answers: responses.RequestsMock) -> None:
    jobs = {"jobs": [{"name": "remote-request-bbb", "builds": [build(4, ATTEMPT, building=True)]}]}
    answers.get(f"{URL}/job/labs/job/berlin/view/ours/api/json", json=jobs)
    task = {"name": "remote-request-ccc", "url": f"{URL}/job/labs/job/berlin/job/remote-request-ccc/"}
    waiting = AttemptId(ATTEMPT.request, 2)
    item = {"id": 1, "why": None, "task": task, "actions": parameters(waiting)}
    answers.replace(responses.GET, f"{URL}/queue/api/json", json={"items": [item]})
    seen = look(jenkins, view="ours", folder="labs/berlin")
    assert is_under_way(seen.find("labs/berlin/remote-request-bbb", ATTEMPT))
    assert isinstance(seen.find("labs/berlin/remote-request-ccc", waiting), QueueItem)


@pytest.mark.parametrize("path", ["queue/api/json", "view/ours/api/json", "computer/api/json"])
@pytest.mark.parametrize(
    "body", ["<html>", "[]", '{"items":7,"jobs":7,"computer":7}', '{"items":[7],"jobs":[7],"computer":[7]}']
)
def test_what_is_not_the_answer_is_trouble(
    answers: responses.RequestsMock, jenkins: Controller, path: str, body: str
) -> None:
    answers.replace(responses.GET, f"{URL}/{path}", body=body)
    with pytest.raises(ControllerTrouble, match="cannot be read here"):
        look(jenkins, view="ours")


# -- what is kept of a look


def test_a_look_tells_only_of_what_was_done_before_it() -> None:
    looks = Looks()
    assert looks.since(0) is None
    looks.keep(Overview(begun=10.0))
    assert looks.since(9.9) is looks.latest
    assert looks.since(10.0) is None


def test_a_look_that_failed_takes_the_one_before_along() -> None:
    looks, trouble = Looks(), ControllerDown("gone")
    looks.keep(Overview(begun=10.0))
    looks.keep(trouble)
    assert (looks.latest, looks.since(0), looks.trouble) == (None, None, trouble)
    looks.keep(Overview(begun=11.0))
    assert looks.trouble is None
