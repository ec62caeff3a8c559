"""The calls about nodes; a board's node has the board's name."""

from __future__ import annotations

import re
from dataclasses import dataclass

import jenkins
import requests

from fuego_jenkins_remote.lab.errors import ControllerRefused
from fuego_jenkins_remote.lab.jenkins.link import JenkinsLink, job_path

_SECRET = re.compile(r"<argument>([0-9a-f]{64})</argument>")


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node; a board's has the board's name. `idle`: no executor of it works."""

    name: str
    online: bool
    idle: bool


class NodeCalls(JenkinsLink):
    """Nodes, by their names."""

    def nodes(self) -> list[Node]:
        """All nodes, in one call."""
        path = "computer/api/json?tree=computer[displayName,offline,idle]"
        return self._call(
            lambda: [
                Node(name=str(one["displayName"]), online=not one.get("offline", True), idle=bool(one.get("idle")))
                for one in self._get(path).get("computer", ())
            ]
        )

    def create_node(self, name: str, remote_folder: str, *, command: str = "") -> None:
        """Make a node for a board: one executor, for jobs tied to it.

        Jenkins starts its agent with `command` on its own machine, which needs the plugin command-launcher; without a
        command the agent connects by itself (inbound).
        """
        # An administrator's command is approved where it is new: without the old one here it never is.
        launcher_params = {"command": command, "oldCommand": ""} if command else {}
        self._call(
            lambda: self._server.create_node(
                name,
                numExecutors=1,
                nodeDescription=f"Fuego board {name}",
                remoteFS=remote_folder,
                labels=name,
                exclusive=True,
                launcher=jenkins.LAUNCHER_COMMAND if command else jenkins.LAUNCHER_JNLP,
                launcher_params=launcher_params,
            )
        )

    def agent_secret(self, node: str) -> str:
        """The secret with which an inbound agent connects; empty where there is none, or we may not know it."""
        name = job_path(node).removeprefix("job/")
        for page in ("jenkins-agent.jnlp", "slave-agent.jnlp"):
            request = requests.Request("GET", f"{self.url}/computer/{name}/{page}")

            def ask(request: requests.Request = request) -> str:
                return str(self._server.jenkins_open(request))

            try:
                found = _SECRET.search(self._or_none(ask) or "")
            except ControllerRefused:
                return ""
            if found:
                return found[1]
        return ""

    def has_agent_port(self) -> bool:
        """Whether agents can connect by TCP; else they come through HTTP (-webSocket)."""
        request = requests.Request("GET", f"{self.url}/tcpSlaveAgentListener/")
        return self._or_none(lambda: str(self._server.jenkins_open(request))) is not None
