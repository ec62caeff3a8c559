"""What a client says of its version is taken from its header, however it was made up; older is by MAJOR.MINOR."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.network.programs import is_behind, said_of, version_in


def test_a_client_of_this_version_is_understood() -> None:
    assert version_in(said_of(__version__)) == __version__


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("fuego-jenkins-remote/1.2.0", "1.2.0"),
        ("fuego-jenkins-remote/1.2.0rc1+g1a2b3c4 python-requests/2.32", "1.2.0rc1+g1a2b3c4"),
        ("fuego-jenkins-remote/" + "1" * 40, "1" * 40),
        ("fuego-jenkins-remote/" + "1" * 41, ""),
        ("fuego-jenkins-remote/", ""),
        ("fuego-jenkins-remote/1.2<script>", ""),
        ("fuego-jenkins-remote/1.2\n", ""),
        ("fuego-jenkins-remote/1.2\x1b[31m", ""),
        ("fuego-jenkins-remote/१.२", ""),
        ("python-requests/2.32 fuego-jenkins-remote/1.2", ""),
        ("", ""),
    ],
)
def test_a_version_is_short_and_plain_or_none(said: str, version: str) -> None:
    assert version_in(said) == version


@pytest.mark.parametrize(
    ("version", "own", "behind"),
    [
        ("0.1.0", "0.2.0", True),
        ("0.9.4", "0.10.0", True),
        ("1.9", "2.0", True),
        ("0.1.0", "0.1.7", False),
        ("0.2.0", "0.1.0", False),
        ("0.2.0.dev1+g1a2b3c4", "0.2.0", False),
        ("0.1", "0.2", True),
        ("1", "2.0", False),
        ("unknown", "2.0", False),
        ("", "2.0", False),
        ("9" * 40, "2.0", False),
    ],
)
def test_an_older_one_is_of_a_lower_major_or_minor(version: str, own: str, behind: bool) -> None:
    assert is_behind(version, own) is behind
