"""The controllers that one suite of tests runs on: the embedded one, or a real Jenkins.

A real one is started from JENKINS_WAR in a home of its own (JENKINS_PLUGINS names a folder of .hpi or .jpi files), or
stands at JENKINS_URL (JENKINS_USER, JENKINS_TOKEN), and is then somebody's: what is made there is removed again.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import jenkins
import requests

from child_process import end_child
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from jenkins_war import AGENT_SECONDS, START_SECONDS, War, agent_command, fetch_agent, is_online, version, wait_until
from processes import free_port

USER = "demolab"


class Process(ABC):
    """A controller's process; killed and started again it keeps its address and its data."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("FUEGO_", "JENKINS_", "BASH_ENV"))
        }
        self.process: subprocess.Popen[str] | None = None

    @property
    @abstractmethod
    def command(self) -> list[str]:
        """What starts it."""

    @abstractmethod
    def wait(self) -> None:
        """Until it answers."""

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def launch(self) -> None:
        """Start it, and do not wait."""
        command = self.command
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if "--json" in command else log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def start(self) -> None:
        if not self.runs:
            self.launch()
            try:
                self.wait()
            except BaseException:
                self.kill()
                raise

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it by a signal to it alone."""
        if self.process is None:
            return
        try:
            end_child(self.process, number, 30)
        finally:
            self.process = None

    def kill(self) -> None:
        self.end(signal.SIGKILL)


# A strategy that is never written to the disk, so a Jenkins that starts again has its own.
_WITHOUT = """\
import hudson.security.ACL
import hudson.security.AuthorizationStrategy
import hudson.security.Permission
import jenkins.model.Jenkins
import org.springframework.security.core.Authentication
class Without extends AuthorizationStrategy {
    transient String missing
    ACL getRootACL() {
        def id = missing
        return new ACL() {
            boolean hasPermission2(Authentication who, Permission one) { one.id != id }
        }
    }
    Collection<String> getGroups() { [] }
}
def field = Jenkins.getDeclaredField('authorizationStrategy')
field.accessible = true
def strategy = new Without()
strategy.missing = '%s'
field.set(Jenkins.get(), strategy)
"""
_ALL_AGAIN = """\
import hudson.security.FullControlOnceLoggedInAuthorizationStrategy
import jenkins.model.Jenkins
def strategy = new FullControlOnceLoggedInAuthorizationStrategy()
strategy.allowAnonymousRead = false
Jenkins.get().authorizationStrategy = strategy
"""


class UnderTest:
    """A controller that the suite runs on: where it is, as whom the lab comes, and what can be done to it."""

    kind = ""
    is_embedded = False
    process: Process | None = None
    """None: it is somebody else's, and is neither stopped nor started again."""

    def __init__(self, url: str, user: str, token: str, password: str = "") -> None:
        self.url, self.user, self.token, self.password = url, user, token, password
        self.agents: dict[str, Agent] = {}

    def adapter(self, **more: object) -> Controller:
        """What the lab's bridge has."""
        return Controller(self.url, self.user, self.token, **more)  # type: ignore[arg-type]

    def person(self) -> jenkins.Jenkins:
        """python-jenkins, as a person of the lab would do things in Jenkins' pages."""
        return jenkins.Jenkins(self.url, self.user or None, self.token or None, timeout=30)

    def post(self, path: str, **data: str) -> requests.Response:
        """A form of Jenkins' pages is sent."""
        return requests.post(
            f"{self.url}/{path}", data=data, auth=(self.user, self.token), timeout=20, allow_redirects=False
        )

    def groovy(self, script: str) -> str:
        """What an admin types into the script console of a real one."""
        answer = self.post("scriptText", script=script)
        answer.raise_for_status()
        return answer.text.strip()

    def connect(self, nodes: Iterable[str], folder: Path) -> None:
        """Start an agent for each of these nodes, where nodes need one."""
        if self.is_embedded:
            return
        fetch_agent(self.url, self.user, self.token, folder / "agent.jar")
        for node in nodes:
            self.agents[node] = Agent(self, node, folder)
            self.agents[node].launch()
        self.wait_for_agents()

    def wait_for_agents(self) -> None:
        """Until all are connected; those that have gone are started again."""
        for agent in self.agents.values():
            if not agent.runs:
                agent.launch()
        for agent in self.agents.values():
            agent.wait()

    def close(self) -> None:
        """Leave nothing behind, whichever of them does not end as it should."""
        with contextlib.ExitStack() as last:
            if self.process is not None and self.process.runs:
                last.callback(self.process.end)
            for agent in self.agents.values():
                last.callback(agent.end)


