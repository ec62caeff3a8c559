"""The config.xml of a job or view: whether it is ours, and whether it says the same as another one.

A Jenkins gives back what it was given until it saves a job by itself (somebody disables it, a build is kept). Then it
orders the elements anew, writes defaults and drops what is one, notes in `plugin` which plugin has read an element,
encrypts the token of remote triggers, and drops what a plugin that is older or has gone does not know. None of that is
a change: trees are compared without order between different elements, without what is empty or false, and without
what only one side has of the plain values inside a plugin's element.
"""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape

# Jenkins writes XML 1.1, which expat refuses; nothing in a job of ours needs more than 1.0.
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")

# Apart from the rest: whether the lab's people have disabled the job, and a secret.
_SET_ASIDE = frozenset({"disabled", "authToken"})

MARK = "Made by ftc lab jobs (fuego-jenkins-remote)"
"""With this begins the line of a job's or view's description that says it is ours."""

GONE = "Its board has gone: it is disabled, and removed when the last run is delivered."
"""The line of a description that says why we have disabled the job; it is no difference."""

_DEEPEST = 100
_LONGEST_KEPT = 200
_KEPT_AS = "sha256:"


@dataclass(frozen=True, kw_only=True)
class Tree:
    """An element without what makes no difference. `by_plugin`: Jenkins has noted the plugin when it saved it."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    text: str = ""
    by_plugin: bool = False
    children: tuple[Tree, ...] = ()

    @property
    def is_value(self) -> bool:
        """Whether it is a plain value: what stands for a class of Jenkins has a dot in its name."""
        return "." not in self.tag and not self.children


@dataclass(frozen=True, kw_only=True)
class JobConfig:
    """What a Jenkins has for a job or view. `node` is the one that a job is tied to; `tree` None for what is no XML;
    `shows` is the expression for the jobs of a view; `is_gone`: we have disabled it, because its board has gone.
    """

    tree: Tree | None
    is_ours: bool
    node: str
    shows: str
    disabled: bool
    is_gone: bool
    token: str

    @classmethod
    def parse(cls, text: str) -> JobConfig:
        """Read it; what is no XML, or too deep, is a job without a description, so never ours."""
        root = _parse(text)
        description = root.findtext("description") if root is not None else None
        # JJB's own mark may follow on the same line: the job came from the plain jenkins-jobs command.
        lines = [line.partition("<!--")[0].strip() for line in (description or "").splitlines()]
        return cls(
            tree=_tree(root, top=True) if root is not None else None,
            is_ours=any(line.startswith(MARK) for line in lines),
            node=(root.findtext("assignedNode") or "" if root is not None else "").strip(),
            is_gone=GONE in lines,
            shows=(root.findtext("includeRegex") or "" if root is not None else "").strip(),
            disabled=root is not None and (root.findtext("disabled") or "").strip() == "true",
            token=(root.findtext("authToken") or "" if root is not None else "").strip(),
        )

    @property
    def token_is_hidden(self) -> bool:
        """Whether Jenkins has encrypted the token, so that it cannot be compared."""
        return self.token.startswith("{") and self.token.endswith("}")


def set_disabled(xml: str, disabled: bool) -> str:
    """Give `xml`, which jenkins-job-builder made, as that of a disabled job or of one that is not."""
    was, wanted = ("false", "true") if disabled else ("true", "false")
    return xml.replace(f"<disabled>{was}</disabled>", f"<disabled>{wanted}</disabled>", 1)


def to_post(xml: str) -> str:
    """Give what a Jenkins has of a job as it can be posted again: in XML 1.0.

    What is posted in 1.1, as Jenkins writes it, a Jenkins on Java's own parser may take in with a part of a line
    twice: after `]]`, where a buffer of the parser ends (seen with 2.528.3 on Java 17).
    """
    return '<?xml version="1.0" encoding="utf-8"?>\n' + _DECLARATION.sub("", xml).lstrip()


def set_token(xml: str, token: str) -> str:
    """Give a job's XML with another token for remote triggers, or with none if it is empty."""
    without = re.sub(r"\s*<authToken\s*(/>|>[^<]*</authToken>)", "", xml)
    at = without.rfind("</")
    # An empty element would let everybody in.
    return f"{without[:at]}  <authToken>{escape(token)}</authToken>\n{without[at:]}" if token else without


def is_same_text(one: str, other: str) -> bool:
    """Whether two documents are the same but for how they are declared: what Jenkins gives until it saves it itself."""
    return _DECLARATION.sub("", one).strip() == _DECLARATION.sub("", other).strip()


