"""Which of two versions is the newer one."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.network.versions import BadVersion, check_version, is_at_least


@pytest.mark.parametrize(
    ("version", "wanted", "enough"),
    [
        ("1.10", "1.9", True),
        ("1.9", "1.10", False),
        ("1.0", "1", True),
        ("1", "1.0.0", True),
        ("2.0-rc1", "2.0", False),
        ("2.0", "2.0-rc1", True),
        ("20260523", "20260101", True),
        ("1.2b", "1.2a", True),
        ("1.2.1", "1.2", True),
    ],
)
def test_numbers_are_compared_as_numbers(version: str, wanted: str, enough: bool) -> None:
    assert is_at_least(version, wanted) is enough


@pytest.mark.parametrize("text", ["", "-1", "1 0", "v" * 41, "1;2"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(BadVersion):
        check_version(text)
