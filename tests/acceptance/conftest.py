"""The whole network, up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from loopback import running_network
from network_parts import Network
from until import until


@pytest.fixture(scope="session")
def whole_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Set up as an operator, a lab admin and anna would."""
    with running_network(tmp_path_factory.mktemp("network")) as network:
        yield network


@pytest.fixture(name="until", scope="session")
def until_fixture() -> Callable[..., Any]:
    """Wait until a condition gives something true."""
    return until


@pytest.fixture
def network(whole_network: Network) -> Iterator[Network]:
    """The network with everything up; afterwards no test holds any more."""
    whole_network.all_up()
    yield whole_network
    whole_network.release()
