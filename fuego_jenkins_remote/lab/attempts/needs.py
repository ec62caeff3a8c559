"""What a request asks of the test that is installed here, and what that test needs of its board."""

from __future__ import annotations

from pathlib import Path

from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.fuego.errors import BadTestYaml, FormatError
from fuego_jenkins_remote.fuego.names import check_test_name
from fuego_jenkins_remote.fuego.test_yaml import read_needs, read_test_yaml
from fuego_jenkins_remote.lab.attempts.sources import source_of
from fuego_jenkins_remote.network import selectors
from fuego_jenkins_remote.network.policy import Source
from fuego_jenkins_remote.network.versions import BadVersion, check_version, is_at_least


def installed_test(fuego_core: Path, test: str) -> Path:
    """Where a test is, if it is installed. Raises BadName."""
    return fuego_core / "tests" / check_test_name(test)


def why_too_old(request: Request, fuego_core: Path) -> str:
    """Why the installed test is not what was asked for, in a sentence; empty where it is. Raises FormatError.

    Another lab may have a newer one.
    """
    if not request.min_version or source_of(request) is not Source.INSTALLED:
        return ""
    wanted = f"version {request.min_version} of {request.test} is asked for"
    try:
        check_version(request.min_version)
        found = read_test_yaml(installed_test(fuego_core, request.test) / "test.yaml").version
    except BadVersion:
        return f"{wanted}, which is no version"
    except BadTestYaml:
        return f"{wanted}, and this lab cannot tell which one it has: it has no test.yaml of it that can be read"
    if not found:
        return f"{wanted}, and the one installed here does not say its version"
    return "" if is_at_least(found, request.min_version) else f"{wanted}, and {found[:40]} is installed here"


def needs_of(request: Request, folder: Path) -> tuple[selectors.Selector, ...]:
    """What the test in `folder` and the request need of a board. Raises FormatError for needs that cannot be read."""
    path = folder / "test.yaml"
    try:
        said = read_needs(path) if path.is_file() else ()
        return selectors.parse_needs([*request.needs, *said])
    except (BadTestYaml, selectors.SelectorError) as error:
        # Without the file's name: what the lab's folders are called is its own matter.
        raise FormatError(f"what {request.test} needs cannot be read: {error.what}") from error
