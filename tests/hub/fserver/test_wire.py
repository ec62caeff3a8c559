"""How calls of old clients are read: any bytes give an answer, within limits."""

from __future__ import annotations

from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.hub.fserver import wire
from fuego_jenkins_remote.hub.fserver.multipart import BadForm, Multipart

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=B"
FILE = (
    b'--B\r\nContent-Disposition: form-data; name="file1"; filename="%s"\r\nContent-Type: application/octet-stream\r\n'
    b"\r\n%s\r\n--B--\r\n"
)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\;'), min_size=1, max_size=20)
nearly_boundaries = st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", b"B", b"\r\n--", b"x"])).map(b"".join)
values = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)


class Kept(bytearray):
    """A file, as it came."""

    def write(self, part: bytes) -> None:
        self.extend(part)


def read(body: bytes, kind: str = URLENCODED, query: bytes = b"action=x", step: int = 1000) -> tuple[wire.Asked, bytes]:
    kept = Kept()
    reader = wire.Reader(query, kind, kept)
    for at in range(0, len(body), step):
        reader.feed(body[at : at + step])
    return reader.asked(), bytes(kept)


def why_not(body: bytes, kind: str = URLENCODED, query: bytes = b"") -> str:
    with pytest.raises(wire.Fail) as refused:
        read(body, kind, query)
    return str(refused.value)


# -- what is read


@given(st.dictionaries(names.filter(lambda name: name != "action"), values, max_size=10), st.integers(1, 50))
def test_what_was_sent_is_read(fields: dict[str, str], step: int) -> None:
    said = {name: value for name, value in fields.items() if value}
    text = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields.items())
    assert read(text.encode(), step=step)[0].fields == said
    parts = [
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    body = ("".join(parts) + "--B--\r\n").encode()
    if not any("\r\n--B" in value or value.startswith("--B") for value in fields.values()):
        assert read(body, MULTIPART, step=step)[0].fields == said


@given(st.one_of(st.binary(max_size=300), nearly_boundaries), st.integers(1, 40))
def test_a_file_is_the_bytes_that_were_sent(content: bytes, step: int) -> None:
    if b"\r\n--B" not in b"\r\n" + content:
        asked, kept = read(FILE % (b"run.frp", content), MULTIPART, step=step)
        assert (asked.file, kept) == ("run.frp", content)


@given(st.binary(max_size=400), st.sampled_from([URLENCODED, MULTIPART, "application/json", "", "multipart/form-data"]))
def test_whatever_bytes_come_the_answer_is_one_of_ours(body: bytes, kind: str) -> None:
    for part in (body, FILE % (body, body), FILE[: len(body)]):
        try:
            read(part, kind, query=body[:50], step=7)
        except wire.Fail:
            continue


def test_colons_and_letters_of_any_language_come_as_they_are() -> None:
    asked, _ = read(b"", "", "action=get_board&host=timslab&board=b:c&name=Größe*".encode())
    assert (asked.action, asked.fields) == ("get_board", {"host": "timslab", "board": "b:c", "name": "Größe*"})


def test_an_action_in_the_form_alone_is_none() -> None:
    assert wire.action_of(b"x=y") is None
    assert wire.action_of(b"action=") == ""
    assert wire.action_of(b"a=b&action=get%5Fboard") == "get_board"


# -- what is refused


@pytest.mark.parametrize(
    ("body", "kind", "why"),
    [
        (b"a=1&a=2", URLENCODED, "more than once"),
        (b"a=J%FCrgen", URLENCODED, "no UTF-8"),
        (b"&".join(b"f%d=1" % number for number in range(100)), URLENCODED, "more than 60 fields"),
        (b"a=" + b"x" * 300_000, URLENCODED, "at most 256 KiB"),
        (b'{"host": "a"}', "application/json", "is no form"),
        (b"--B\r\n", MULTIPART, "ends before its end"),
        (b"--B--\r\n", "multipart/form-data", "does not say what stands between"),
        (b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--", MULTIPART, "has no name"),
        (b"--B\r\nno header\r\n\r\nx\r\n--B--", MULTIPART, "Found invalid character"),
        (b"--B\r\n" + b"X: y\r\n" * 2000, MULTIPART, "Maximum header count exceeded"),
        ((FILE % (b"a", b"b"))[:-9] + b"\r\n" + FILE % (b"a", b"b"), MULTIPART, "more than one file"),
        (b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * 20_000, MULTIPART, "too long"),
    ],
)
def test_what_is_no_form_is_refused(body: bytes, kind: str, why: str) -> None:
    assert why in why_not(body, kind)


def test_a_file_where_none_is_wanted_is_refused() -> None:
    form = Multipart(MULTIPART, None)
    with pytest.raises(BadForm, match="not wanted"):
        form.feed(FILE % (b"x", b"y"))


def test_a_file_goes_on_as_it_comes() -> None:
    kept = Kept()
    form = Multipart(MULTIPART, kept.write)
    form.feed((FILE % (b"x", b""))[:-9])
    sent = 0
    for _ in range(100):
        form.feed(b"\r\n--" * 2500)
        sent += 10_000
        assert sent - len(kept) <= len(b"\r\n--B")


def test_of_a_file_the_name_in_quotes_counts() -> None:
    disposition = b'--B\r\nContent-Disposition: form-data; name="file1"; %s\r\n\r\nx\r\n--B--\r\n'
    asked, kept = read(disposition % b"filename*=UTF-8''other; filename=\"run.frp\"", MULTIPART)
    assert (asked.file, kept) == ("run.frp", b"x")
    assert "a way that is not read" in why_not(disposition % b"filename*=UTF-8''run.frp", MULTIPART)


def test_a_boundary_is_bounded() -> None:
    form = Multipart('multipart/form-data; boundary="a b"', None)
    form.feed(b"--a b--\r\n")
    assert form.end().fields == []
    with pytest.raises(BadForm, match="Boundary length 300"):
        Multipart(f"multipart/form-data; boundary={'x' * 300}", None)
