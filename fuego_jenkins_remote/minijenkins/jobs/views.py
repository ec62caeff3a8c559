"""List views: stored as posted; which jobs they show follows from names and a regular expression."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..documents import decode, text_of
from ..errors import Refused, SetupError
from ..names import check_name
from ..store import write_text

LIST_VIEW = "hudson.model.ListView"
_LONGEST_REGEX = 200


@dataclass(frozen=True, kw_only=True)
class View:
    """One list view."""

    name: str
    description: str
    job_names: tuple[str, ...]
    include: str
    xml: str
    path: Path

    def shows(self, jobs: Iterable[str]) -> list[str]:
        """The jobs of the view, sorted."""
        pattern = re.compile(self.include) if self.include else None
        return sorted(name for name in jobs if name in self.job_names or (pattern and pattern.fullmatch(name)))


def read_view(name: str, body: bytes, views_dir: Path) -> View:
    """A view from its posted document. Raises `Refused` for a bad name, bad XML or another kind of view."""
    name = check_name(name)
    text, root = decode(body)
    if root.tag != LIST_VIEW:
        raise Refused(500, f"<{root.tag[:80]}>: the embedded controller knows list views only")
    include = text_of(root, "includeRegex")
    try:
        re.compile(include)
    except re.error as error:
        raise Refused(500, f"includeRegex of view {name}: {error}") from None
    if len(include) > _LONGEST_REGEX:
        raise Refused(400, f"includeRegex of view {name} is longer than {_LONGEST_REGEX} characters")
    return View(
        name=name,
        description=root.findtext("description") or "",
        job_names=tuple(_names(root)),
        include=include,
        xml=text,
        path=views_dir / f"{name}.xml",
    )


def save_view(view: View) -> None:
    """Write the view's document."""
    write_text(view.path, view.xml)


def load_views(views_dir: Path) -> dict[str, View]:
    """All stored views by name. Raises `SetupError`."""
    views = {}
    for path in sorted(views_dir.glob("*.xml")):
        try:
            view = read_view(path.name.removesuffix(".xml"), path.read_bytes(), views_dir)
        except (OSError, Refused) as error:
            raise SetupError(f"{path}: {error}") from None
        views[view.name] = view
    return views


def _names(root: ET.Element) -> Iterable[str]:
    return ((element.text or "").strip() for element in root.iterfind("jobNames/string"))
