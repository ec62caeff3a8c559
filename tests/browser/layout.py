"""What one sees at a glance and no other check does: text that runs out of its card, or into what stands beside it."""

from __future__ import annotations

from typing import Any

_LEAVING = """() => {
  const found = [];
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const box = text.parentElement.closest(".facts > div, .cards tr, .card, .two > *, main");
    let hidden = !text.data.trim() || !text.parentElement.checkVisibility();
    for (let at = text.parentElement; at !== box && !hidden; at = at.parentElement)
      hidden = getComputedStyle(at).overflowX !== "visible";
    if (hidden) continue;
    const edge = box.getBoundingClientRect(), range = document.createRange();
    range.selectNodeContents(text);
    for (const line of range.getClientRects())
      if (line.right > edge.right + 1 || line.left < edge.left - 1) { found.push(text.data.trim()); break; }
  }
  return found;
}"""

_LINES = """place => {
  const range = document.createRange();
  range.selectNodeContents(place);
  return new Set([...range.getClientRects()].map(line => Math.round(line.top))).size;
}"""


def leaving(page: Any) -> list[str]:
    """The texts that stick out of their card, or of their column in it; what scrolls or is cut by itself may."""
    found: list[str] = page.evaluate(_LEAVING)
    return found


def lines(place: Any) -> int:
    """In how many lines the text of a place stands."""
    return int(place.evaluate(_LINES))
