"""Jenkins' JSON API: exported beans, cut by `depth` or by a `tree` expression.

The rules are those of Stapler, the web layer of Jenkins: every property has a visibility; with depth D the object
itself shows properties of visibility 1-D and more, its children one more than that, and so on, except below an inline
property. A tree expression names the properties instead: `jobs[name,builds[number]{0,3}],*`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from ..errors import Refused

Item = TypeVar("Item")
Plain = str | int | float | bool | None
_LONGEST_TREE = 20_000
_DEEPEST_TREE = 40
_DEEPEST = 10


@dataclass(frozen=True, kw_only=True)
class Bean:
    """An object of the API; `class_name` becomes `_class`, the empty one is left out."""

    class_name: str = ""
    properties: Sequence[Property] = ()


@dataclass(frozen=True, kw_only=True)
class Beans(Generic[Item]):
    """A list of objects that are made one at a time, when they are shown: of a thousand builds few may be wanted."""

    items: Sequence[Item]
    make: Callable[[Item], Bean]

    def cut(self, start: int, stop: int | None) -> Beans[Item]:
        """A part of the list."""
        return Beans(items=self.items[start:stop], make=self.make)


Value = Plain | Bean | Beans[Any] | Sequence["Bean | str | None"] | dict[str, Plain | dict[str, str | int]]


class Property(NamedTuple):
    """One property; its value may be a function, so that what is cut away is never computed."""

    name: str
    value: Value | Callable[[], Value]
    visibility: int = 1
    inline: bool = False

    def get(self) -> Value:
        """The value."""
        return self.value() if callable(self.value) else self.value


@dataclass(kw_only=True)
class Tree:
    """A parsed tree expression: children by name, and the part of a list that is wanted."""

    children: dict[str, Tree] = field(default_factory=dict)
    start: int = 0
    stop: int | None = None


def prop(name: str, value: Value | Callable[[], Value], visibility: int = 1, *, inline: bool = False) -> Property:
    """Shorthand for a property of a value or of a function that gives it."""
    return Property(name, value, visibility, inline)


def render(bean: Bean, *, depth: int = 0, tree: str | None = None) -> dict[str, object]:
    """The JSON object of a bean. Raises `Refused` (400) for a bad tree expression."""
    if tree is not None:
        return _by_tree(bean, parse_tree(tree))
    return _by_depth(bean, 1 - max(0, min(depth, _DEEPEST)))


def parse_tree(text: str) -> Tree:
    """Parse `a,b[c,*]{0,5}`. Raises `Refused` (400) with the place of the mistake."""
    if len(text) > _LONGEST_TREE:
        raise Refused(400, f"the tree expression is longer than {_LONGEST_TREE} characters")
    root = Tree()
    end = _parse_list(text, 0, root, 0)
    if end != len(text):
        raise _bad_tree(text, end)
    return root


def _by_depth(bean: Bean, least: int) -> dict[str, object]:
    shown: dict[str, object] = {"_class": bean.class_name} if bean.class_name else {}
    for item in bean.properties:
        if item.visibility >= least:
            below = least if item.inline else least + 1
            shown[item.name] = _map(item.get(), partial(_by_depth, least=below))
    return shown


def _by_tree(bean: Bean, tree: Tree) -> dict[str, object]:
    shown: dict[str, object] = {"_class": bean.class_name} if bean.class_name else {}
    for item in bean.properties:
        wanted = tree.children.get(item.name)
        if wanted is None and item.visibility > -2:
            wanted = tree.children.get("*")
        if wanted is None:
            continue
        value = item.get()
        if isinstance(value, Beans):
            value = value.cut(wanted.start, wanted.stop)
        elif isinstance(value, (list, tuple)):
            value = value[wanted.start : wanted.stop]
        shown[item.name] = _map(value, partial(_by_tree, tree=wanted))
    return shown


def _map(value: Value, show: Callable[[Bean], dict[str, object]]) -> object:
    if isinstance(value, Bean):
        return show(value)
    if isinstance(value, Beans):
        return [show(value.make(item)) for item in value.items]
    if isinstance(value, (list, tuple)):
        return [show(item) if isinstance(item, Bean) else ({} if item is None else item) for item in value]
    return value


def _parse_list(text: str, at: int, into: Tree, level: int) -> int:
    if level > _DEEPEST_TREE:
        raise Refused(400, f"the tree expression is nested deeper than {_DEEPEST_TREE} levels")
    while at < len(text) and text[at] != "]":
        start = at
        while at < len(text) and (text[at].isalnum() or text[at] in "_*.-$"):
            at += 1
        if at == start:
            raise _bad_tree(text, at)
        node = into.children.setdefault(text[start:at], Tree())
        if at < len(text) and text[at] == "[":
            at = _parse_list(text, at + 1, node, level + 1)
            if at >= len(text):
                raise _bad_tree(text, at)
            at += 1
        if at < len(text) and text[at] == "{":
            at = _parse_range(text, at, node)
        if at < len(text) and text[at] == ",":
            at += 1
        elif at < len(text) and text[at] != "]":
            raise _bad_tree(text, at)
    return at


def _parse_range(text: str, at: int, node: Tree) -> int:
    end = text.find("}", at)
    low, comma, high = text[at + 1 : max(end, at + 1)].partition(",")
    numbers = [part.strip() for part in (low, high)]
    if end < 0 or not all(not part or (part.isdecimal() and len(part) < 10) for part in numbers):
        raise _bad_tree(text, at)
    node.start = int(low) if low.strip() else 0
    node.stop = (int(high) if high.strip() else None) if comma else node.start + 1
    return end + 1


def _bad_tree(text: str, at: int) -> Refused:
    return Refused(400, f"tree expression not understood at character {at + 1}: {text[at : at + 20]!r}")
