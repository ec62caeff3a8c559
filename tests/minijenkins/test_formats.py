"""Tree expressions, depth, Ant patterns, documents: pure functions."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.minijenkins.documents import decode, with_text
from fuego_jenkins_remote.minijenkins.errors import Refused
from fuego_jenkins_remote.minijenkins.running.globs import compile_globs, find_files, matches
from fuego_jenkins_remote.minijenkins.web.exported import Bean, parse_tree, prop, render


def family(levels: int = 3, number: int = 0) -> Bean:
    """Beans whose children are made when they are looked at."""
    return Bean(
        class_name="Person",
        properties=[
            prop("name", f"n{number}", 2),
            prop("age", number),
            prop("children", lambda: [family(levels - 1, n) for n in range(4)] if levels else []),
            prop("secret", 1, -2),
        ],
    )


def test_depth_zero_shows_names_of_children_only() -> None:
    shown = render(family())
    assert set(shown) == {"_class", "name", "age", "children"}
    assert shown["children"] == [{"_class": "Person", "name": f"n{n}"} for n in range(4)]


def test_one_more_depth_shows_one_level_more() -> None:
    child = render(family(), depth=1)["children"][1]  # type: ignore[index]
    assert child["age"] == 1
    assert child["children"][2] == {"_class": "Person", "name": "n2"}


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ("age", {"_class": "Person", "age": 0}),
        ("children[name]{0,1}", {"_class": "Person", "children": [{"_class": "Person", "name": "n0"}]}),
        ("children[age]{2}", {"_class": "Person", "children": [{"_class": "Person", "age": 2}]}),
        ("children[age]{3,}", {"_class": "Person", "children": [{"_class": "Person", "age": 3}]}),
        ("children{,1}", {"_class": "Person", "children": [{"_class": "Person"}]}),
        ("children[*]{0,1}", {"_class": "Person", "children": [{"_class": "Person", "name": "n0", "age": 0}]}),
        ("nothing", {"_class": "Person"}),
        ("secret,age", {"_class": "Person", "age": 0, "secret": 1}),
        ("", {"_class": "Person"}),
    ],
)
def test_a_tree_names_what_is_wanted(tree: str, expected: dict[str, object]) -> None:
    shown = render(family(1), tree=tree)
    if tree == "children[*]{0,1}":
        shown["children"][0].pop("children")  # type: ignore[index]
    assert shown == expected


@pytest.mark.parametrize(
    "tree", ["a[", "a]", "a[b", "a{", "a{x}", "a{" + "9" * 5000 + "}", "a b", "[a]", "a[b]]", "a,,b", "a[" * 50]
)
def test_a_bad_tree_is_refused(tree: str) -> None:
    with pytest.raises(Refused) as error:
        parse_tree(tree)
    assert error.value.status == 400


@given(st.text(alphabet="ab[]{},*0 ", max_size=40))
def test_any_tree_is_parsed_or_refused(tree: str) -> None:
    with contextlib.suppress(Refused):
        assert render(family(1), tree=tree)["_class"] == "Person"


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("run/**", "run/a", True),
        ("run/**", "run/a/b/c", True),
        ("run/", "run/a/b", True),
        ("run/*", "run/a/b", False),
        ("**/*.xml", "a.xml", True),
        ("**/*.xml", "x/y/a.xml", True),
        ("*.xml", "x/a.xml", False),
        ("a?.txt", "ab.txt", True),
        ("**/CVS/**", "x/CVS/y", True),
        ("x.y", "xzy", False),
        ("a, b/**", "b/c", True),
        ("**", "any/thing", True),
        ("[a]", "[a]", True),
    ],
)
def test_ant_patterns(pattern: str, path: str, expected: bool) -> None:
    assert matches(path, compile_globs(pattern)) is expected


def test_found_files_are_sorted_and_without_links(tmp_path: Path) -> None:
    for name in ("b", "a", "skip.me"):
        (tmp_path / name).write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert list(find_files(tmp_path, "**", "*.me")) == ["a", "b"]


@given(st.text(max_size=200))
def test_any_document_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Refused):
        assert decode(text.encode("utf-8", "surrogatepass"))[0].startswith("<?xml")


def test_changing_one_element_keeps_the_rest() -> None:
    text, _ = decode(b"<?xml version='1.1'?><project><a>x &amp; y</a><disabled>false</disabled></project>")
    changed, root = decode(with_text(text, "disabled", "true").encode())
    assert (root.findtext("a"), root.findtext("disabled")) == ("x & y", "true")
    assert changed.startswith('<?xml version="1.1" encoding="UTF-8"?>')
