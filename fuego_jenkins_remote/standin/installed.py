"""The tests that are installed, and their specs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.names import check_test_name, resolve_test
from fuego_jenkins_remote.standin.errors import StandinError

if TYPE_CHECKING:
    from fuego_jenkins_remote.fuego.test_yaml import TestInfo

MAX_SPEC_FILE = 1024 * 1024
"""The largest spec.json, in bytes."""

_NO_NAME = re.compile(r"[^A-Z0-9_]")


@dataclass(frozen=True, kw_only=True)
class InstalledTest:
    """One installed test: its full name and its folder."""

    name: str
    folder: Path

    @property
    def short_name(self) -> str:
        """The name without ``Functional.`` or ``Benchmark.``: Fuego's TESTNAME."""
        return self.name.partition(".")[2]

    @property
    def prefix(self) -> str:
        """What its variables' names begin with: ``FUNCTIONAL_HELLO_WORLD_``."""
        return _NO_NAME.sub("_", self.name.upper()) + "_"

    def info(self) -> TestInfo:
        """Give its test.yaml; a test without one has a name only. Raises BadTestYaml if it cannot be used."""
        # YAML takes as long to load as a test takes to start.
        from fuego_jenkins_remote.fuego.test_yaml import TestInfo, read_test_yaml

        path = self.folder / "test.yaml"
        return read_test_yaml(path) if path.is_file() else TestInfo(name=self.name)

    def specs(self) -> dict[str, dict[str, str]]:
        """Give each spec's variables (names in capitals, without prefix); a test without spec.json has ``default``.

        Values that are no text, number or truth value (Fuego's lists of links and failure texts) are left out.
        Raises StandinError if spec.json cannot be read.
        """
        path = self.folder / "spec.json"
        try:
            with path.open("rb") as file:
                data = file.read(MAX_SPEC_FILE + 1)
        except FileNotFoundError:
            return {"default": {}}
        except OSError as error:
            raise StandinError(f"{path}: cannot be read: {error.strerror}") from error
        return {"default": {}, **_read_specs(path, data)}


def _read_specs(path: Path, data: bytes) -> dict[str, dict[str, str]]:
    if len(data) > MAX_SPEC_FILE:
        raise StandinError(f"{path}: larger than {MAX_SPEC_FILE // 1024} KiB: that is no spec.json")
    try:
        document = json.loads(data)
        specs = document["specs"]
        return {str(name): _scalars(values) for name, values in specs.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StandinError(f'{path}: is no spec file ({{"specs": {{"default": {{...}}}}}}): {error}') from error


def _scalars(values: dict[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, bool):
            found[name.upper()] = "true" if value else "false"
        elif isinstance(value, str | int | float):
            # JSON can hold half a character, a file cannot.
            found[name.upper()] = str(value).encode("utf-8", "replace").decode()
    return found


def list_tests(fuego_core: Path) -> list[InstalledTest]:
    """Give the tests in ``fuego_core/tests``, sorted by name: each folder of a test's name with a fuego_test.sh.

    A folder that is not there has no tests.
    """
    found: list[InstalledTest] = []
    try:
        folders = sorted((fuego_core / "tests").iterdir())
    except OSError:
        return found
    for folder in folders:
        try:
            name = check_test_name(folder.name)
        except BadName:
            continue
        if (folder / "fuego_test.sh").is_file():
            found.append(InstalledTest(name=name, folder=folder))
    return found


def find_test(fuego_core: Path, name: str) -> InstalledTest:
    """Give the test of this full or short name; raises StandinError if there is none, or two of a short name."""
    try:
        full = check_test_name(name)
    except BadName:
        tests = {test.name: test for test in list_tests(fuego_core)}
        try:
            return tests[resolve_test(name, tests)]
        except BadName as error:
            raise StandinError(f"-t {name}: {error.what} in {fuego_core / 'tests'}") from error
    folder = fuego_core / "tests" / full
    if not (folder / "fuego_test.sh").is_file():
        raise StandinError(f"-t {name}: there is no such test in {fuego_core / 'tests'}")
    return InstalledTest(name=full, folder=folder)


def spec_variables(test: InstalledTest, spec: str) -> dict[str, str]:
    """Give the variables of one spec; raises StandinError naming the known ones if there is no such spec."""
    specs = test.specs()
    if spec not in specs:
        raise StandinError(f"-s {spec}: {test.name} has no such spec; it has: {', '.join(sorted(specs))}")
    return specs[spec]
