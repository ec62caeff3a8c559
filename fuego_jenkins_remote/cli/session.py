"""What one call of `ftc` carries along: its common options, its settings, and the clients made from them."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.output import Output
from fuego_jenkins_remote.cli.settings import Settings, load_settings

if TYPE_CHECKING:
    from fuego_jenkins_remote.cli.servers import Server
    from fuego_jenkins_remote.client.fserver.calls import Fserver
    from fuego_jenkins_remote.client.fserver.hub import FserverHub
    from fuego_jenkins_remote.client.hub import HubClient
    from fuego_jenkins_remote.client.vision import VisionClient
    from fuego_jenkins_remote.lab.config import LabConfig
    from fuego_jenkins_remote.lab.hubs import LabHub
    from fuego_jenkins_remote.lab.serving.wiring import Links
    from fuego_jenkins_remote.publish.making import Conf
    from fuego_jenkins_remote.publish.targets import Readable


@dataclass
class Session:
    """One call. The flags are set while options are parsed, all else is made when it is first asked for."""

    quiet: bool = False
    verbose: bool = False
    as_json: bool = False
    debug: bool = False
    options: dict[str, str] = field(default_factory=dict)

    @cached_property
    def settings(self) -> Settings:
        """fuego.conf, environment and options; raises BadConf."""
        return load_settings(options=self.options)

    @cached_property
    def out(self) -> Output:
        """Where to print."""
        return Output(quiet=self.quiet, as_json=self.as_json, verbose=self.verbose)

    @cached_property
    def server(self) -> Server:
        """Which server is spoken with; raises Failed, and ClientError where `auto` cannot find out."""
        from fuego_jenkins_remote.cli.servers import find_server

        found = find_server(self.settings)
        if self.verbose and "auto" in found.why:
            self.out.note(f"{found.url}: {found.why}")
        return found

    @property
    def speaks_fserver(self) -> bool:
        """Whether that is an old Fuego server."""
        return self.server.kind == "fuego"

    def request_id(self, text: str) -> str:
        """Give the text back if it is a request's id, a hub's or an old server's; raises BadIdentity, BadName."""
        from fuego_jenkins_remote.fuego.fserver_format import RequestId
        from fuego_jenkins_remote.network.identities import check_request_id

        return str(RequestId.parse(text)) if self.speaks_fserver else check_request_id(text)

    @cached_property
    def fserver(self) -> Fserver:
        """The old Fuego server."""
        from fuego_jenkins_remote.client.fserver.calls import Fserver

        if not self.server.url:
            self.settings.needed("server_domain")
        return Fserver(self.server.url, ca_file=self.settings.ca_file)

    @cached_property
    def hub(self) -> HubClient | FserverHub:
        """The hub, with our token, or an old Fuego server in its place; both say what they cannot do."""
        from fuego_jenkins_remote.client.fserver.hub import FserverHub
        from fuego_jenkins_remote.client.hub import HubClient

        settings = self.settings
        if self.speaks_fserver:
            return FserverHub(self.fserver, f"{settings.host_name}:{settings.get('user')}")
        if self.server.kind == "squad":
            raise Failed(f"SQUAD keeps runs only ({self.server.why}): for all else set hub_url, or server_type=fuego")
        return HubClient(self.server.url or settings.needed("hub_url"), settings.token("hub"), ca_file=settings.ca_file)

    @cached_property
    def lab_hub(self) -> LabHub:
        """The same as this lab's bridge asks it, which at an old Fuego server writes down what it takes."""
        from fuego_jenkins_remote.lab.serving.wiring import open_hub

        return open_hub(self.places, self.links)

    @cached_property
    def vision(self) -> VisionClient:
        """The results service, with our token."""
        from fuego_jenkins_remote.client.vision import VisionClient

        settings = self.settings
        return VisionClient(settings.needed("vision_url"), settings.token("vision"), ca_file=settings.ca_file)

    @cached_property
    def lab(self) -> LabConfig:
        """This lab, with its secrets: what packages and delivers runs must know them."""
        settings = self.settings
        services = {"hub", "vision", "jenkins", *self.places.targets}
        secrets = {settings.token(service) for service in services}
        return replace(self.places, secrets=frozenset(secrets | {settings.get("server_squad_token")}) - {""})

    @cached_property
    def places(self) -> LabConfig:
        """This lab's folders and files; its tokens need not be readable for that."""
        from fuego_jenkins_remote.fuego.names import check_board_name
        from fuego_jenkins_remote.lab.config import LabConfig

        settings = self.settings
        return LabConfig(
            host=settings.host_name,
            lab_dir=settings.path("lab_dir"),
            state_dir=settings.path("state_dir"),
            conf_dir=settings.conf_dir,
            fuego_ro=settings.path("fuego_ro_dir"),
            fuego_rw=settings.path("fuego_rw_dir"),
            fuego_core=settings.path("fuego_core_dir"),
            ftc=settings.environ.get("FUEGO_FTC") or own_ftc(),
            job_prefix=check_board_name(settings.get("job_prefix")),
            people_prefix=check_board_name(settings.get("people_prefix")),
            jenkins_folder=settings.get("jenkins_folder").strip("/"),
            jenkins_view=settings.get("jenkins_view"),
            outbox_quota=settings.size("outbox_quota"),
            disk_reserve=settings.size("disk_reserve"),
            targets=settings.targets,
            private_targets=settings.private_targets,
        )

    def target_conf(self, name: str) -> Conf:
        """What the target `name` may know. Raises Failed for a token's file that is not right."""
        from fuego_jenkins_remote.publish.making import Conf

        settings = self.settings
        values = dict(settings.values)
        if name in {"fserver", "squad"} and not values.get(f"{name}_url") and self.server.kind.target == name:
            values[f"{name}_url"] = self.server.url  # also where `auto` has found it
        return Conf(values=values, token=settings.token(name), ca_file=settings.ca_file)

    def runs_from(self, name: str = "") -> str:
        """Which target runs are read from: the one named; else vision, in its absence the server of server_type."""
        if name or self.settings.get("vision_url"):
            return name or "vision"
        if self.settings.get("server_type") == "squad":
            return "squad"  # also beside a hub
        return self.server.kind.target

    def readable(self, name: str) -> Readable:
        """The target of that name, to read runs from; raises Failed, BadTarget, UnknownTarget."""
        from fuego_jenkins_remote.publish.making import make_target
        from fuego_jenkins_remote.publish.targets import Readable

        if name == "vision":
            self.settings.needed("vision_url")
        found = make_target(name, self.target_conf(name))
        if not isinstance(found, Readable):
            raise Failed(
                f"runs can be delivered to {name}, but not read from there (from vision, squad and fserver they can)"
            )
        return found

    @cached_property
    def links(self) -> Links:
        """Where the lab's services are; a hub, or an old Fuego server in its place, must be set."""
        from fuego_jenkins_remote.lab.serving.wiring import Links

        settings = self.settings
        return Links(
            hub_url="" if self.speaks_fserver else self.server.url or settings.needed("hub_url"),
            hub_token="" if self.speaks_fserver else settings.token("hub"),
            fserver_url=self.fserver.url if self.speaks_fserver else "",
            targets={name: self.target_conf(name) for name in self.places.targets},
            jenkins_url=settings.get("jenkins_url"),
            jenkins_user=settings.get("jenkins_user"),
            jenkins_secret=settings.token("jenkins"),
            ca_file=settings.ca_file,
        )


def own_ftc() -> str:
    """The command that we are, for jobs that call it: its path, or its name where the path is not known."""
    for candidate in (Path(sys.argv[0]), Path(sys.executable).parent / "ftc"):
        if candidate.name == "ftc" and candidate.is_file():
            return str(candidate.absolute())
    return shutil.which("ftc") or "ftc"
