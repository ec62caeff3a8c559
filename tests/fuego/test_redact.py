from __future__ import annotations

import base64
import io
import json
import re
import shlex
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.fuego.redact import Redactor

SECRET = 'größe/7 "x" $y\'z'


def streamed(redactor: Redactor, data: bytes, size: int) -> bytes:
    return b"".join(redactor.chunks(data[at : at + size] for at in range(0, len(data), size)))


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        shlex.quote(SECRET),
        SECRET.replace("'", "'\\''"),
        json.dumps(SECRET),
        json.dumps(SECRET).replace("/", "\\/"),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(SECRET).replace("\\u00f6", "\\u00F6").replace("\\u00df", "\\u00DF"),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(SECRET.encode() + b"\n").decode(),
    ],
)
def test_a_value_is_found_in_the_forms_it_takes_in_logs(form):
    out = Redactor([SECRET]).text(f"before {form} after")
    assert re.fullmatch(r"before [\"']?\*\*\*[\"']? after", out)


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("sshpass -p root ssh root@bbb", "sshpass -p *** ssh ***@bbb"),
        ("rootfs chroot root_x", "rootfs chroot root_x"),
        ('{"log": "login:\\nroot"}', '{"log": "login:\\n***"}'),
        ("a=%20root&", "a=%20***&"),
        ("\x1b[31mroot\x1b[0m", "\x1b[31m***\x1b[0m"),
    ],
)
def test_a_short_value_counts_only_as_a_whole_word(text, out):
    assert Redactor(["root"]).text(text) == out


def test_a_long_value_is_found_inside_of_words():
    assert Redactor(["geheim-7"]).text("-pgeheim-7x") == "-p***x"


def test_of_two_values_the_longer_one_is_taken_whole():
    assert Redactor(["10.0.0.23", "10.0.0.235:2222", "10.0.0.235"]).text("10.0.0.235:2222") == "***"


def test_without_values_nothing_changes():
    assert Redactor([]).text("root") == "root"
    assert Redactor([""]).text("root") == "root"
    assert streamed(Redactor([]), b"abc", 1) == b"abc"


def test_invalid_utf8_is_tolerated_in_texts_and_values():
    assert Redactor(["secret"]).data(b"\xff\0secret\xfe") == b"\xff\0***\xfe"
    latin = "pässword".encode("latin-1")
    assert Redactor([latin.decode("utf-8", "surrogateescape")]).data(b"<" + latin + b">") == b"<***>"
    assert Redactor(["half\ud800", "secret"]).text("half\ud800 secret") == "*** ***"


values = st.lists(st.text(alphabet="ab.ü/ ", min_size=1, max_size=8), max_size=4)
texts = st.lists(st.sampled_from(["a", "b", "ab", ".", "ü", "/", " ", "\\n", "%20", "YWI=", "\\u00fc"]), max_size=40)


@given(values, texts.map("".join), st.integers(1, 9))
def test_it_does_not_matter_where_a_stream_is_cut(secrets, text, size):
    redactor = Redactor(secrets)
    assert streamed(redactor, text.encode(), size) == redactor.data(text.encode())


@given(st.lists(st.text(alphabet='abcü/$" ', min_size=6, max_size=12), min_size=1, max_size=3), st.data())
def test_a_long_value_is_never_there_afterwards(secrets, data):
    parts = data.draw(st.lists(st.sampled_from([*secrets, "x", " ", "*"]), max_size=9))
    out = streamed(Redactor(secrets), "".join(parts).encode(), 7).decode()
    for secret in secrets:
        assert secret not in out


def test_a_file_larger_than_a_chunk_is_redacted(tmp_path, monkeypatch):
    monkeypatch.setattr("fuego_jenkins_remote.fuego.redact.CHUNK", 10)
    (tmp_path / "in").write_bytes(b"x" * 15 + b"10.0.0.235" + b"\0\xff")
    Redactor(["10.0.0.235"]).file(tmp_path / "in", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"x" * 15 + b"***\0\xff"


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_cut_through_a_value_leaves_nothing_of_it(before, keep):
    secret = "0123456789"
    data = b"-" * before + secret.encode() * 4 + b"-" * (60 - before)
    out = io.BytesIO()
    left_out = Redactor([secret]).opened(io.BytesIO(data), len(data), keep, out.write)
    assert left_out == len(data) - 2 * (keep // 2)
    rest = out.getvalue().replace(f"[... {left_out} bytes cut ...]".encode(), b"")
    assert not re.search(rb"[0-9]", rest)


def test_a_cut_keeps_head_and_tail_and_says_how_much_is_missing():
    out = io.BytesIO()
    assert Redactor([]).opened(io.BytesIO(b"head" + b"." * 100 + b"tail"), 108, 8, out.write) == 100
    assert out.getvalue() == b"head\n[... 100 bytes cut ...]\ntail"


@pytest.mark.parametrize("user", ["", "a", "ro", "root", "admin"])
@pytest.mark.parametrize("after", [b"", b"\n", b"@host"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_value_within_longer_base64_is_found_at_each_place(
    user: str, after: bytes, encode: Callable[[bytes], bytes]
) -> None:
    secret = "s3cr3t?pa>ssword"
    header = encode(f"{user}:{secret}".encode() + after)
    told = Redactor([secret]).data(b"Authorization: Basic " + header + b"\n")
    kept = told.removeprefix(b"Authorization: Basic ").strip()
    assert b"***" in kept
    before, _, behind = kept.partition(b"***")
    # A character at each edge may be left, with some bits of the value's first and last letter.
    assert len(before) <= len(user + ":") * 4 / 3 + 2
    assert len(behind.rstrip(b"=")) <= len(after) * 4 / 3 + 2


def test_a_short_value_is_not_looked_for_within_base64() -> None:
    coded = base64.b64encode(b"a word with pass in it")
    assert Redactor(["pass"]).data(coded) == coded
