"""What is left to do for the nodes of boards: how their agents are started."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from fuego_jenkins_remote.cli.output import Output
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.lab.upload.nodes import agent_command


def say_how_agents_start(
    out: Output,
    controller: Controller,
    *,
    boards: Collection[str],
    made: Sequence[str],
    launched: bool,
    folder: str,
    state_dir: Path,
) -> None:
    """Say how the agents of nodes that are not online come to be: of those just `made`, with -v of all `boards`.

    `launched`: Jenkins starts them itself. `folder` is the agents' own, `state_dir` keeps their secrets.
    """
    names = sorted(boards) if out.verbose else list(made)
    online = {node.name for node in controller.nodes() if node.online} if names else set()
    names = [name for name in names if name not in online]
    by_jenkins = [name for name in names if launched and name in made]
    if by_jenkins:
        out.note(
            f"Jenkins starts the agents of {', '.join(by_jenkins)} itself. If one stays offline, its log says why"
            f" ({controller.url}/computer/{by_jenkins[0]}/log); an administrator may have to approve the command, once"
            f" for all ({controller.url}/scriptApproval/)"
        )
    secrets = {name: controller.agent_secret(name) for name in names if name not in by_jenkins}
    by_hand = [name for name, secret in secrets.items() if secret or name in made]
    if not by_hand:
        return
    version, by_http = controller.version(), not controller.has_agent_port()
    out.note(
        f"Start an agent for each of {', '.join(by_hand)}, on the machine that reaches the board; agent.jar is at"
        f" {controller.url}/jnlpJars/agent.jar:"
    )
    for name in by_hand:
        secret = _kept(state_dir, name, secrets[name]) if secrets[name] else "SECRET"
        out.note(f"  {agent_command(controller.url, version, name, folder, secret, by_http=by_http)}")
    out.note(
        f"A node's secret is in the file that is named, to be copied along where the agent runs elsewhere; it is on"
        f" the node's page as well ({controller.url}/computer/{by_hand[0]}/)"
    )


def _kept(state_dir: Path, node: str, secret: str) -> str:
    """Keep an agent's secret in a file for its owner alone, and give what stands for it on a command line."""
    folder = state_dir / "agents"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{node}.secret"
    path.touch(mode=0o600)
    path.write_text(f"{secret}\n")
    return f"@{path}"
