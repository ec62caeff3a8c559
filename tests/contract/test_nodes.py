"""Nodes: made, listed, seen to be offline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest

from controllers import UnderTest
from fuego_jenkins_remote.lab.jenkins.controller import Controller, Node

pytestmark = pytest.mark.slow


@pytest.fixture
def node(under_test: UnderTest, controller: Controller, tmp_path: Path) -> Iterator[str]:
    """A node of a board, without an agent."""
    name = f"contract-{token_hex(4)}"
    controller.create_node(name, str(tmp_path))
    yield name
    under_test.person().delete_node(name)


def _seen(controller: Controller, name: str) -> Node:
    return next(node for node in controller.nodes() if node.name == name)


def test_a_node_that_was_made_is_listed(controller: Controller, node: str) -> None:
    assert _seen(controller, node).idle


def test_a_node_without_an_agent_is_offline(under_test: UnderTest, controller: Controller, node: str) -> None:
    if under_test.is_embedded:
        pytest.skip("the embedded controller's nodes need no agent: they are there when they are made")
    assert not _seen(controller, node).online


def test_a_node_that_a_person_sets_offline_is_seen_so(under_test: UnderTest, controller: Controller, node: str) -> None:
    under_test.person().disable_node(node, "the board is being moved")
    assert not _seen(controller, node).online


def test_the_built_in_node_is_listed_and_online(controller: Controller) -> None:
    names = {one.name: one.online for one in controller.nodes()}
    assert names.get("Built-In Node", names.get("master")) is True
