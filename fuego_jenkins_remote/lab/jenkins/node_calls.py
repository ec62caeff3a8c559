"""The calls about nodes; a board's node has the board's name."""

from __future__ import annotations

from dataclasses import dataclass

import jenkins

from fuego_jenkins_remote.lab.jenkins.link import JenkinsLink


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

    def create_node(self, name: str, remote_folder: str) -> None:
        """Make a node for a board: one executor, for jobs tied to it, an agent that connects by itself (inbound)."""
        self._call(
            lambda: self._server.create_node(
                name,
                numExecutors=1,
                nodeDescription=f"Fuego board {name}",
                remoteFS=remote_folder,
                labels=name,
                exclusive=True,
                launcher=jenkins.LAUNCHER_JNLP,
                launcher_params={},
            )
        )
