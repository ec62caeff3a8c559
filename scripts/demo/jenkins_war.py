"""A real Jenkins of a war file: its home folder, what starts it, and what starts an agent of a node.

Who starts processes here keeps them: the demonstration, the measurements and the tests each in their own way.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import requests

START_SECONDS = 120.0
AGENT_SECONDS = 60.0

# Makes a user with a token on an empty Jenkins, and the label that the push job runs on. It runs at every start.
_INIT_GROOVY = """\
import hudson.model.User
import hudson.security.FullControlOnceLoggedInAuthorizationStrategy
import hudson.security.HudsonPrivateSecurityRealm
import jenkins.model.Jenkins
import jenkins.security.ApiTokenProperty

def jenkins = Jenkins.get()
def name = System.getenv('WAR_USER')
if (User.getById(name, false) == null) {
    def realm = new HudsonPrivateSecurityRealm(false)
    def user = realm.createAccount(name, System.getenv('WAR_PASSWORD'))
    jenkins.setSecurityRealm(realm)
    def strategy = new FullControlOnceLoggedInAuthorizationStrategy()
    strategy.setAllowAnonymousRead(false)
    jenkins.setAuthorizationStrategy(strategy)
    user.getProperty(ApiTokenProperty.class).addFixedNewToken('first', System.getenv('WAR_TOKEN'))
    user.save()
    jenkins.setLabelString('fuego-remote')
    jenkins.save()
}
"""


class NotThere(Exception):
    """A Jenkins that cannot be started, or did not answer in time; the message is for whoever started it."""


@dataclass(frozen=True, kw_only=True)
class War:
    """A Jenkins of a war file on a port of loopback. Its one user may do everything."""

    file: Path
    home: Path
    port: int
    user: str = "demolab"
    token: str = field(default_factory=lambda: "11" + secrets.token_hex(16), repr=False)
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    @property
    def url(self) -> str:
        """Its address, as Fuego's Jenkins has it: with a prefix."""
        return f"http://127.0.0.1:{self.port}/fuego"

    @property
    def command(self) -> list[str]:
        """What starts it; it calls nobody outside."""
        options = [
            "-Xmx768m",
            "-Djava.awt.headless=true",
            "-Djenkins.install.runSetupWizard=false",
            "-Dhudson.model.UpdateCenter.never=true",
            "-Dhudson.model.UsageStatistics.disabled=true",
            "-Djenkins.model.Jenkins.slaveAgentPort=-1",
        ]
        address = ["--httpListenAddress=127.0.0.1", f"--httpPort={self.port}", "--prefix=/fuego"]
        return ["java", *options, "-jar", str(self.file), *address]

    @property
    def environment(self) -> dict[str, str]:
        """What its process needs beside the usual."""
        home = {"JENKINS_HOME": str(self.home)}
        return {**home, "WAR_USER": self.user, "WAR_PASSWORD": self.password, "WAR_TOKEN": self.token}

    def lay_out(self, plugins: Path | None = None) -> None:
        """Make its home, with the plugins (.hpi, .jpi) of a folder. Raises NotThere."""
        if shutil.which("java") is None or not self.file.is_file():
            raise NotThere(f"JENKINS_WAR={self.file} needs that file, and java (apt-get install default-jre-headless)")
        (self.home / "init.groovy.d").mkdir(parents=True)
        (self.home / "init.groovy.d" / "user.groovy").write_text(_INIT_GROOVY, encoding="utf-8")
        # Without it a Jenkins tells its jobs no address; a lab's admin sets it on the first page.
        (self.home / "jenkins.model.JenkinsLocationConfiguration.xml").write_text(
            "<jenkins.model.JenkinsLocationConfiguration>"
            f"<jenkinsUrl>{self.url}/</jenkinsUrl></jenkins.model.JenkinsLocationConfiguration>\n",
            encoding="utf-8",
        )
        if plugins is not None:
            found = sorted(path for path in plugins.glob("*") if path.suffix in {".hpi", ".jpi"})
            if not found:
                raise NotThere(f"JENKINS_PLUGINS={plugins} has no .hpi or .jpi in it")
            (self.home / "plugins").mkdir()
            for path in found:
                # Under its other name it is taken, too, but with a warning.
                shutil.copy(path, self.home / "plugins" / f"{path.stem}.jpi")


def ask(url: str, path: str, user: str, token: str) -> requests.Response:
    """GET, with the login where there is one. Raises requests.RequestException."""
    login = (user, token) if user else None
    answer = requests.get(url + path, auth=login, timeout=10)
    answer.raise_for_status()
    return answer


def version(url: str, user: str, token: str) -> str:
    """The version that answers there. Raises requests.RequestException."""
    return ask(url, "/api/json?tree=mode", user, token).headers.get("X-Jenkins", "")


def fetch_agent(url: str, user: str, token: str, jar: Path) -> None:
    """The program that connects nodes to this Jenkins. Raises requests.RequestException."""
    jar.parent.mkdir(parents=True, exist_ok=True)
    jar.write_bytes(ask(url, "/jnlpJars/agent.jar", user, token).content)


def agent_command(url: str, user: str, token: str, node: str, jar: Path) -> list[str]:
    """What connects an inbound node; its secret lies in a file beside the jar. Raises requests.RequestException."""
    jnlp = ElementTree.fromstring(ask(url, f"/computer/{node}/jenkins-agent.jnlp", user, token).content)
    secret = next(argument.text or "" for argument in jnlp.iter("argument"))
    secret_file = jar.parent / f"{node}.secret"
    secret_file.touch(mode=0o600)
    secret_file.write_text(secret + "\n", encoding="utf-8")
    # A small one: a lab has as many of them as boards.
    java = ["java", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", str(jar)]
    where = ["-url", f"{url}/", "-name", node, "-webSocket", "-workDir", str(jar.parent / node)]
    return [*java, *where, "-secret", f"@{secret_file}"]


def is_online(url: str, user: str, token: str, node: str) -> bool:
    """Whether a node's agent is connected. Raises requests.RequestException."""
    return ask(url, f"/computer/{node}/api/json?tree=offline", user, token).json()["offline"] is False


def wait_until(holds: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for an answer that is true; what requests raises meanwhile is none. Raises NotThere."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(requests.RequestException):
            if holds():
                return
        time.sleep(0.1)
    raise NotThere(f"{what} was not there within {seconds:.0f} s; its log is beside the data")
