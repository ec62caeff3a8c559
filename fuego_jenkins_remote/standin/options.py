"""What ``ftc run-test`` is asked to do, and how its ``--dynamic-vars`` are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.names import check_phases, check_variable
from fuego_jenkins_remote.standin.errors import StandinError

DEFAULT_TIMEOUT = 30 * 60
"""Fuego's own time limit, in seconds."""

NOT_HERE = {"m": "makepkg: it makes no binary packages"}
"""The phases that the stand-in does not have, with the reason."""


@dataclass(frozen=True, kw_only=True)
class RunTestOptions:
    """One call of ``ftc run-test``; what is left out is as in Fuego.

    ``board`` may be a unique prefix and ``test`` a short name. ``phases`` are Fuego's letters, none: all.
    ``timeout`` is in seconds. ``dynamic_vars`` are the test's own names, without ``FUNCTIONAL_NAME_`` before
    them (see parse_dynamic_vars).
    """

    board: str
    test: str
    spec: str = "default"
    phases: str = ""
    timeout: int = DEFAULT_TIMEOUT
    rebuild: bool = False
    reboot: bool = False
    precleanup: bool = True
    postcleanup: bool = True
    batch: bool = False
    dynamic_vars: Mapping[str, str] = field(default_factory=dict)


def parse_dynamic_vars(text: str) -> dict[str, str]:
    """Read ``A=1,B=2`` or a Python dictionary, ``{'A': '1'}``, as Fuego does; names become capitals.

    Raises StandinError for a text that is neither, and for names and values that a request may not have either
    (``fuego.names.check_variable``).
    """
    text = text.strip()
    pairs = _dictionary(text) if text.startswith("{") else [_pair(part) for part in text.split(",") if part.strip()]
    try:
        return dict(check_variable(name.strip().upper(), value) for name, value in pairs)
    except BadName as error:
        raise StandinError(f"--dynamic-vars: {error.what}") from error


def _pair(part: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals:
        raise StandinError(f"--dynamic-vars: {part.strip()[:60]!r} is no NAME=VALUE")
    return name, value


def _dictionary(text: str) -> list[tuple[str, str]]:
    import ast

    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise StandinError(f"--dynamic-vars: {text[:60]!r} is no Python dictionary") from error
    plain = isinstance(found, dict) and all(
        isinstance(name, str) and isinstance(value, str | int | float) for name, value in found.items()
    )
    if not plain:
        raise StandinError(f"--dynamic-vars: {text[:60]!r} is no dictionary of names and values")
    return [(name, str(value)) for name, value in found.items()]


def check_options(options: RunTestOptions) -> None:
    """Raise StandinError for what the stand-in cannot do; board, test and spec are looked up elsewhere."""
    try:
        check_phases(options.phases)
    except BadName as error:
        raise StandinError(f"-p {options.phases}: {error.what}") from error
    for letter, reason in NOT_HERE.items():
        if letter in options.phases:
            raise StandinError(f"-p {options.phases}: the stand-in has no phase {letter} ({reason})")
    if options.reboot:
        raise StandinError("--reboot true: the stand-in's board is this machine, it is not rebooted")
    if options.timeout < 1:
        raise StandinError(f"--timeout {options.timeout}: at least one second")
