"""A lab whose fuego.conf names an old Fuego server, as Fuego's own does."""

from __future__ import annotations

import pytest

from fserver_server import FserverServer, running

from ..conftest import Lab

server = pytest.fixture(running)


@pytest.fixture
def old_lab(lab: Lab, server: FserverServer) -> Lab:
    """The lab, with Fuego's own two lines."""
    lab.add_settings(server_type="fuego", server_domain=server.url.removeprefix("http://"), user="ann")
    return lab
