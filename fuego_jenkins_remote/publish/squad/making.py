"""A SQUAD target from fuego.conf.

Fuego's own keys hold: server_domain (where server_type is squad), server_squad_token, server_squad_team,
server_squad_project. Ours go before them: squad_url, squad_token_file, squad_group, squad_project; squad_build and
squad_environment are patterns, squad_skip and squad_error say what these statuses become.
"""

from __future__ import annotations

from typing import cast

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.per_thread import PerThread
from fuego_jenkins_remote.client.server_types import ServerType
from fuego_jenkins_remote.publish.making import BadTarget, Conf
from fuego_jenkins_remote.publish.squad.mapping import WORDS, BadNaming, Naming, Word
from fuego_jenkins_remote.publish.squad.target import SquadTarget, open_site


def make(conf: Conf) -> SquadTarget:
    """The target; raises BadTarget."""
    url = address(conf)
    token = conf.token or conf.get("server_squad_token")
    try:
        naming = Naming(
            group=conf.needed("squad_group", "server_squad_team"),
            project=conf.needed("squad_project", "server_squad_project"),
            build=conf.get("squad_build", default=Naming.build),
            environment=conf.get("squad_environment", default=Naming.environment),
            skip=cast("Word", conf.one_of("squad_skip", WORDS, Naming.skip)),
            error=cast("Word", conf.one_of("squad_error", WORDS, Naming.error)),
        )
        site = PerThread(lambda: open_site(url, token, ca_file=conf.ca_file))
        site()  # an address that can never work is told at once
    except (BadNaming, ClientError) as error:
        raise BadTarget(f"SQUAD: {error}") from error
    return SquadTarget(site, naming, page_of=conf.page_of)


def address(conf: Conf) -> str:
    """Where the SQUAD is; raises BadTarget."""
    if conf.get("squad_url"):
        return conf.get("squad_url")
    if conf.get("server_type") != "squad":
        raise BadTarget("squad_url is not set in fuego.conf (server_domain counts where server_type is squad)")
    return ServerType.SQUAD.address(conf.needed("server_domain"))
