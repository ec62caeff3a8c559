"""The plugins of Jenkins that our jobs use where they are: what each is for, and what it adds to a job.

The same templates make the jobs of a Jenkins without any: a plugin only lengthens the lists board_properties,
board_wrappers, board_publishers, lab_wrappers and people_wrappers of jenkins_jobs/defaults.yaml.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fuego_jenkins_remote.lab.errors import LabError

_Parts = tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One plugin, by its short name. `use` says what our jobs use it for.

    What it adds is in the YAML of jenkins-job-builder: `board` to boards' jobs, `lab` to those that know the lab's
    tokens.
    """

    name: str
    use: str
    board: dict[str, _Parts] = field(default_factory=dict)
    lab: dict[str, _Parts] = field(default_factory=dict)


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
        use="test cases and their trend on the pages of boards' jobs, and of remote-get-run",
        board={"publishers": ("remote-request-cases",)},
    ),
    Plugin(
        name="description-setter",
        use="each build says which request it was, and how it ended",
        board={"publishers": ("remote-request-description",)},
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

LOCKABLE_RESOURCES, CREDENTIALS_BINDING = "lockable-resources", "credentials-binding"
FOLDERS, COMMAND_LAUNCHER = "cloudbees-folder", "command-launcher"
"""Not parts of a job, but of use: for jenkins_folder, and for the agents of boards' nodes."""


def parts_of(
    used: Collection[str], *, credentials: Mapping[str, str], people: Mapping[str, str]
) -> dict[str, list[object]]:
    """What the used plugins add to the lists of defaults.yaml, by the lists' names.

    `credentials` are the ids of Jenkins' credentials by the variable that is to hold each, `people` those that the jobs
    for people have besides.
    """
    there = [plugin for plugin in PLUGINS if plugin.name in used]
    lab_wrappers = [part for plugin in there for part in plugin.lab.get("wrappers", ())]
    return {
        "board_wrappers": [part for plugin in there for part in plugin.board.get("wrappers", ())],
        "board_publishers": [part for plugin in there for part in plugin.board.get("publishers", ())],
        "lab_wrappers": [*lab_wrappers, *_bound(used, credentials)],
        "people_wrappers": [*lab_wrappers, *_bound(used, {**credentials, **people})],
    }


def _bound(used: Collection[str], credentials: Mapping[str, str]) -> list[object]:
    bindings = [{"text": {"credential-id": id_, "variable": variable}} for variable, id_ in sorted(credentials.items())]
    return [{"credentials-binding": bindings}] if bindings and CREDENTIALS_BINDING in used else []


class Profile(StrEnum):
    """What the jobs may need of a Jenkins."""

    AUTO = "auto"  # each plugin that is there
    CORE = "core"  # none
    PLUGINS = "plugins"  # all, or it is an error


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The plugins that are used, and those that would be of use but are not there, each with what for."""

    used: Mapping[str, str]
    missing: Mapping[str, str]


OTHER_USES = {
    COMMAND_LAUNCHER: "Jenkins itself starts the agents of nodes that are made",
    FOLDERS: "the jobs can be in a folder (jenkins_folder)",
}


def choose(profile: Profile, there: Collection[str] | None, *, folder: str = "", credentials: bool = False) -> Choice:
    """Choose from the plugins that are `there`; None where we may not know them.

    `folder` is the jobs' folder, `credentials` whether an id of Jenkins' credentials is set. Raises LabError where
    what was asked for needs a plugin that is not there.
    """
    known = there if there is not None else ()
    if folder and there is not None and FOLDERS not in known:
        raise LabError(f"jenkins_folder is {folder}, but this Jenkins has no folders: it needs the plugin {FOLDERS}")
    if credentials and there is not None and CREDENTIALS_BINDING not in known:
        raise LabError(
            f"jenkins_hub_credentials or jenkins_vision_credentials is set: that needs the plugin {CREDENTIALS_BINDING}"
        )
    uses = {plugin.name: plugin.use for plugin in PLUGINS}
    wanted = {name: use for name, use in uses.items() if credentials or name != CREDENTIALS_BINDING}
    missing = {name: use for name, use in (wanted | OTHER_USES).items() if name not in known}
    if profile is Profile.PLUGINS and (lacking := sorted(wanted.keys() - set(known))):
        why = "this user may not see which plugins there are" if there is None else "not there, or not active"
        raise LabError(f"profile plugins: {', '.join(lacking)}: {why}; use --profile auto or core")
    if profile is Profile.CORE:
        return Choice(used={}, missing={})
    return Choice(used={name: use for name, use in wanted.items() if name in known}, missing=missing)