def is_same(one: Tree | None, other: Tree | None) -> bool:
    """Whether two say the same."""
    if one is None or other is None:
        return False
    one, other = aligned(one, other)
    return one == other


def aligned(one: Tree, other: Tree, *, in_plugin: bool = False) -> tuple[Tree, Tree]:
    """Give both without what only one of them has of a plugin's values, and in the same order: a difference that is
    left is one."""
    in_plugin = in_plugin or one.by_plugin or other.by_plugin
    mine, theirs = _by_tag(one.children), _by_tag(other.children)
    kept: tuple[list[Tree], list[Tree]] = ([], [])
    for tag in sorted(mine.keys() | theirs.keys()):
        left, right = mine.get(tag, []), theirs.get(tag, [])
        if in_plugin and (not left or not right) and all(child.is_value for child in (*left, *right)):
            continue
        if all(child.is_value for child in (*left, *right)):
            left, right = sorted(left, key=_value), sorted(right, key=_value)
        for a, b in zip(left, right, strict=False):
            a_kept, b_kept = aligned(a, b, in_plugin=in_plugin)
            kept[0].append(a_kept)
            kept[1].append(b_kept)
        common = min(len(left), len(right))
        kept[0].extend(left[common:])
        kept[1].extend(right[common:])
    return (
        replace(one, by_plugin=False, children=tuple(kept[0])),
        replace(other, by_plugin=False, children=tuple(kept[1])),
    )


def compact(tree: Tree) -> list[object]:
    """The tree as JSON takes it, long texts by their digest; `expand` gives it back."""
    text = tree.text
    if len(text) > _LONGEST_KEPT:
        text = _KEPT_AS + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return [tree.tag, dict(tree.attributes), text, int(tree.by_plugin), [compact(child) for child in tree.children]]


def expand(data: object) -> Tree:
    """The tree that `compact` gave. Raises ValueError for what it did not."""
    if not isinstance(data, list) or len(data) != 5:
        raise ValueError("no tree")
    tag, attributes, text, by_plugin, children = data
    if not (isinstance(tag, str) and isinstance(attributes, dict) and isinstance(text, str)):
        raise ValueError("no tree")
    if not isinstance(children, list):
        raise ValueError("no tree")
    return Tree(
        tag=tag,
        attributes=tuple(sorted((str(name), str(value)) for name, value in attributes.items())),
        text=text,
        by_plugin=bool(by_plugin),
        children=tuple(expand(child) for child in children),
    )


def lines_of(tree: Tree, indent: str = "") -> Iterator[str]:
    """The tree as lines for people."""
    start = tree.tag + "".join(f' {name}="{value}"' for name, value in tree.attributes)
    first, *more = tree.text.split("\n")
    if not tree.children:
        last = f"</{tree.tag}>"
        yield f"{indent}<{start}>{first}{'' if more else last}" if tree.text else f"{indent}<{start}/>"
        yield from more[:-1]
        yield from (f"{line}{last}" for line in more[-1:])
        return
    yield f"{indent}<{start}>"
    for child in tree.children:
        yield from lines_of(child, indent + "  ")
    yield f"{indent}</{tree.tag}>"


def _parse(text: str) -> ET.Element | None:
    try:
        root = ET.fromstring(_DECLARATION.sub("", text))  # noqa: S314  # the lab's own Jenkins
    except ET.ParseError:
        return None
    return root if _is_flat(root) else None


def _is_flat(root: ET.Element) -> bool:
    """Whether the tree is no deeper than we follow it: who may configure a job in Jenkins may put anything into it."""
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for one in level for child in one]
        if not level:
            return True
    return False


def _tree(element: ET.Element, *, top: bool = False) -> Tree:
    children = tuple(
        child
        for child in (_tree(one) for one in element if not (top and one.tag in _SET_ASIDE))
        if child.attributes or child.children or child.text not in ("", "false") or "." in child.tag
    )
    text = (element.text or "").replace("\r\n", "\n").replace(f"{GONE}\n", "")
    attributes = ((name, value) for name, value in element.attrib.items() if name != "plugin")
    return Tree(
        tag=element.tag,
        attributes=tuple(sorted(attributes)),
        text="" if children or not text.strip() else text,
        by_plugin="@" in element.get("plugin", ""),
        children=children,
    )


def _by_tag(trees: Iterable[Tree]) -> dict[str, list[Tree]]:
    found: dict[str, list[Tree]] = {}
    for tree in trees:
        found.setdefault(tree.tag, []).append(tree)
    return found


def _value(tree: Tree) -> tuple[str, tuple[tuple[str, str], ...]]:
    return tree.text, tree.attributes
