"""Which targets there are, and how one is made from a lab's settings.

Ours are named here. Others come by an entry point of the group `fuego_jenkins_remote.targets`: its name is the
target's, and it names a function that takes a Conf and gives a Target, as `make` does in the modules of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from fuego_jenkins_remote.publish.targets import Target

GROUP = "fuego_jenkins_remote.targets"
_OURS = {
    "vision": "fuego_jenkins_remote.publish.vision",
    "squad": "fuego_jenkins_remote.publish.squad.making",
    "kernelci": "fuego_jenkins_remote.publish.kernelci.making",
    "fserver": "fuego_jenkins_remote.publish.fserver.making",
}


class BadTarget(Exception):
    """Settings that a target cannot work with; the message says which key."""


class UnknownTarget(BadTarget):
    """A target that there is not; the message says which there are."""


@dataclass(frozen=True, kw_only=True)
class Conf:
    """What a target may know: fuego.conf with what comes over it, its own token (empty: none), certificates."""

    values: Mapping[str, str] = field(repr=False)
    token: str = field(default="", repr=False)
    ca_file: Path | None = None

    def get(self, *keys: str, default: str = "") -> str:
        """The first of these settings that is there."""
        return next((value for key in keys if (value := self.values.get(key, ""))), default)

    def needed(self, *keys: str) -> str:
        """As `get`; raises BadTarget where none of them is set."""
        found = self.get(*keys)
        if not found:
            raise BadTarget(f"{' or '.join(keys)} is not set in fuego.conf")
        return found

    def page_of(self, key: str) -> str:
        """Where people look at the run `key` at vision; empty for a lab without one."""
        url = self.get("vision_url").rstrip("/")
        return f"{url}/runs/{key}" if url else ""

    def one_of(self, key: str, words: tuple[str, ...], default: str) -> str:
        """A setting that is one of some words; raises BadTarget for another."""
        found = self.get(key, default=default)
        if found not in words:
            raise BadTarget(f"{key}: one of {', '.join(words)}, not {found[:80]!r}")
        return found


Maker = Callable[[Conf], Target]


def make_target(name: str, conf: Conf) -> Target:
    """The target of that name; raises UnknownTarget, BadTarget for one that cannot work as it is set."""
    if name in _OURS:
        make: Maker = import_module(_OURS[name]).make
        return make(conf)
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise UnknownTarget(f"{name[:80]!r} is no target of runs (known: {', '.join(known())})")
    try:
        make = next(iter(found)).load()
    except Exception as error:
        raise BadTarget(f"the target {name} cannot be loaded: {error}") from error
    return make(conf)


def known() -> list[str]:
    """The names of all targets, ours first."""
    return [*_OURS, *sorted({one.name for one in entry_points(group=GROUP)} - set(_OURS))]
