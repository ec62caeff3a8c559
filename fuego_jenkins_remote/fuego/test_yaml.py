"""A test's description (``test.yaml``), read as loosely as tests write it.

Every scalar is text at first: ``version: 1.10`` is not 1.1 and ``arch: [no]`` is not false. Aliases are refused:
no test needs them, and a few lines of them unfold to gigabytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from fuego_jenkins_remote.fuego.errors import BadTestYaml

__test__ = False  # the name is the format's; nothing here is for pytest

MAX_SIZE = 256 * 1024
"""The largest test.yaml, in bytes."""

Tree = str | list["Tree"] | dict[str, "Tree"]
"""What YAML says when every scalar is text."""

MAX_NEEDS, MAX_NEED = 20, 1000
"""How many needs a test may have, and the longest, in characters."""


@dataclass(frozen=True, kw_only=True)
class TestInfo:
    """A test as its author describes it; what is missing is empty.

    ``needs`` is this project's addition, and all that says what a board must have: a list of selectors, such as
    ``[arch=arm, "config.CONFIG_USB_GADGET=y", "label=usb-gadget"]``, as written. ``host_dependencies`` (of the machine
    that builds) and ``params`` are as written. The paths in ``data_files``
    and ``tarball_src`` are the author's words, checked by nobody. Unknown keys are in ``extra``.
    """

    __test__ = False  # not for pytest

    name: str
    description: str = ""
    license: str = ""
    author: str = ""
    maintainer: str = ""
    version: str = ""
    type: str = ""
    fuego_package_version: int | None = None
    fuego_release: int | None = None
    tags: tuple[str, ...] = ()
    tarball_src: tuple[str, ...] = ()
    gitrepo: str = ""
    data_files: tuple[str, ...] = ()
    host_dependencies: Tree = ""
    params: Tree = ""
    needs: tuple[str, ...] = ()
    extra: Mapping[str, Tree] = field(default_factory=dict)


class _Loader(yaml.BaseLoader):
    """Plain text, lists and mappings, without aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not read", mark)
        return super().compose_node(parent, index)


def read_test_yaml(source: bytes | Path) -> TestInfo:
    """Read a test.yaml, from its bytes or its file; without a ``name`` the folder's name counts.

    Raises BadTestYaml with the line if it is no YAML, larger than MAX_SIZE, or not a description of a test.
    """
    file = source if isinstance(source, Path) else None
    try:
        found = _parse(_bytes_of(source) if isinstance(source, Path) else source)
        return _info(found, file.absolute().parent.name if file else "")
    except BadTestYaml as error:
        raise BadTestYaml(error.what, file=file, line=error.line) from error


def read_needs(source: bytes | Path) -> tuple[str, ...]:
    """What a test needs of its board, whatever else its test.yaml has; none where there is no YAML to be read.

    Raises BadTestYaml where the needs themselves are not understood.
    """
    try:
        found = _parse(_bytes_of(source) if isinstance(source, Path) else source)
    except BadTestYaml:
        return ()
    return _needs(found.get("needs", ""))


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(MAX_SIZE + 1)
    except OSError as error:
        raise BadTestYaml(f"cannot be read: {error.strerror}") from error


def _parse(data: bytes) -> dict[str, Tree]:
    if len(data) > MAX_SIZE:
        raise BadTestYaml(f"larger than {MAX_SIZE // 1024} KiB: that is no test.yaml")
    try:
        found = yaml.load(data.decode("utf-8-sig", "replace"), Loader=_Loader)  # noqa: S506  a BaseLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise BadTestYaml(f"is no YAML: {error.problem}", line=line) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadTestYaml(f"is no YAML: {str(error)[:200]}") from error
    if not isinstance(found, dict):
        raise BadTestYaml("is no list of keys and values")
    return {str(key): value for key, value in found.items()}


def _info(found: dict[str, Tree], folder: str) -> TestInfo:
    name = _text(found.pop("name", ""), "name") or folder
    if not name:
        raise BadTestYaml("has no name")
    return TestInfo(
        name=name,
        description=_text(found.pop("description", ""), "description"),
        license=_text(found.pop("license", ""), "license"),
        author=_text(found.pop("author", ""), "author"),
        maintainer=_text(found.pop("maintainer", ""), "maintainer"),
        version=_text(found.pop("version", ""), "version"),
        type=_text(found.pop("type", ""), "type"),
        fuego_package_version=_number(found.pop("fuego_package_version", ""), "fuego_package_version"),
        fuego_release=_number(found.pop("fuego_release", ""), "fuego_release"),
        tags=_words(found.pop("tags", ""), "tags"),
        tarball_src=_words(found.pop("tarball_src", ""), "tarball_src"),
        gitrepo=_text(found.pop("gitrepo", ""), "gitrepo"),
        data_files=_words(found.pop("data_files", ""), "data_files"),
        host_dependencies=found.pop("host_dependencies", ""),
        params=found.pop("params", ""),
        needs=_needs(found.pop("needs", "")),
        extra=found,
    )


def _text(value: Tree, key: str) -> str:
    if not isinstance(value, str):
        raise BadTestYaml(f"{key} is no text")
    return value.strip()


def _number(value: Tree, key: str) -> int | None:
    text = _text(value, key)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise BadTestYaml(f"{key} is no whole number: {text[:40]!r}")
    return int(text)


def _words(value: Tree, key: str) -> tuple[str, ...]:
    """Take a list of texts; a single text is a list of one."""
    listed = value if isinstance(value, list) else [value]
    return tuple(text for text in (_text(one, key) for one in listed) if text)


def _needs(value: Tree) -> tuple[str, ...]:
    """A list of texts. What is not understood is an error: a test that needs a thing is not to run without it."""
    if value == "":
        return ()
    if not isinstance(value, list):
        raise BadTestYaml('needs is no list like [arch=arm, "config.CONFIG_X=y"]')
    needs = _words(value, "needs")
    if len(needs) > MAX_NEEDS or any(len(one) > MAX_NEED for one in needs):
        raise BadTestYaml(f"has more than {MAX_NEEDS} needs, or one of more than {MAX_NEED} characters")
    return needs
