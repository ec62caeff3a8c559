"""Every link between our own pages leads somewhere: to a file that is there, and to a heading in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
_MAX_PICTURE = 200 * 1024


def _text(page: Path) -> str:
    """A page without its code blocks."""
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def _own_links(page: Path) -> list[str]:
    return [link for link in _LINK.findall(_text(page)) if "://" not in link and not link.startswith("mailto:")]


def _anchors(page: Path) -> set[str]:
    """The headings' names as GitHub makes them."""
    headings = (re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading) for heading in _HEADING.findall(_text(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in _own_links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        inside = target == ROOT or ROOT in target.parents
        if not inside or not target.exists() or (anchor and anchor not in _anchors(target)):
            dead.append(link)
    assert dead == []


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in _own_links(page)
        if link.partition("#")[0]
    }
    orphans = {page for page in PAGES if page not in linked} - {ROOT / "README.md"}
    assert orphans == set()


def test_every_decision_is_in_their_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = {link for link in _own_links(folder / "README.md") if link[0].isdigit()}
    assert listed == {page.name for page in folder.glob("[0-9]*.md")}


def test_pictures_are_shown_and_small() -> None:
    pictures = set((ROOT / "docs" / "pictures").iterdir())
    shown = {(page.parent / link).resolve() for page in PAGES for link in _own_links(page) if link.endswith(".png")}
    assert pictures == shown
    assert [picture.name for picture in pictures if picture.stat().st_size > _MAX_PICTURE] == []
