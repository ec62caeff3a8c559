"""A console of which only the end is seen now and then: nothing twice, and what is missing is said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.cli.tails import New, Tail, overlap

KEPT = 16 * 1024


def looks(*tails: str) -> list[New]:
    tail = Tail()
    return [tail.look(one) for one in tails]


def texts(*tails: str) -> list[str]:
    return [new.text for new in looks(*tails)]


def kept(console: str) -> str:
    """What the hub keeps of it."""
    return console.encode()[-KEPT:].decode("utf-8", "ignore")


def numbered(count: int, start: int = 0) -> str:
    return "".join(f"line {number} of the test, größer als nichts\n" for number in range(start, start + count))


def test_what_was_seen_is_not_repeated() -> None:
    assert texts("a\n", "a\nb\n", "a\nb\n", "a\nb\nc\nd\n") == ["a\n", "b\n", "", "c\nd\n"]


def test_a_line_is_shown_when_it_is_whole() -> None:
    assert texts("a\nsec", "a\nsecret of the board", "a\n***\n") == ["a\n", "", "***\n"]


def test_a_last_line_without_its_end_is_shown_when_all_is_over() -> None:
    tail = Tail()
    assert tail.look("a\nb").text == "a\n"
    assert (tail.end(), tail.end()) == ("b", "")


def test_a_window_that_moves_on_shows_what_is_new() -> None:
    console = numbered(1000)
    more = console + numbered(50, start=1000)
    first, second = looks(kept(console), kept(more))
    assert (second.text, second.left_out) == (numbered(50, start=1000), False)
    assert first.left_out
    assert first.text == "".join(kept(console).splitlines(keepends=True)[1:])


def test_what_nobody_has_seen_is_said_to_be_left_out() -> None:
    _, second = looks(kept(numbered(1000)), kept(numbered(4000)))
    assert second.left_out
    assert second.text.startswith("line ")
    assert second.text.endswith(numbered(1, start=3999))


def test_a_short_console_begins_at_its_beginning() -> None:
    assert looks("one\ntwo\n") == [New(text="one\ntwo\n", left_out=False)]


def test_another_text_is_shown_whole() -> None:
    assert looks("one\ntwo\n", "cc: command not found\n")[1] == New(text="cc: command not found\n", left_out=True)


def test_redacting_may_shorten_the_window() -> None:
    console, more = numbered(600), numbered(620)
    first, second = (kept(text)[3000:] for text in (console, more))
    assert texts(first, second)[1] == numbered(20, start=600)


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=12),
    st.lists(st.text("ab ü", max_size=60), min_size=80, max_size=80),
)
def test_a_console_that_does_not_outrun_the_looks_is_seen_whole(steps: list[int], words: list[str]) -> None:
    lines = [f"{number} {word}\n" for number, word in enumerate(words)]
    shown, seen, tail = 0, "", Tail()
    for step in steps:
        shown += step
        seen += tail.look("".join(lines[:shown])[-1500:]).text
    assert "".join(lines[:shown]).endswith(seen)
    whole = "".join(lines[: steps[0]]) if len("".join(lines[: steps[0]])) <= 1500 else ""
    assert seen.startswith(whole)
    assert seen == "" or seen == "".join(lines[:shown])


@given(st.text("ab", max_size=12), st.text("ab", max_size=12))
def test_the_overlap_is_the_longest(before: str, after: str) -> None:
    most = max(length for length in range(len(after) + 1) if not length or before.endswith(after[:length]))
    assert overlap(before, after) == most
