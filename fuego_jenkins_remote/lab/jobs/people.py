"""The jobs for people: which there are, what each is for, and which are made where.

On a Jenkins that lets everybody do everything, a job that acts with somebody's identity lends it to everybody who
reaches that Jenkins. So only what reads the network's boards is made there, unless the lab says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from fuego_jenkins_remote.lab.errors import LabError

ALL = (
    "remote-put-request",
    "remote-campaign",
    "remote-boards",
    "remote-get-run",
    "remote-approve",
    "remote-put-boards",
)
"""The ids of their templates in jenkins_jobs/people.yaml."""

HARMLESS = ("remote-boards",)
"""Those that lend nobody an identity: it shows what the hub tells each lab, and takes a selector alone."""

_ARCHIVES = {
    "campaign_publishers": "campaign.*",
    "boards_publishers": "boards.html",
    "get_run_publishers": "*.frp,run/**",
}
"""What jobs leave, by their lists of publishers in jenkins_jobs/defaults.yaml."""


class PeopleJobs(StrEnum):
    """Which of them a lab wants (people_jobs in fuego.conf)."""

    AUTO = "auto"
    ALL = "all"
    NONE = "none"


def read_choice(text: str) -> PeopleJobs:
    """Read people_jobs; raises LabError."""
    try:
        return PeopleJobs(text)
    except ValueError:
        raise LabError(f"people_jobs: {text!r} is none of {', '.join(PeopleJobs)}") from None


def templates_for(choice: PeopleJobs, *, has_token: bool, is_open: bool) -> tuple[str, ...]:
    """The templates to make jobs of.

    `has_token`: the token is set with which people ask; without it only `all` makes any. `is_open`: nobody has to log
    in to this Jenkins.
    """
    if choice is PeopleJobs.ALL:
        return ALL
    if choice is PeopleJobs.NONE or not has_token:
        return ()
    return HARMLESS if is_open else ALL


def publishers(plugins: Collection[str]) -> dict[str, list[object]]:
    """The lists of publishers of the jobs that leave something, by their names in defaults.yaml."""
    lists: dict[str, list[object]] = {
        key: [{"remote-people": {"artifacts": artifacts}}] for key, artifacts in _ARCHIVES.items()
    }
    if "junit" in plugins:
        lists["get_run_publishers"].append("remote-request-cases")
    return lists
