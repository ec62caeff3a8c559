"""The lab's Jenkins: the one that runs already, one started from a war file, or the embedded controller."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jenkins
import requests

from jenkins_war import (
    AGENT_SECONDS,
    START_SECONDS,
    NotThere,
    War,
    agent_command,
    fetch_agent,
    is_online,
    version,
    wait_until,
)
from places import Lab, write_secret
from processes import FTC, Services, StepFailed, free_port


@dataclass(frozen=True)
class Jenkins:
    """Where it is, as whom we come, and what it is in words."""

    url: str
    user: str
    token: str
    what: str
    is_embedded: bool = False
    """It is our own controller, whose nodes need no agents."""
    is_borrowed: bool = False
    """It runs already, for somebody else too: what is made there is removed at the end."""

    def settings(self, lab: Lab) -> dict[str, str]:
        """What the lab's fuego.conf says of it. A borrowed Jenkins may have a lab's jobs: ours are called apart."""
        settings = {"jenkins_url": self.url}
        if self.is_borrowed:
            settings |= {"job_prefix": "fuego-demo", "people_prefix": "fuego-demo-for", "jenkins_view": ""}
        if self.user:
            token_file = write_secret(lab.root / "state" / "jenkins.token", self.token)
            settings |= {"jenkins_user": self.user, "jenkins_token_file": str(token_file)}
        return settings

    def leave(self, made: Iterable[str]) -> None:
        """Remove what `ftc lab jobs -q` said that it made."""
        server = jenkins.Jenkins(self.url, self.user or None, self.token or None, timeout=20)
        for line in made:
            what, _, name = line.partition(": ")
            with contextlib.suppress(jenkins.JenkinsException, requests.RequestException):
                if what == "job created":
                    server.delete_job(name)
                elif what == "node made":
                    server.delete_node(name)


def bring_up(services: Services, lab: Lab, data: Path) -> Jenkins:
    """The Jenkins that this demonstration runs with."""
    url, war = os.environ.get("JENKINS_URL", ""), os.environ.get("JENKINS_WAR", "")
    if url:
        user, token = os.environ.get("JENKINS_USER", ""), os.environ.get("JENKINS_TOKEN", "")
        return Jenkins(url.rstrip("/"), user, token, f"the Jenkins at {url} (JENKINS_URL)", is_borrowed=True)
    return from_war(services, lab, Path(war), data) if war else embedded(services, lab, data)


def embedded(services: Services, lab: Lab, data: Path, in_builds: Mapping[str, str] | None = None) -> Jenkins:
    """The embedded controller; `in_builds` is the environment that its builds have beside the usual."""
    command = [str(FTC), "lab", "jenkins", "--data", str(data), "--port", "0", "--json"]
    address = services.start("jenkins", command, lab.person.environment(in_builds))
    what = "the embedded controller (for a real one: JENKINS_WAR=/path/to/jenkins.war, or JENKINS_URL=http://...)"
    return Jenkins(address, "", "", what, is_embedded=True)


def start_agents(
    services: Services,
    controller: Jenkins,
    boards: Iterable[str],
    data: Path,
    lab: Lab,
    *,
    in_builds: Mapping[str, str] | None = None,
) -> None:
    """Connect an agent for each board's node of a real Jenkins; a lab's boards have theirs already.

    `in_builds` is the environment that their builds have beside the usual.
    """
    login = (controller.url, controller.user, controller.token)
    fetch_agent(*login, data / "agent.jar")
    for board in boards:
        command = agent_command(*login, board, data / "agent.jar")
        services.launch(f"agent-{board}", command, lab.person.environment(in_builds))
    with _as_steps():
        for board in boards:
            wait_until(partial(is_online, *login, board), AGENT_SECONDS, board)


def from_war(services: Services, lab: Lab, file: Path, data: Path) -> Jenkins:
    """A Jenkins of a war file with a fresh home, and with the plugins in the folder that JENKINS_PLUGINS names."""
    war = War(file=file, home=data, port=free_port())
    plugins = os.environ.get("JENKINS_PLUGINS", "")
    with _as_steps():
        war.lay_out(Path(plugins) if plugins else None)
        more = {f"FUEGO_{name}": str(lab.root / f"fuego-{name.lower()}") for name in ("RO", "RW", "CORE")}
        services.launch("jenkins", war.command, lab.person.environment(war.environment | more))
        wait_until(lambda: version(war.url, war.user, war.token), START_SECONDS, "Jenkins")
    beside = f", with the plugins in {plugins} (JENKINS_PLUGINS)" if plugins else ""
    what = f"Jenkins {version(war.url, war.user, war.token)}, started from {file.name} (JENKINS_WAR){beside}"
    return Jenkins(war.url, war.user, war.token, what)


@contextlib.contextmanager
def _as_steps() -> Iterator[None]:
    try:
        yield
    except NotThere as error:
        raise StepFailed(str(error)) from None


def start_git_daemon(services: Services, root: Path, lab: Lab) -> int:
    """Serve the repositories below `root` on loopback; the port."""
    port = free_port()
    command = ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--export-all", "--reuseaddr"]
    services.launch("git", [*command, f"--base-path={root}", str(root)], lab.person.environment())
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
        time.sleep(0.05)
    raise StepFailed("git daemon does not answer")
