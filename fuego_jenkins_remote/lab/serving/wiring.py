"""Puts a lab's parts together: clients for hub, vision and Jenkins, one for each thread, and the steps over them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fuego_jenkins_remote.client.fserver.calls import Fserver
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.per_thread import PerThread
from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.attempts.journal import Journal
from fuego_jenkins_remote.lab.attempts.labels import BuildLabels
from fuego_jenkins_remote.lab.attempts.naming import Naming
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.fserver.book import BOOK, ClaimBook
from fuego_jenkins_remote.lab.fserver.hub import FserverLab
from fuego_jenkins_remote.lab.hubs import LabHub
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.lab.jenkins.label_calls import LabelCalls
from fuego_jenkins_remote.lab.serving.logs import log_to_stderr
from fuego_jenkins_remote.publish.making import BadTarget, Conf, make_target
from fuego_jenkins_remote.publish.targets import Target


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where the services are, and as whom we come. An empty secret is none."""

    hub_url: str
    hub_token: str = field(repr=False)
    fserver_url: str = ""
    """The old Fuego server that stands in the hub's place; empty: a hub does."""
    targets: Mapping[str, Conf] = field(default_factory=dict, repr=False)
    """What each target of the lab may know of its settings, by the target's name."""
    jenkins_url: str = ""
    jenkins_user: str = ""
    jenkins_secret: str = field(default="", repr=False)
    ca_file: Path | None = None


def open_controller(links: Links) -> Controller:
    """The lab's Jenkins; raises LabError where none is set."""
    if not links.jenkins_url:
        raise LabError("no Jenkins is set: jenkins_url in fuego.conf, or JENKINS_URL")
    return Controller(links.jenkins_url, links.jenkins_user, links.jenkins_secret, ca_file=links.ca_file)


def open_steps(config: LabConfig, links: Links) -> Steps:
    """The lab's journal, folders and links as steps. Raises LabError, ClientError for settings that cannot work."""
    log_to_stderr()
    try:
        config.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        journal = Journal(config.state_dir / "journal.sqlite")
        folders = LabDir(config.lab_dir)
    except OSError as error:
        raise LabError(f"{error.filename}: {error.strerror}") from error
    hub = PerThread(_hub(config, links))
    hub()  # an address or a CA file that can never work is told at the start, not tried again for ever
    return Steps(
        config,
        journal=journal,
        folders=folders,
        hub=hub,
        controller=PerThread(lambda: open_controller(links)),
        targets=_targets(config, links),
        clock=time.time,
        naming=_naming(config, links, journal) if links.jenkins_url else None,
    )


def open_hub(config: LabConfig, links: Links) -> LabHub:
    """What the lab asks for requests, for one thread. Raises LabError, ClientError, OSError."""
    return _hub(config, links)()


def _hub(config: LabConfig, links: Links) -> Callable[[], LabHub]:
    if not links.fserver_url:
        return lambda: HubClient(links.hub_url, links.hub_token, ca_file=links.ca_file)
    book = ClaimBook(config.state_dir / BOOK)
    return lambda: FserverLab(Fserver(links.fserver_url, ca_file=links.ca_file), config.host, book)


def _naming(config: LabConfig, links: Links, journal: Journal) -> Naming:
    def calls() -> LabelCalls:
        return LabelCalls(links.jenkins_url, links.jenkins_user, links.jenkins_secret, ca_file=links.ca_file)

    return Naming(BuildLabels(PerThread(calls)), lab=config, journal=journal, hub_url=links.hub_url)


def _targets(config: LabConfig, links: Links) -> Mapping[str, Target]:
    if not config.targets:
        raise LabError("this lab has no target of runs: name one in fuego.conf (targets)")
    try:
        return {name: make_target(name, links.targets.get(name, Conf(values={}))) for name in config.targets}
    except BadTarget as error:
        raise LabError(str(error)) from error