class Agent(Process):
    """What connects a node to a real Jenkins."""

    def __init__(self, under_test: UnderTest, node: str, folder: Path) -> None:
        super().__init__(folder / f"{node}.log")
        self.login = (under_test.url, under_test.user, under_test.token)
        self.node, self.folder = node, folder

    @property
    def command(self) -> list[str]:
        return agent_command(*self.login, self.node, self.folder / "agent.jar")

    def wait(self) -> None:
        wait_until(lambda: is_online(*self.login, self.node), AGENT_SECONDS, f"the agent of {self.node}")


class _EmbeddedProcess(Process):
    def __init__(self, data: Path, port: int, token_file: Path, password_file: Path) -> None:
        super().__init__(data.with_suffix(".log"))
        self._command = [sys.executable, "-m", "fuego_jenkins_remote.minijenkins", "--json", "--data", str(data)]
        self._command += ["--port", str(port), "--label", "fuego-remote"]
        self._command += ["--user", USER, "--token-file", str(token_file), "--password-file", str(password_file)]

    @property
    def command(self) -> list[str]:
        return self._command

    def wait(self) -> None:
        assert self.process is not None
        out: IO[str] = self.process.stdout  # type: ignore[assignment]
        line = out.readline()
        assert line.startswith("{"), self.log.read_text()[-2000:]
        assert json.loads(line)["pid"] == self.process.pid


class Embedded(UnderTest):
    """The embedded controller, with a user."""

    kind = "embedded"
    is_embedded = True

    def __init__(self, folder: Path) -> None:
        port, token_file, password_file = free_port(), folder / "jenkins.token", folder / "jenkins.password"
        password = secrets.token_hex(8)
        password_file.touch(mode=0o600)
        password_file.write_text(password)
        self.process = _EmbeddedProcess(folder / "jenkins", port, token_file, password_file)
        self.process.start()
        super().__init__(f"http://127.0.0.1:{port}/fuego", USER, token_file.read_text().strip(), password)
        self.home = folder / "jenkins"


class _WarProcess(Process):
    def __init__(self, war: War) -> None:
        super().__init__(war.home.with_suffix(".log"))
        self.war = war
        self.environment |= war.environment

    @property
    def command(self) -> list[str]:
        return self.war.command

    def wait(self) -> None:
        war = self.war
        wait_until(lambda: not self.runs or version(war.url, war.user, war.token), START_SECONDS, "Jenkins")
        assert self.runs, self.log.read_text()[-2000:]


class FromWar(UnderTest):
    """A real Jenkins, started from a war file."""

    kind = "real"

    @contextlib.contextmanager
    def without(self, permission: str) -> Iterator[None]:
        """Nobody has this permission (its id) meanwhile."""
        self.groovy(_WITHOUT % permission)
        try:
            yield
        finally:
            self.groovy(_ALL_AGAIN)

    def __init__(self, folder: Path, file: Path, plugins: Path | None) -> None:
        war = War(file=file.resolve(), home=folder / "jenkins", port=free_port(), user=USER)
        war.lay_out(plugins.resolve() if plugins else None)
        self.process = _WarProcess(war)
        self.process.start()
        super().__init__(war.url, war.user, war.token, war.password)
        self.home = war.home


class Borrowed(UnderTest):
    """A Jenkins that runs already, for somebody else too."""

    kind = "real"


def real_is_named() -> bool:
    """Whether the environment names a real Jenkins."""
    return bool(os.environ.get("JENKINS_URL") or os.environ.get("JENKINS_WAR"))


@contextlib.contextmanager
def controller_of(kind: str, folder: Path) -> Iterator[UnderTest]:
    """The embedded or the real one."""
    url, war = os.environ.get("JENKINS_URL", ""), os.environ.get("JENKINS_WAR", "")
    plugins = os.environ.get("JENKINS_PLUGINS", "")
    found: UnderTest
    if kind == "embedded":
        found = Embedded(folder)
    elif url:
        found = Borrowed(url.rstrip("/"), os.environ.get("JENKINS_USER", ""), os.environ.get("JENKINS_TOKEN", ""))
    else:
        found = FromWar(folder, Path(war), Path(plugins) if plugins else None)
    try:
        yield found
    finally:
        found.close()
        if isinstance(found, FromWar):
            shutil.rmtree(found.home, ignore_errors=True)
