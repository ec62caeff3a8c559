"""``--dynamic-vars``, in both of Fuego's forms."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.standin.errors import StandinError
from fuego_jenkins_remote.standin.options import parse_dynamic_vars


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("LOOPS=40", {"LOOPS": "40"}),
        ("VAR1=value1,VAR2=Another value", {"VAR1": "value1", "VAR2": "Another value"}),
        ("args=-v -p2", {"ARGS": "-v -p2"}),
        ("A=b=c,", {"A": "b=c"}),
        ("A=", {"A": ""}),
        ("{'LOOPS': '400', \"size\": 3}", {"LOOPS": "400", "SIZE": "3"}),
        ("{}", {}),
    ],
)
def test_both_forms_are_read(text: str, found: dict[str, str]) -> None:
    assert parse_dynamic_vars(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "=1",
        "A=$(touch x)",
        "A=`x`",
        'A="x"',
        "A=a;b",
        "PATH=/x",
        "1A=2",
        "{'A': []}",
        "{1: 2}",
        "{'A': __import__('os')}",
        "{" * 500,
        "{'A'",
    ],
)
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(StandinError) as caught:
        parse_dynamic_vars(text)
    assert str(caught.value).startswith("--dynamic-vars: ")
    assert "\n" not in str(caught.value)
