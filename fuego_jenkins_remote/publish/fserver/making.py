"""An old Fuego server as a target: fserver_url, or Fuego's own server_domain where server_type is fuego."""

from __future__ import annotations

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.fserver.calls import Fserver
from fuego_jenkins_remote.client.per_thread import PerThread
from fuego_jenkins_remote.client.server_types import ServerType
from fuego_jenkins_remote.publish.fserver.target import FserverTarget
from fuego_jenkins_remote.publish.making import BadTarget, Conf


def make(conf: Conf) -> FserverTarget:
    """The target; raises BadTarget."""
    url = address(conf)
    server = PerThread(lambda: Fserver(url, ca_file=conf.ca_file))
    try:
        server()  # an address that can never work is told at once
    except ClientError as error:
        raise BadTarget(str(error)) from error
    return FserverTarget(server)


def address(conf: Conf) -> str:
    """Where the server is; raises BadTarget."""
    if conf.get("fserver_url"):
        return conf.get("fserver_url")
    if conf.get("server_type", default="fuego") != "fuego":
        raise BadTarget("fserver_url is not set in fuego.conf (server_domain counts where server_type is fuego)")
    return ServerType.FUEGO.address(conf.needed("fserver_url", "server_domain"))
