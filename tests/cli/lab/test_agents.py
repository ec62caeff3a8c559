"""What is said of nodes whose agents do not run yet."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fuego_jenkins_remote.cli.lab.agents import say_how_agents_start
from fuego_jenkins_remote.cli.output import Output
from fuego_jenkins_remote.lab.jenkins.controller import Node

SECRET = "ab" * 32


@dataclass
class FakeJenkins:
    """A Jenkins with two nodes, of which the second is online."""

    url: str = "http://jenkins/fuego"
    secrets: dict[str, str] = field(default_factory=lambda: {"bbb": SECRET})

    def nodes(self) -> list[Node]:
        return [Node(name="bbb", online=False, idle=True), Node(name="rpi", online=True, idle=True)]

    def agent_secret(self, node: str) -> str:
        return self.secrets.get(node, "")

    def has_agent_port(self) -> bool:
        return True

    def version(self) -> str:
        return "2.528.3"


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def say(
        made: list[str], *, launched: bool = False, verbose: bool = False, jenkins: FakeJenkins | None = None
    ) -> str:
        say_how_agents_start(
            Output(verbose=verbose),
            jenkins or FakeJenkins(),  # type: ignore[arg-type]
            boards=["bbb", "rpi"],
            made=made,
            launched=launched,
            folder="/fuego-rw/buildzone",
            state_dir=tmp_path,
        )
        return capsys.readouterr().err

    return say


def test_the_command_of_a_new_node_is_whole_but_for_its_secret(said, tmp_path: Path) -> None:
    file = tmp_path / "agents" / "bbb.secret"
    text = said(["bbb", "rpi"])
    command = f"java -jar agent.jar -url http://jenkins/fuego/ -name bbb -secret @{file} -workDir /fuego-rw/buildzone\n"
    assert f"  {command}" in text
    assert "-name rpi" not in text
    assert SECRET not in text
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (f"{SECRET}\n", 0o600)


def test_where_the_secret_may_not_be_read_the_page_with_it_is_named(said) -> None:
    text = said(["bbb"], jenkins=FakeJenkins(secrets={}))
    assert "-secret SECRET" in text
    assert "http://jenkins/fuego/computer/bbb/" in text


def test_where_jenkins_starts_the_agent_it_says_what_may_be_missing(said) -> None:
    text = said(["bbb"], launched=True)
    assert "approve the command" in text
    assert "java" not in text


def test_nodes_that_were_there_are_spoken_of_with_verbose_only(said) -> None:
    assert said([]) == ""
    assert "-name bbb" in said([], verbose=True)
    assert said([], verbose=True, jenkins=FakeJenkins(secrets={})) == ""
