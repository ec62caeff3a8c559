"""Selectors: what they match, what they say when they do not, and that hostile text is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.network.selectors import (
    MAX_LENGTH,
    AllOf,
    AnyOf,
    Board,
    Fact,
    Not,
    Place,
    SelectorError,
    parse,
    why_not,
)

BBB = Board(
    host="timslab",
    name="bbb",
    facts={"arch": "arm", "cpu": "Cortex-A8", "type": "bbb", "config.CONFIG_USB_GADGET": "y"},
    labels=("usb-gadget", "Läbel"),
)


@pytest.mark.parametrize(
    "text",
    [
        "timslab:bbb",
        "*:bbb",
        "timslab:*",
        "type=bbb",
        "cpu=cortex-a8",
        "cpu=CORTEX-A8",
        "arch=arm",
        "label=usb-gadget",
        "label=läbel",
        "config.CONFIG_USB_GADGET=y",
        "host=timslab and board=bbb",
        "arch=powerpc or arch=arm",
        "not arch=powerpc",
        "(arch=powerpc or arch=arm) and not label=broken",
        '"timslab":"bbb"',
        'arch = "arm"',
    ],
)
def test_matches(text: str) -> None:
    assert parse(text).matches(BBB)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("otherlab:bbb", "it is timslab:bbb"),
        ("arch=powerpc", "arch is arm, not powerpc"),
        ("toolchain=x", "its toolchain is not known"),
        ("label=hdmi", "it has no label hdmi"),
        ("arch=arm and label=hdmi", "it has no label hdmi"),
        ("not arch=arm", "arch=arm holds for timslab:bbb"),
        ("arch=x86_64 or type=rpi3", "arch is arm, not x86_64; type is bbb, not rpi3"),
        ("host=TIMSLAB", "host is timslab"),
    ],
)
def test_says_why_not(text: str, why: str) -> None:
    assert why_not(parse(text), BBB) == why


def test_not_binds_tighter_than_and_and_that_tighter_than_or() -> None:
    assert parse("not arch=a and arch=b or arch=c") == AnyOf(
        (AllOf((Fact("arch", "b"), Not(Fact("arch", "a")))), Fact("arch", "c"))
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("arch=arm and type=bbb", "type=bbb  and (arch=ARM)"),
        ("a:b or (c:d or a:b)", "c:d or a:b"),
        ("not not arch=arm", "arch=arm"),
        ('"a":"b"', "a:b"),
    ],
)
def test_the_same_said_differently_has_one_normal_form(one: str, other: str) -> None:
    assert parse(one).normal() == parse(other).normal()


@pytest.mark.parametrize(
    ("text", "what", "position"),
    [
        ("", "expected a board", 0),
        ("arch=", "expected a value after 'arch='", 5),
        ("arch=arm and", "expected a board", 12),
        ("bbb", "'bbb' alone says too little: *:bbb or type=bbb?", 0),
        ("colour=red", "unknown key 'colour'", 0),
        ("arch!=arm", "there is no '!=': write not arch=", 0),
        ("(arch=arm", "expected ')'", 9),
        ("arch=arm type=bbb", "expected 'and', 'or' or the end", 9),
        ("lab: bbb", "expected the board's name after ':'", 5),
        ("lab:and", "a name that is 'and' is quoted", 4),
        ('arch="arm', "a quote that is not closed", 5),
        ("arch=a;rm", "needs double quotes", 5),
        ("not " * 40 + "a:b", "nested deeper", 132),
        ("(" * 400 + "a:b" + ")" * 400, "nested deeper", 33),
        ("x" * (MAX_LENGTH + 1), "longer than", 0),
        (" or ".join(["a:b"] * 65), "more than 64 terms", 448),
    ],
)
def test_a_bad_selector_is_refused_with_the_place(text: str, what: str, position: int) -> None:
    with pytest.raises(SelectorError) as caught:
        parse(text)
    assert what in str(caught.value)
    assert caught.value.position == position


def test_the_error_points_at_the_place() -> None:
    with pytest.raises(SelectorError) as caught:
        parse("arch=arm and colour=red")
    assert str(caught.value).splitlines()[1:] == ["  arch=arm and colour=red", "               ^"]


names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
values = st.text(st.characters(blacklist_characters='"', blacklist_categories=("C", "Z")), min_size=1, max_size=8)
leaves = st.one_of(
    st.builds(Place, names | st.just("*"), names),
    st.builds(Fact, st.sampled_from(["arch", "cpu", "label", "config.CONFIG_X"]), values.map(str.casefold)),
)


selectors = st.recursive(
    leaves.map(lambda leaf: leaf.normal()),
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda many: " and ".join(f"({one})" for one in many)),
        st.lists(inner, min_size=2, max_size=3).map(lambda many: " or ".join(f"({one})" for one in many)),
    ),
    max_leaves=6,
)


@given(selectors)
def test_the_normal_form_reads_back_to_itself(text: str) -> None:
    normal = parse(text).normal()
    assert parse(normal).normal() == normal


@given(selectors, st.sampled_from(["arm", "x86_64"]), st.sampled_from(["usb", "hdmi"]))
def test_the_normal_form_matches_the_same_boards(text: str, arch: str, label: str) -> None:
    board = Board(host="a", name="b", facts={"arch": arch, "cpu": "c"}, labels=(label,))
    selector = parse(text)
    assert parse(selector.normal()).matches(board) == selector.matches(board)
    assert bool(why_not(selector, board)) != selector.matches(board)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    position = 0
    try:
        parse(text)
    except SelectorError as error:
        position = error.position
    assert 0 <= position <= len(text)
