"""What was asked for, in words."""

from __future__ import annotations

import pytest

from fuego_jenkins_remote.client.values import GitSource
from fuego_jenkins_remote.network import wanted

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git(ref: str = "main", commit: str = "", path: str = "") -> GitSource:
    return GitSource(url="https://git.example/t.git", ref=ref, path=path, commit=commit)


@pytest.mark.parametrize(
    ("source", "words", "short"),
    [
        (
            git(commit=COMMIT, path="tests/x"),
            f"from https://git.example/t.git, main, folder tests/x, at the commit {COMMIT}.",
            "git 0123456789ab",
        ),
        (git(ref=COMMIT), f"from https://git.example/t.git, at the commit {COMMIT}.", "git 0123456789ab"),
        (
            git(),
            "from https://git.example/t.git, main. Commit: none was said: it is what main is when the test starts.",
            "git, no commit",
        ),
    ],
    ids=["branch-and-commit", "commit-as-ref", "branch-alone"],
)
def test_of_a_test_from_git_it_is_said_which_commit_it_is(source: GitSource, words: str, short: str) -> None:
    assert wanted.source(source, None) == f"The test comes {words}"
    assert wanted.short_source(source, None) == short


def test_a_package_and_an_installed_test_are_told_apart() -> None:
    assert wanted.source(None, "ab" * 32) == f"The test comes as a package, SHA-256 {'ab' * 32}."
    assert wanted.source(None, None) == "The test is one that is installed in the lab."
    assert [wanted.short_source(None, one) for one in ("ab" * 32, None)] == ["package", "installed"]


def test_only_switches_that_are_not_as_usual_are_named() -> None:
    assert wanted.switches({"rebuild": False, "reboot": False, "precleanup": True, "postcleanup": True}) == []
    assert wanted.switches({}) == []
    said = wanted.switches({"rebuild": True, "reboot": True, "precleanup": False, "postcleanup": False})
    assert [one.partition(":")[0] for one in said] == ["rebuild", "reboot", "no precleanup", "no postcleanup"]
