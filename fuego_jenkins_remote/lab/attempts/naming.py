"""What the builds of attempts are called: said to Jenkins when an attempt moves on, and never in its way."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from fuego_jenkins_remote.lab.attempts.journal import Entry, Journal, Phase
from fuego_jenkins_remote.lab.attempts.labels import BuildLabels, Told, label_of
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.network.identities import run_key
from fuego_jenkins_remote.network.reasons import meaning

log = logging.getLogger("fuego.lab")


class Naming:
    """Names the builds of one lab's attempts; the builds of a lab that only polls have no number that is known here."""

    def __init__(self, labels: BuildLabels, *, lab: LabConfig, journal: Journal, hub_url: str) -> None:
        """`hub_url` is the address of the requests' pages."""
        self._labels = labels
        self._lab = lab
        self._journal = journal
        self._hub_url = hub_url

    def moved(self, entry: Entry, to: Phase, columns: Mapping[str, object]) -> None:
        """Say what is to be said of the build of an attempt that goes from `entry` to this phase."""
        try:
            number = str(columns.get("build_number") or entry.build_number)
            how = _how(entry, to, columns)
            if not how or number in {"", "0"}:
                return
            run_url = self._run_url(entry) if to is Phase.CLOSED else ""
            request = replace(entry.request, run_key=run_key(self._lab.host, entry.id))
            place = f"{self._lab.host}:{entry.board}"
            label = label_of(request, place=place, how=how, hub_url=self._hub_url, run_url=run_url)
            self._labels.say(entry.id, Told(job=self._lab.job(entry.board), number=number, label=label))
        except Exception:  # nothing depends on it
            log.debug("%s: its build is not named", entry.id, exc_info=True)

    def _run_url(self, entry: Entry) -> str:
        return next((one.url for one in self._journal.deliveries(entry.id) if one.delivered and one.url), "")


def _how(entry: Entry, to: Phase, columns: Mapping[str, object]) -> str:
    reason = str(columns.get("reason") or entry.reason)
    match to:
        case Phase.RUN:
            return "running"
        case Phase.PACKAGE:
            return str(columns.get("status") or entry.status)
        case Phase.FAIL:
            return f"could not be run: {meaning(reason)}"
        case Phase.CANCEL:
            return reason or "stopped"
        case Phase.CLOSED if entry.phase is Phase.DELIVER:
            return f"could not be run: {meaning(reason)}" if entry.reason else entry.status
    return ""
