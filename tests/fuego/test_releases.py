"""Names of test packages: version and release of test.yaml, and what stands in a package of binaries."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.fuego.errors import BadName, FormatError
from fuego_jenkins_remote.fuego.packages import Limits, pack_test
from fuego_jenkins_remote.fuego.releases import check_version, describe_binary, describe_test, label_of, sort_key
from packed_tests import make_test, pack, pack_binary


def test_a_package_says_what_its_test_yaml_says(tmp_path: Path) -> None:
    path = pack(tmp_path, version='"1.10"', fuego_release=3, license="BSD-3-Clause", tags="[net, größe]")
    found = describe_test(path)
    assert (found.name, found.version, found.release, found.label) == ("Functional.hello", "1.10", 3, "1.10-3")
    assert (found.info.license, found.info.tags) == ("BSD-3-Clause", ("net", "größe"))
    assert found.size == path.stat().st_size


def test_without_a_release_it_is_the_first(tmp_path: Path) -> None:
    assert describe_test(pack(tmp_path, fuego_release=None)).label == "1.0-1"


def test_a_short_name_in_test_yaml_will_do(tmp_path: Path) -> None:
    folder = make_test(tmp_path)
    (folder / "test.yaml").write_text("name: hello\nversion: 1\n")
    assert describe_test(pack_test(folder, tmp_path / "x.ftp").path).name == "Functional.hello"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"version": None}, "has no version"),
        ({"version": "../../x"}, "is no version"),
        ({"version": "'1 2'"}, "is no version"),
        ({"version": "x" * 65}, "is no version"),
        ({"fuego_release": "one"}, "fuego_release is no whole number"),
        ({"name": "Functional.other"}, "is of 'Functional.other', its folder is called Functional.hello"),
        ({"tags": "{a: b}"}, "tags is no text"),
        ({"description": "&a [*a]"}, "is no YAML"),
    ],
    ids=["none", "a path", "a space", "long", "release", "name", "tags", "aliases"],
)
def test_what_cannot_be_named_is_refused(tmp_path: Path, values: dict[str, Any], why: str) -> None:
    folder = make_test(tmp_path, **{key: value for key, value in values.items() if key != "name"})
    if "name" in values:
        (folder / "test.yaml").write_text(f"name: {values['name']}\nversion: 1\n")
    with pytest.raises(FormatError, match=why):
        describe_test(pack_test(folder, tmp_path / "x.ftp").path)


def test_a_package_beyond_the_limits_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path, body="x" * 5000)
    with pytest.raises(FormatError, match="larger than"):
        describe_test(path, Limits(file=4000))


@pytest.mark.parametrize(
    "ascending",
    [
        [("1.9", 1), ("1.10", 1), ("1.10", 2), ("1.10", 10), ("2", 1)],
        [("1.0", 1), ("1.0.1", 1), ("1.0a", 1), ("1.0b", 1), ("1.1", 1)],
        [("2.8", 1), ("2.11", 1), ("20180101", 1)],
    ],
)
def test_versions_are_sorted_as_people_read_them(ascending: list[tuple[str, int]]) -> None:
    for shuffled in itertools.permutations(ascending):
        assert sorted(shuffled, key=lambda one: sort_key(*one)) == ascending


@given(st.lists(st.tuples(st.from_regex(r"[0-9A-Za-z][0-9A-Za-z._+~-]{0,9}", fullmatch=True), st.integers(0, 99))))
def test_any_versions_can_be_compared(versions: list[tuple[str, int]]) -> None:
    keys = sorted(sort_key(*one) for one in versions)
    assert all(one <= other for one, other in itertools.pairwise(keys))
    assert all(check_version(version) == version for version, _ in versions)


def test_labels_are_checked_as_versions_are() -> None:
    assert check_version(label_of("1.0", 3)) == "1.0-3"
    for bad in ("", "-1", "a/b", "ü", "1\n"):
        with pytest.raises(BadName):
            check_version(bad)


def test_binaries_say_whose_they_are(tmp_path: Path) -> None:
    found = describe_binary(pack_binary(tmp_path, '{"name": "Functional.hello", "toolchain": "debian-armhf"}'))
    assert (found.name, found.toolchain) == ("Functional.hello", "debian-armhf")


@pytest.mark.parametrize(
    ("json", "why"),
    [
        (None, "binary-package.json is missing"),
        ("", "is not"),
        ("[]", "is not"),
        ('{"name": "Functional.hello"}', "is not"),
        ('{"name": "hello", "toolchain": "x"}', "no full test name"),
        ('{"name": "Functional.hello", "toolchain": "../x"}', "no toolchain's name"),
        ('{"name": "Functional.hello", "toolchain": 5}', "is not"),
        ("[" * 100_000, "is not"),
    ],
    ids=["missing", "empty", "a list", "half", "name", "toolchain", "a number", "deep"],
)
def test_what_is_no_package_of_binaries_is_refused(tmp_path: Path, json: str | None, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        describe_binary(pack_binary(tmp_path, json))
