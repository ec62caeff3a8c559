"""Names and descriptions of builds: harmless whatever is in them."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.lab.jenkins.build_labels import MAX_LINES, BuildLabel, Line

EVIL = "<img src=x onerror=alert(1)>'\"&\x1b]0;x\x07\u202e\n<script>"


def test_html_has_a_link_on_the_text() -> None:
    label = BuildLabel(name="x", lines=(Line(what="run", text="lab/1 & 2", url="https://h/runs?a=1&b=2"),))
    assert label.description(html=True) == 'run: <a href="https://h/runs?a=1&amp;b=2">lab/1 &amp; 2</a>'


def test_plain_text_has_the_address_beside_the_text() -> None:
    label = BuildLabel(name="x", lines=(Line(what="run", text="lab/1", url="https://h/runs/1"), Line(text="PASS")))
    assert label.description(html=False) == "run: lab/1 https://h/runs/1\nPASS"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//h/x", "http://", "https://h/'onclick=", "https://h/ x", "http://[x"],
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert BuildLabel(name="x", lines=(Line(text="t", url=url),)).description(html=True) == "t"


@given(st.text() | st.just(EVIL), st.text() | st.just(EVIL))
def test_hostile_text_is_text_in_a_jenkins_that_shows_html(text: str, url: str) -> None:
    shown = BuildLabel(name="x", lines=(Line(what=text, text=text, url=url),)).description(html=True)
    tree = ET.fromstring(f"<p>{shown}</p>")
    assert {element.tag for element in tree.iter()} <= {"p", "a", "br"}
    for link in tree.iter("a"):
        assert set(link.attrib) == {"href"}
        assert link.get("href", "").lower().startswith(("http://", "https://"))


@given(st.text() | st.just(EVIL))
def test_hostile_text_has_no_markup_in_a_jenkins_that_shows_plain_text(text: str) -> None:
    label = BuildLabel(name=text, lines=(Line(what=text, text=text, url=f"https://h/{text}"),))
    for shown in (label.description(html=False), label.display_name("7")):
        assert not set('<>&"') & set(shown)


def test_a_name_is_one_short_line_after_the_number() -> None:
    label = BuildLabel(name="Functional.x on <b>bbb</b>\n" + "y" * 500)
    shown = label.display_name("7")
    assert shown.startswith("#7 Functional.x on ‹b›bbb‹/b› yyy")
    assert len(shown) < 130


def test_very_many_lines_are_told_of() -> None:
    shown = BuildLabel(name="x", lines=tuple(Line(text=str(n)) for n in range(MAX_LINES + 5))).description(html=True)
    assert shown.endswith("and 5 more: see the console")
