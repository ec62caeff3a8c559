"""A really running embedded controller on a free loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import jenkins
import pytest
import requests

from fuego_jenkins_remote.minijenkins.controller import Controller
from fuego_jenkins_remote.minijenkins.server import run
from fuego_jenkins_remote.minijenkins.settings import Settings
from until import until


class Running:
    """One controller in a thread with an event loop of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = ""
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._main)
        self._thread.start()
        assert self._ready.wait(90)
        if self._error:
            raise self._error

    def ask_to_stop(self) -> None:
        """Have it stop, and do not wait until it has."""
        with contextlib.suppress(RuntimeError):  # it has stopped already
            self._loop.call_soon_threadsafe(self._stop.set)

    def stop(self) -> None:
        """A clean stop, as TERM does it."""
        self.ask_to_stop()
        self._thread.join(30)
        assert not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    def tick(self, minute: datetime) -> None:
        """Let this minute begin for the timers."""
        done = threading.Event()

        def begin() -> None:
            self.controller.start_due(minute)
            done.set()

        self._loop.call_soon_threadsafe(begin)
        assert done.wait(90)

    def client(self, user: str | None = None, token: str | None = None) -> jenkins.Jenkins:
        """A real python-jenkins on it."""
        return jenkins.Jenkins(self.url, user, token, timeout=30)

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()

        def announce(url: str) -> None:
            self.url = url
            self._ready.set()

        def make(settings: Settings, url: str) -> Controller:
            self.controller = Controller(settings, url)
            return self.controller

        await run(self.settings, "127.0.0.1", 0, announce, self._stop, make=make)


@pytest.fixture(scope="session")
def controllers() -> Iterator[Callable[[Settings], Running]]:
    """Starts controllers; those that still run are stopped at the end."""
    running: list[Running] = []

    def start_one(settings: Settings) -> Running:
        running.append(Running(settings))
        return running[-1]

    yield start_one
    for one in running:
        if one.alive:
            one.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Quick ones: no quiet period, an abort waits a fifth of a second where Jenkins waits five."""
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    return Settings(data_dir=tmp_path / "data", quiet_seconds=0, term_wait_seconds=0.2, environment=environment)


@pytest.fixture
def start(settings: Settings, controllers: Callable[[Settings], Running]) -> Iterator[Callable[..., Running]]:
    """Start a controller with some settings changed; at the end of the test it is told to stop, which takes a while."""
    running: list[Running] = []

    def start_one(**changes: object) -> Running:
        running.append(controllers(replace(settings, **changes)))  # type: ignore[arg-type]
        return running[-1]

    yield start_one
    for one in running:
        one.ask_to_stop()


@pytest.fixture
def controller(start: Callable[..., Running]) -> Running:
    """An open controller."""
    return start()


@pytest.fixture
def server(controller: Running) -> jenkins.Jenkins:
    """python-jenkins on an open controller."""
    return controller.client()


@pytest.fixture(scope="session", name="until")
def until_fixture() -> Callable[..., object]:
    """Wait until a condition gives something true."""
    return until


@pytest.fixture(scope="session", name="job_xml")
def job_xml_fixture() -> Callable[..., str]:
    """A freestyle job's config.xml."""
    return job_xml


class Shop:
    """What tests do over and over with python-jenkins."""

    def __init__(self, server: jenkins.Jenkins) -> None:
        self.server = server

    def job(self, name: str, command: str = "true", **parts: str) -> None:
        """Create (or change) a job with one shell step; `parts` add to the document."""
        self.server.upsert_job(name, job_xml(command, **parts))

    def build(self, name: str, parameters: dict[str, str] | None = None) -> dict[str, object]:
        """Trigger, wait until it is over, give the build."""
        number = self.started(self.server.build_job(name, parameters))
        return self.finished(name, number)

    def started(self, item: int) -> int:
        """Wait until a queue item has become a build; gives the number."""
        return int(until(lambda: self.server.get_queue_item(item).get("executable"))["number"])  # type: ignore[index]

    def finished(self, name: str, number: int, seconds: float = 60.0) -> dict[str, object]:
        """Wait until a build is over, give it."""

        def over() -> dict[str, object] | None:
            try:
                info: dict[str, object] = self.server.get_build_info(name, number)
            except jenkins.JenkinsException as error:  # what has been put waits for a moment at least
                if "does not exist" in str(error):
                    return None
                raise
            return None if info["building"] else info

        return until(over, seconds=seconds)  # type: ignore[return-value]

    def console(self, name: str, number: int = 1) -> str:
        """The console's text."""
        return str(self.server.get_build_console_output(name, number))


@pytest.fixture
def shop(server: jenkins.Jenkins) -> Shop:
    """Shorthands on the open controller."""
    return Shop(server)


def job_xml(
    command: str = "true",
    *,
    parameters: tuple[str, ...] = (),
    unstable: int = 0,
    publishers: str = "",
    properties: str = "",
    more: str = "",
    builders: str = "",
) -> str:
    """A freestyle job's config.xml."""
    from xml.sax.saxutils import escape

    definitions = "".join(
        f"<hudson.model.StringParameterDefinition><name>{name}</name><defaultValue>default</defaultValue>"
        "</hudson.model.StringParameterDefinition>"
        for name in parameters
    )
    if definitions:
        definitions = (
            f"<hudson.model.ParametersDefinitionProperty><parameterDefinitions>{definitions}"
            "</parameterDefinitions></hudson.model.ParametersDefinitionProperty>"
        )
    shell = f"<hudson.tasks.Shell><command>{escape(command)}</command><unstableReturn>{unstable}</unstableReturn>"
    return (
        f"<project><properties>{definitions}{properties}</properties>{more}"
        f"<builders>{shell}</hudson.tasks.Shell>{builders}</builders><publishers>{publishers}</publishers></project>"
    )


@pytest.fixture
def shop_on() -> Callable[[jenkins.Jenkins], Shop]:
    """Shorthands on any controller."""
    return Shop


@pytest.fixture
def make_node(server: jenkins.Jenkins) -> Callable[[str], None]:
    """Make a node with one executor on the open controller, as the lab does."""

    def make(name: str, labels: str = "") -> None:
        server.create_node(
            name,
            numExecutors=1,
            nodeDescription=f"board {name}",
            labels=labels or name,
            exclusive=True,
            launcher=jenkins.LAUNCHER_JNLP,
        )

    return make


@pytest.fixture
def ask(controller: Running) -> Iterator[Callable[..., requests.Response]]:
    """A bare HTTP request to the open controller, with its crumb; redirects are not followed."""
    session = requests.Session()
    crumb = session.get(f"{controller.url}/crumbIssuer/api/json", timeout=30).json()

    def send(method: str, path: str, **more: object) -> requests.Response:
        headers = {crumb["crumbRequestField"]: crumb["crumb"], **more.pop("headers", {})}  # type: ignore[dict-item]
        return session.request(
            method, controller.url + path, headers=headers, allow_redirects=False, timeout=60, **more
        )  # type: ignore[arg-type]

    yield send
    session.close()
