"""Nodes for boards: which are missing, and how their agents are started."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from fuego_jenkins_remote.fuego.boards import BoardFile
from fuego_jenkins_remote.lab.upload.parallel import in_parallel

LAUNCH = (
    'sh -c \'for war in "$JENKINS_HOME"/war /var/cache/jenkins/war; do '
    'for jar in "$war"/WEB-INF/lib/remoting-*.jar; do [ ! -f "$jar" ] || exec java -jar "$jar"; done; done; '
    'curl -fsSo "$WORKSPACE/agent.jar" "$AGENTJAR_URL" && exec java -jar "$WORKSPACE/agent.jar"\''
)
"""What Jenkins runs to start an agent on its own machine: the agent's program is a part of Jenkins.

The same for every board, so that an administrator approves it once.
"""

_FIRST_WITH_URL = (2, 400)


def nodes_to_make(boards: Iterable[BoardFile], existing: Iterable[str]) -> list[str]:
    """Give the boards that need a node, sorted: a node with a board's name is used as it is.

    A board file that nobody has filled in yet makes no node.
    """
    there = set(existing)
    return sorted({board.name for board in boards if not board.is_placeholder} - there)


def agent_command(jenkins_url: str, version: str, node: str, folder: str, secret: str, *, by_http: bool) -> str:
    """The command that starts the agent of an inbound node, for a shell where agent.jar is in the current folder.

    `secret` is the secret itself or @FILE; `by_http` where Jenkins has no port for agents.
    """
    found = re.match(r"(\d+)\.(\d+)", version)
    if found and (int(found[1]), int(found[2])) < _FIRST_WITH_URL:
        where = ["-jnlpUrl", f"{jenkins_url}/computer/{node}/slave-agent.jnlp"]
    else:
        where = ["-url", f"{jenkins_url}/", "-name", node]
    words = ["java", "-jar", "agent.jar", *where, "-secret", secret, "-workDir", folder]
    return shlex.join([*words, "-webSocket"] if by_http else words)


class NodeMaker(Protocol):
    """What is asked of a Jenkins; `controller.Controller` is one."""

    def create_node(self, name: str, remote_folder: str, *, command: str = "") -> None:
        """Make a node."""


def make_nodes(jenkins: Callable[[], NodeMaker], names: Sequence[str], folder: str, *, command: str) -> None:
    """Make nodes, a few at a time; `jenkins` gives each thread a link of its own. Raises what the first raises."""
    in_parallel(lambda name: jenkins().create_node(name, folder, command=command), names)
