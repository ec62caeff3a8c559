"""Puts a lab's parts together: clients for hub, vision and Jenkins, one for each thread, and the steps over them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.lab.attempts.folders import LabDir
from fuego_jenkins_remote.lab.attempts.journal import Journal
from fuego_jenkins_remote.lab.attempts.labels import BuildLabels
from fuego_jenkins_remote.lab.attempts.naming import Naming
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.lab.jenkins.label_calls import LabelCalls
from fuego_jenkins_remote.lab.serving.logs import log_to_stderr
from fuego_jenkins_remote.publish.targets import Target
from fuego_jenkins_remote.publish.vision import VisionTarget

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where the services are, and as whom we come. An empty secret is none."""

    hub_url: str
    hub_token: str = field(repr=False)
    vision_url: str = ""
    vision_token: str = field(default="", repr=False)
    jenkins_url: str = ""
    jenkins_user: str = ""
    jenkins_secret: str = field(default="", repr=False)
    ca_file: Path | None = None


class PerThread(Generic[_T]):
    """Gives each thread a thing of its own, made when it is first asked for: HTTP sessions are not to be shared."""

    def __init__(self, make: Callable[[], _T]) -> None:
        """`make` makes one."""
        self._make = make
        self._local = threading.local()

    def __call__(self) -> _T:
        """The calling thread's."""
        if not hasattr(self._local, "thing"):
            self._local.thing = self._make()
        thing: _T = self._local.thing
        return thing


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
    hub = PerThread(lambda: HubClient(links.hub_url, links.hub_token, ca_file=links.ca_file))
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


def _naming(config: LabConfig, links: Links, journal: Journal) -> Naming:
    def calls() -> LabelCalls:
        return LabelCalls(links.jenkins_url, links.jenkins_user, links.jenkins_secret, ca_file=links.ca_file)

    return Naming(BuildLabels(PerThread(calls)), lab=config, journal=journal, hub_url=links.hub_url)


def _targets(config: LabConfig, links: Links) -> Mapping[str, Target]:
    known: dict[str, Target] = {
        "vision": VisionTarget(
            PerThread(lambda: VisionClient(links.vision_url, links.vision_token, ca_file=links.ca_file))
        )
    }
    unknown = [name for name in config.targets if name not in known]
    if unknown or not config.targets:
        raise LabError(f"targets: {', '.join(unknown) or 'none'}: known are {', '.join(known)}")
    return {name: known[name] for name in config.targets}
