"""The lab's Jenkins: the one that runs already, one started from a war file, or the embedded controller."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import jenkins
import requests

from places import Lab, write_secret
from processes import FTC, Services, StepFailed, free_port

WAR_SECONDS = 120.0

# Makes a user with a token on an empty Jenkins, and the label that the push job runs on.
INIT_GROOVY = """\
import hudson.security.FullControlOnceLoggedInAuthorizationStrategy
import hudson.security.HudsonPrivateSecurityRealm
import jenkins.model.Jenkins
import jenkins.security.ApiTokenProperty

def jenkins = Jenkins.get()
def realm = new HudsonPrivateSecurityRealm(false)
def user = realm.createAccount('demolab', System.getenv('DEMO_PASSWORD'))
jenkins.setSecurityRealm(realm)
def strategy = new FullControlOnceLoggedInAuthorizationStrategy()
strategy.setAllowAnonymousRead(false)
jenkins.setAuthorizationStrategy(strategy)
user.getProperty(ApiTokenProperty.class).addFixedNewToken('demo', System.getenv('DEMO_TOKEN'))
user.save()
jenkins.setLabelString('fuego-remote')
jenkins.save()
"""


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
            settings["job_prefix"] = "fuego-demo"
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
    if war:
        return _from_war(services, lab, Path(war), data)
    command = [str(FTC), "lab", "jenkins", "--data", str(data), "--port", "0", "--json"]
    address = services.start("jenkins", command, lab.person.environment())
    what = "the embedded controller (for a real one: JENKINS_WAR=/path/to/jenkins.war, or JENKINS_URL=http://...)"
    return Jenkins(address, "", "", what, is_embedded=True)


def start_agents(services: Services, controller: Jenkins, boards: Iterable[str], data: Path, lab: Lab) -> None:
    """Connect an agent for each board's node of a real Jenkins; a lab's boards have theirs already."""
    jar = data / "agent.jar"
    data.mkdir(parents=True, exist_ok=True)
    jar.write_bytes(_ask(controller, "/jnlpJars/agent.jar").content)
    for board in boards:
        jnlp = ElementTree.fromstring(_ask(controller, f"/computer/{board}/jenkins-agent.jnlp").content)
        secret = next(argument.text or "" for argument in jnlp.iter("argument"))
        secret_file = write_secret(data / f"{board}.secret", secret)
        command = ["java", "-jar", str(jar), "-url", f"{controller.url}/", "-name", board, "-webSocket"]
        command += ["-secret", f"@{secret_file}", "-workDir", str(data / board)]
        services.launch(f"agent-{board}", command, lab.person.environment())
    for board in boards:
        _wait_until(partial(_is_online, controller, board), 60, board)


def _is_online(controller: Jenkins, node: str) -> bool:
    return _ask(controller, f"/computer/{node}/api/json").json()["offline"] is False


def _from_war(services: Services, lab: Lab, war: Path, data: Path) -> Jenkins:
    if shutil.which("java") is None or not war.is_file():
        raise StepFailed(f"JENKINS_WAR={war} needs that file, and java (apt-get install default-jre-headless)")
    (data / "init.groovy.d").mkdir(parents=True)
    (data / "init.groovy.d" / "demo.groovy").write_text(INIT_GROOVY, encoding="utf-8")
    token = "11" + secrets.token_hex(16)
    port = free_port()
    more = {"JENKINS_HOME": str(data), "DEMO_TOKEN": token, "DEMO_PASSWORD": secrets.token_hex(16)}
    more |= {f"FUEGO_{name}": str(lab.root / f"fuego-{name.lower()}") for name in ("RO", "RW", "CORE")}
    options = [
        "-Djenkins.install.runSetupWizard=false",
        "-Dhudson.model.UpdateCenter.never=true",
        "-Djava.awt.headless=true",
    ]
    address = ["--httpListenAddress=127.0.0.1", f"--httpPort={port}", "--prefix=/fuego"]
    services.launch("jenkins", ["java", *options, "-jar", str(war), *address], lab.person.environment(more))
    started = Jenkins(f"http://127.0.0.1:{port}/fuego", "demolab", token, "")
    _wait_until(lambda: _ask(started, "/api/json").ok, WAR_SECONDS, "Jenkins")
    version = _ask(started, "/api/json").headers.get("X-Jenkins", "")
    return Jenkins(started.url, started.user, token, f"Jenkins {version}, started from {war.name} (JENKINS_WAR)")


def _wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(requests.RequestException):
            if holds():
                return
        time.sleep(0.25)
    raise StepFailed(f"{what} was not there within {seconds:.0f} s; its log is beside the data")


def _ask(controller: Jenkins, path: str) -> requests.Response:
    login = (controller.user, controller.token) if controller.user else None
    answer = requests.get(controller.url + path, auth=login, timeout=10)
    answer.raise_for_status()
    return answer


def start_git_daemon(services: Services, root: Path, lab: Lab) -> int:
    """Serve the repositories below `root` on loopback; the port."""
    port = free_port()
    command = ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--export-all", "--reuseaddr"]
    services.launch("git", [*command, f"--base-path={root}", str(root)], lab.person.environment())
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
        time.sleep(0.05)
    raise StepFailed("git daemon does not answer")
