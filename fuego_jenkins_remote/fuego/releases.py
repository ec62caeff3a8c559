"""What Fuego calls packages: ``NAME-VERSION-RELEASE.ftp``, and binaries ``TOOLCHAIN-NAME-binary-package.ftbp``.

Version and release stand in test.yaml (``version``, ``fuego_release``), name and toolchain in binary-package.json.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import BadName, BadPackage
from fuego_jenkins_remote.fuego.names import check_test_name
from fuego_jenkins_remote.fuego.packages import Kind, read_parts
from fuego_jenkins_remote.fuego.tar_reader import Limits
from fuego_jenkins_remote.fuego.test_yaml import MAX_SIZE, TestInfo, read_test_yaml

FIRST_RELEASE = 1
"""What a test without ``fuego_release`` has."""

BINARY_JSON = "binary-package.json"
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+~-]{0,63}", re.ASCII)
_TOOLCHAIN = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.-]{0,63}", re.ASCII)
_RUNS = re.compile(r"([0-9]+)|([^0-9]+)", re.ASCII)

Key = tuple[tuple[tuple[int, int, str], ...], int]


@dataclass(frozen=True, kw_only=True)
class Described:
    """A test package: its test.yaml, version and release, and its size and digest."""

    info: TestInfo
    name: str
    version: str
    release: int
    sha256: str
    size: int

    @property
    def label(self) -> str:
        """``VERSION-RELEASE``."""
        return label_of(self.version, self.release)


@dataclass(frozen=True, kw_only=True)
class DescribedBinary:
    """A package of a test's binaries for one toolchain."""

    name: str
    toolchain: str
    sha256: str
    size: int


def label_of(version: str, release: int) -> str:
    """``VERSION-RELEASE``, as in the names of Fuego's packages."""
    return f"{version}-{release}"


def check_version(text: str) -> str:
    """Give the text back if it is a version, or a version with its release; raises BadName."""
    if not _VERSION.fullmatch(text):
        raise BadName(f"{text[:80]!r} is no version: letters and digits, then also . _ + ~ -; 64 characters at most")
    return text


def check_toolchain(text: str) -> str:
    """Give the text back if a toolchain can be called so; raises BadName."""
    if not _TOOLCHAIN.fullmatch(text):
        raise BadName(f"{text[:80]!r} is no toolchain's name: letters, digits, '_', '-' and '.'")
    return text


def sort_key(version: str, release: int) -> Key:
    """What versions are sorted by: numbers as numbers (1.9 before 1.10), then the release."""
    runs = tuple((1, int(number), "") if number else (0, 0, text) for number, text in _RUNS.findall(version))
    return runs, release


def describe_test(src: Path, limits: Limits | None = None) -> Described:
    """Read a test package through, without writing anything: what it is. Raises BadPackage, BadTestYaml.

    test.yaml must name the test as its folder is called, and have a version.
    """
    info, parts = read_parts(src, Kind.TEST, "test.yaml", MAX_SIZE + 1, limits)
    described = read_test_yaml(parts)
    if described.name not in {info.name, info.name.partition(".")[2]}:
        raise BadPackage(f"its test.yaml is of {described.name[:80]!r}, its folder is called {info.name}", file=src)
    if not described.version:
        raise BadPackage("its test.yaml has no version, by which one is told from the next", file=src)
    try:
        version = check_version(described.version)
    except BadName as error:
        raise BadPackage(f"its test.yaml has a version that is none: {error.what}", file=src) from error
    release = FIRST_RELEASE if described.fuego_release is None else described.fuego_release
    return Described(
        info=described, name=info.name, version=version, release=release, sha256=info.sha256, size=info.size
    )


def describe_binary(src: Path, limits: Limits | None = None) -> DescribedBinary:
    """As `describe_test`, for binaries: test and toolchain are those of binary-package.json. Raises BadPackage."""
    info, parts = read_parts(src, Kind.BINARY, BINARY_JSON, MAX_SIZE + 1, limits)
    try:
        found = json.loads(parts)
        name, toolchain = check_test_name(found["name"]), check_toolchain(found["toolchain"])
    except BadName as error:
        raise BadPackage(f"{BINARY_JSON}: {error.what}", file=src) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadPackage(f'{BINARY_JSON} is not {{"name": TEST, "toolchain": TOOLCHAIN}}', file=src) from error
    return DescribedBinary(name=name, toolchain=toolchain, sha256=info.sha256, size=info.size)
