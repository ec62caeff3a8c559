"""Where Fuego is on this machine: as the settings say, else where its installers and containers put it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from fuego_jenkins_remote.cli.settings import DEFAULTS, Settings

FOLDERS = {"fuego_ro_dir": "boards", "fuego_rw_dir": "", "fuego_core_dir": "tests"}
"""Fuego's folders, each with a folder in it by which it is known."""


def find_folders(settings: Settings, start: Path) -> dict[str, Path]:
    """Those of Fuego's folders that are there, by their keys; `start` is where the person stands."""
    found: dict[str, Path] = {}
    for key, inside in FOLDERS.items():
        name = key.removesuffix("_dir").replace("_", "-")
        candidates = [settings.path(key)] if settings.is_set(key) else _candidates(settings, start, name, found)
        folder = next((one for one in candidates if (one / inside).is_dir()), None)
        if folder is not None:
            found[key] = folder
    return found


def to_write(found: Mapping[str, Path], conf: Path, old: Mapping[str, str]) -> dict[str, str]:
    """Which of the folders a conf file has to name, so that it leads to those that were found."""
    named = {key: old.get(key) or DEFAULTS[key] for key in FOLDERS}
    return {key: str(folder) for key, folder in found.items() if Path(named[key]) != folder} if conf.name else {}


def _candidates(settings: Settings, start: Path, name: str, found: Mapping[str, Path]) -> Iterator[Path]:
    if settings.conf_file is not None and settings.conf_file.parent.name == "conf":
        # Fuego's own place for it: fuego-ro/conf/fuego.conf.
        above = settings.conf_file.parent.parent
        yield from [above] if name == "fuego-ro" else [above.parent / name]
    for other in found.values():
        yield other.parent / name
    yield Path("/") / name
    for folder in (start, start.parent, start / "fuego", Path.home() / "fuego", Path("/usr/local/fuego")):
        yield folder / name
    yield from [start] if name == "fuego-ro" and (start / "conf").is_dir() else []
