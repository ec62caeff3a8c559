from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuego_jenkins_remote.fuego.conf import FUEGO_KEYS, OUR_KEYS, read_conf
from fuego_jenkins_remote.fuego.errors import BadConf


def conf(tmp_path, text: str) -> dict[str, str]:
    path = tmp_path / "fuego-ro" / "conf" / "fuego.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return read_conf(path)


def test_names_values_comments_and_several_lines_are_read(tmp_path):
    text = (
        '# lab\n\nhost_name = timslab \n  #user=x\nuser="tim"\nurl=http://h/?a=b#c\nnote="""one\n# two\n"""\nx=\nx=2\n'
    )
    assert conf(tmp_path, text) == {
        "host_name": "timslab",
        "user": "tim",
        "url": "http://h/?a=b#c",
        "note": "one\n# two",
        "x": "2",
    }


@pytest.mark.parametrize(
    ("text", "value"), [('a="""b"""', "b"), ('a="""\nb\nc"""\n', "b\nc"), ("a='b'", "b"), ('a="', '"')]
)
def test_quotes_are_no_part_of_a_value(tmp_path, text, value):
    assert conf(tmp_path, text) == {"a": value}


def test_paths_are_relative_to_the_conf_files_folder(tmp_path):
    read = conf(tmp_path, "fuego_ro_dir=..\nfuego_rw_dir=../../fuego-rw\nlab_dir=/srv/lab\nhub_token_file=hub.token\n")
    assert read == {
        "fuego_ro_dir": str(tmp_path / "fuego-ro"),
        "fuego_rw_dir": str(tmp_path / "fuego-rw"),
        "lab_dir": "/srv/lab",
        "hub_token_file": str(tmp_path / "fuego-ro" / "conf" / "hub.token"),
    }


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a=1\nwhat is this\n", 2, "no name=value"),
        ("a=1\n\n=2\n", 3, "no name=value"),
        ("a b=2\n", 1, "no name=value"),
        ('a=1\nb="""x\ny\n', 2, "never closed"),
        ('b="""x\ny""" z\n', 2, "text after"),
    ],
)
def test_a_bad_line_is_named_by_file_and_line(tmp_path, text, line, reason):
    with pytest.raises(BadConf, match=rf"fuego\.conf:{line}: .*{reason}"):
        conf(tmp_path, text)


def test_a_bad_line_is_not_shown_because_it_may_hold_a_token(tmp_path):
    with pytest.raises(BadConf) as caught:
        conf(tmp_path, "hub token: geheim\n")
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_missing_too_large_or_no_utf8_is_refused(tmp_path):
    path = tmp_path / "fuego.conf"
    with pytest.raises(BadConf, match=r"fuego\.conf: cannot be read"):
        read_conf(path)
    path.write_bytes(b"#" * (256 * 1024 + 1))
    with pytest.raises(BadConf, match="larger"):
        read_conf(path)
    path.write_bytes(b"a=1\nb=\xff\n")
    with pytest.raises(BadConf, match=r"fuego\.conf:2: is no UTF-8"):
        read_conf(path)


@given(st.text(alphabet="ab=#\"\n \\'", max_size=40))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_any_text_is_read_or_refused_with_a_line(tmp_path, text):
    try:
        conf(tmp_path, text)
    except BadConf as error:
        line = error.line
    else:
        line = 1
    assert line is not None
    assert 1 <= line <= text.count("\n") + 1


def test_the_real_file_holds_only_known_keys(shared_data):
    read = read_conf(shared_data / "fuego" / "conf" / "fuego.conf")
    assert read["host_name"] == "fuegohost"
    assert set(read) <= set(FUEGO_KEYS)
    assert not set(FUEGO_KEYS) & set(OUR_KEYS)
