"""What all tests share."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import api_descriptions
import hub_folders
import postgresql_server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="what the hub's data are in; with postgresql Debian's server is started for the session",
    )


# How long an example takes says something of the machine, not of what is tested; how long it takes to be made, too.
settings.register_profile("fuego", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fuego")


def pytest_configure(config: pytest.Config) -> None:
    hub_folders.choose(config.getoption("--database"))
    # What runs in the background of a shell without job control, or under nohup, starts deaf to these, and so would all
    # its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    why = postgresql_server.why_not() if hub_folders.on_postgresql() else "runs with --database=postgresql"
    for item in items:
        if hub_folders.on_postgresql():
            if why is not None:
                item.add_marker(pytest.mark.skip(reason=why))
        elif item.get_closest_marker("postgresql"):
            item.add_marker(pytest.mark.skip(reason=str(why)))


def pytest_collection() -> None:
    """Imports make a million objects and hardly any garbage: nothing to look for meanwhile."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What is there now stays: the garbage collector never looks at it again, which takes a third of a second."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    hub_folders.end()


@pytest.fixture(scope="session", autouse=True)
def descriptions_made_once() -> Iterator[None]:
    """See `api_descriptions`."""
    with api_descriptions.made_once():
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real files and recorded answers beside the checkout; they add cases and are never needed."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside the checkout")
    return folder
