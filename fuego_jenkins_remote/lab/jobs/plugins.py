"""The plugins of Jenkins that our jobs use where they are: what each is for, and what it adds to a job.

The same templates make the jobs of a Jenkins without any: a plugin only lengthens the lists board_properties,
board_wrappers, board_publishers, lab_wrappers and people_publishers of jenkins_jobs/defaults.yaml.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

_Parts = tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One plugin, by its short name. `use` says what our jobs use it for.

    What it adds is in the YAML of jenkins-job-builder: `board` to boards' jobs, `lab` to those that know the lab's
    tokens, `people` to the publishers of the jobs for people.
    """

    name: str
    use: str
    board: dict[str, _Parts] = field(default_factory=dict)
    lab: dict[str, _Parts] = field(default_factory=dict)
    people: _Parts = ()


PLUGINS: tuple[Plugin, ...] = (
    Plugin(
        name="timestamper",
        use="the time on each line of the console",
        board={"wrappers": ("timestamps",)},
        lab={"wrappers": ("timestamps",)},
    ),
    Plugin(
        name="build-timeout",
        use="a last resort against builds that never end; the script has the request's own limit",
        board={"wrappers": ({"remote-request-time-limit": {"build_minutes": "{build_minutes}"}},)},
    ),
    Plugin(
        name="lockable-resources",
        use="boards that share a power switch or the like (resources in boards.yaml) take turns",
    ),
    Plugin(
        name="junit",
        use="test cases and their trend on the pages of boards' jobs",
        board={"publishers": ("remote-request-cases",)},
    ),
    Plugin(
        name="description-setter",
        use="each build says which request it was, and how it ended",
        board={"publishers": ("remote-request-description",)},
        people=("remote-request-description",),
    ),
    Plugin(
        name="postbuildscript",
        use="an aborted or failed build keeps its node until its board is free and its run is there to push",
        board={
            "publishers": (
                {
                    "remote-request-post-build": {
                        "script": "{post_build_script}",
                        "board": "{board}",
                        "fuego_rw": "{fuego_rw}",
                        "lab_dir": "{lab_dir}",
                    }
                },
            )
        },
    ),
    Plugin(
        name="credentials-binding",
        use="the lab's tokens come from Jenkins' credentials (jenkins_hub_credentials, jenkins_vision_credentials)",
    ),
)
"""In the order in which their parts stand in a job."""

NAMES = frozenset(plugin.name for plugin in PLUGINS)

LOCKABLE_RESOURCES, CREDENTIALS_BINDING = "lockable-resources", "credentials-binding"
FOLDERS, COMMAND_LAUNCHER = "cloudbees-folder", "command-launcher"
"""Not parts of a job, but of use: for jenkins_folder, and for the agents of boards' nodes."""


def parts_of(used: Collection[str], *, credentials: dict[str, str]) -> dict[str, list[object]]:
    """What the used plugins add to the lists of defaults.yaml, by the lists' names.

    `credentials` are the ids of Jenkins' credentials by the variable that is to hold each.
    """
    there = [plugin for plugin in PLUGINS if plugin.name in used]
    bindings: list[object] = [
        {"text": {"credential-id": id_, "variable": variable}} for variable, id_ in sorted(credentials.items())
    ]
    with_tokens = [{"credentials-binding": bindings}] if bindings and CREDENTIALS_BINDING in used else []
    return {
        "board_wrappers": [part for plugin in there for part in plugin.board.get("wrappers", ())],
        "board_publishers": [part for plugin in there for part in plugin.board.get("publishers", ())],
        "lab_wrappers": [*(part for plugin in there for part in plugin.lab.get("wrappers", ())), *with_tokens],
        "people_publishers": [part for plugin in there for part in plugin.people],
    }
