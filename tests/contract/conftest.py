"""One suite, on the embedded controller and on a real Jenkins.

In the ordinary tests it runs on the embedded one. With `-m real_jenkins` (`make test-jenkins`) it runs on the real one
that JENKINS_URL or JENKINS_WAR names: one controller for the whole suite, so each test has names of its own there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TypeVar
from xml.sax.saxutils import escape

import pytest

from controllers import UnderTest, controller_of, real_is_named
from fuego_jenkins_remote.lab.jenkins.controller import Build, Controller
from fuego_jenkins_remote.network.identities import AttemptId, new_request_id
from fuego_jenkins_remote.service.clock import utc_now
from lab_in_trouble import Lab, lab_in_trouble
from until import until

_T = TypeVar("_T")

PARAMETERS = """<properties><hudson.model.ParametersDefinitionProperty><parameterDefinitions>
<hudson.model.StringParameterDefinition><name>REQUEST_ID</name></hudson.model.StringParameterDefinition>
<hudson.model.StringParameterDefinition><name>ATTEMPT</name></hudson.model.StringParameterDefinition>
</parameterDefinitions></hudson.model.ParametersDefinitionProperty></properties>"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test of this folder runs on one kind of controller at a time."""
    if "kind" not in metafunc.fixturenames:
        return
    marked = metafunc.config.option.markexpr
    if marked == "real_jenkins":
        if not real_is_named():
            raise pytest.UsageError(
                "real_jenkins: set JENKINS_WAR=/path/to/jenkins.war, or JENKINS_URL (docs/developers.md)"
            )
        kinds = [pytest.param("real", marks=pytest.mark.real_jenkins)]
    else:
        kinds = [pytest.param("embedded")]
    metafunc.parametrize("kind", kinds, scope="session")


@pytest.fixture(scope="session")
def under_test(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UnderTest]:
    """The controller of the whole suite."""
    with controller_of(kind, tmp_path_factory.mktemp("controller")) as found:
        yield found


@pytest.fixture(scope="session")
def whole_lab(under_test: UnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The whole network, with a lab whose Jenkins is the controller under test."""
    with lab_in_trouble(under_test, tmp_path_factory.mktemp("lab")) as found:
        yield found


@pytest.fixture
def lab(whole_lab: Lab) -> Iterator[Lab]:
    """The lab with everything up and nothing under way."""
    whole_lab.network.all_up()
    whole_lab.under_test.wait_for_agents()
    yield whole_lab
    whole_lab.network.all_up()
    whole_lab.tidy()


@pytest.fixture
def controller(under_test: UnderTest) -> Controller:
    """What the lab's bridge has of it."""
    return under_test.adapter()


@pytest.fixture(name="until", scope="session")
def until_fixture() -> Callable[..., object]:
    """Wait until a condition gives something true."""
    return until


@dataclass
class Jobs:
    """Jobs of one test, with names of its own; removed afterwards."""

    under_test: UnderTest
    controller: Controller
    made: list[str] = field(default_factory=list)

    def make(self, command: str = "true", *, name: str = "", more: str = "", node: str = "built-in") -> str:
        """A job with the parameters of an attempt and one shell step; `more` is XML beside them."""
        name = name or f"contract-{token_hex(4)}"
        self.made.append(name)
        self.controller.create_job(name, self.xml(command, more=more, node=node))
        return name

    @staticmethod
    def xml(command: str = "true", *, more: str = "", node: str = "built-in", publishers: str = "") -> str:
        tied = f"<assignedNode>{node}</assignedNode><canRoam>false</canRoam>"
        shell = f"<builders><hudson.tasks.Shell><command>{escape(command)}</command></hudson.tasks.Shell></builders>"
        return (
            f"<?xml version='1.0' encoding='UTF-8'?><project>{PARAMETERS}{tied}<quietPeriod>0</quietPeriod>"
            f"{more}{shell}<publishers>{publishers}</publishers></project>"
        )

    def attempt(self) -> AttemptId:
        return AttemptId(new_request_id(utc_now()), 1)

    def build(self, job: str, attempt: AttemptId, *, over: bool) -> Build:
        """Wait for the attempt's build, running or over."""

        def there() -> Build | None:
            found = self.controller.find(job, attempt)
            return found if isinstance(found, Build) and found.building is not over else None

        return until(there, f"a build of {job}, {'over' if over else 'running'}")

    def console(self, build: Build, limit: int = 4000) -> str:
        """The console's end, with its last line: a real Jenkins writes that after the build is over."""

        def whole() -> str | None:
            tail = self.controller.console_tail(build.job, build.number, limit)
            return tail if tail.endswith(f"Finished: {build.result}\n") else None

        return until(whole, "the console's last line")

    def ran(self, job: str) -> Build:
        """Trigger it, and wait until it is over."""
        attempt = self.attempt()
        self.controller.trigger(job, attempt)
        return self.build(job, attempt, over=True)


@pytest.fixture
def jobs(under_test: UnderTest, controller: Controller) -> Iterator[Jobs]:
    """Jobs for this test alone."""
    found = Jobs(under_test, controller)
    yield found
    for name in found.made:
        controller.delete_job(name)
