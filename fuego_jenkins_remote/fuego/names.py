"""Names and small values that come from people and from other machines, checked before anything uses them.

Fuego's rules say letters, digits and underscore; its own board files have dashes too (``qemu-arm``) and a
host may be a domain name, so dashes and dots are read as well. Never ``/``, ``:`` or white space, which Fuego
uses to put names together, and never a leading dot or dash, which would make a hidden file or an option.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from fuego_jenkins_remote.fuego.errors import BadName

MAX_NAME = 100
"""The longest name, in characters."""

MAX_VALUE = 256
"""The longest value of a test variable, in characters."""

MAX_TIMEOUT = 30 * 86400
"""The longest time limit, in seconds."""

PHASES = "pcbdmsrta"
"""Fuego's phases: pre_test, pre_check, build, deploy, makepkg, snapshot, run, post_test, processing."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
_TIMEOUT = re.compile(r"([0-9]{1,9})([smhd]?)", re.ASCII)
_SIZE_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZE = re.compile(r"([0-9]{1,15}) ?([KMGT]iB|B)?")
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}

# What a value may hold besides letters and digits. Fuego writes NAME="VALUE" into a file that it sources, so
# nothing here means anything to a shell between double quotes. No comma: ftc's --dynamic-vars is cut at
# commas, and what follows one would be a variable that nobody has checked.
_VALUE_SIGNS = frozenset(" _-.:/+=@%")

# Variables that decide what the lab's own shell, loader and tools do, or which board is reached and how.
# Fuego puts the test's name before a test's variables, so none of these is ever needed by a request.
# fmt: off
RESERVED = frozenset({
    "PATH", "HOME", "SHELL", "USER", "LOGNAME", "IFS", "ENV", "CDPATH", "SHELLOPTS", "BASHOPTS",
    "PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT_COMMAND", "TMPDIR", "GCONV_PATH", "LOCPATH", "NLSPATH",
    "HOSTALIASES", "PERL5LIB", "PERL5OPT", "RUBYOPT", "NODE_OPTIONS", "IPADDR", "LOGIN", "PASSWORD", "SERIAL",
    "SRV_IP", "TTC_TARGET", "TRANSPORT", "BOARD_CONTROL", "NODE_NAME", "WORKSPACE",
})
# fmt: on
RESERVED_PREFIXES = ("BASH_", "LD_", "PYTHON", "GIT_", "SSH_", "FUEGO_", "JENKINS_")


def _check(what: str, name: str) -> str:
    if not name:
        raise BadName(f"the {what} name is empty")
    if len(name) > MAX_NAME:
        raise BadName(f"the {what} name is longer than {MAX_NAME} characters: {name[:20]!r}...")
    if not _NAME.fullmatch(name):
        raise BadName(f"{name!r} is no {what} name: a to z, A to Z, digits, '_', '-', '.' are, and no '-' or '.' first")
    return name


def check_board_name(name: str) -> str:
    """Give the name back if a board can be called so, else raise BadName."""
    return _check("board", name)


def check_host_name(name: str) -> str:
    """Give the name back if a host (a lab) can be called so, else raise BadName."""
    return _check("host", name)


def check_team_name(name: str) -> str:
    """Give the name back if a team of the network can be called so, else raise BadName."""
    return _check("team", name)


def check_user_name(name: str) -> str:
    """Give the name back if a user of the network can be called so, else raise BadName."""
    return _check("user", name)


def check_spec_name(name: str) -> str:
    """Give the name back if a test's spec can be called so, else raise BadName."""
    return _check("spec", name)


def check_test_name(name: str) -> str:
    """Give the full name back (``Functional.NAME`` or ``Benchmark.NAME``), else raise BadName."""
    _check("test", name)
    kind, dot, rest = name.partition(".")
    if kind not in {"Functional", "Benchmark"} or not dot or not _NAME.fullmatch(rest):
        raise BadName(f"{name!r} is no full test name: Functional.NAME or Benchmark.NAME")
    return name


def check_test_pattern(pattern: str) -> str:
    """Give it back if it is a test's full name, or the beginning of some with ``*`` behind it, else raise BadName."""
    if not pattern.endswith("*"):
        return check_test_name(pattern)
    beginning = pattern[:-1]
    kind, dot, rest = beginning.partition(".")
    named = kind in {"Functional", "Benchmark"} and dot and (not rest or _NAME.fullmatch(rest))
    if len(pattern) > MAX_NAME or (beginning and not named):
        raise BadName(
            f"{pattern[:MAX_NAME]!r} stands for no tests: like Functional.hello, Functional.*, Functional.LTP*"
        )
    return pattern


def check_phases(phases: str) -> str:
    """Give Fuego's phase letters back (``""``: all), else raise BadName."""
    for at, letter in enumerate(phases):
        if letter not in PHASES:
            raise BadName(f"{letter!r} is no phase: the letters are {PHASES}")
        if letter in phases[:at]:
            raise BadName(f"the phase {letter!r} is there twice")
    return phases


def check_variable(name: str, value: str) -> tuple[str, str]:
    """Give a test variable back, else raise BadName.

    Names are capitals, digits and ``_``. Values are letters and digits of any language, inner spaces and
    ``_-.:/+=@%``, at most MAX_VALUE characters. Names that steer the lab's own programs (PATH, LD_PRELOAD,
    ...) or say how a board is reached (IPADDR, TRANSPORT, ...) are refused whatever their value.
    """
    if len(name) > MAX_NAME or not _VARIABLE.fullmatch(name):
        raise BadName(f"{name[:MAX_NAME]!r} is no variable name: capitals, digits and '_', a capital first")
    if name in RESERVED or name.startswith(RESERVED_PREFIXES):
        raise BadName(f"the variable {name} belongs to the lab: a request cannot set it")
    if len(value) > MAX_VALUE:
        raise BadName(f"the value of {name} is longer than {MAX_VALUE} characters")
    for sign in value:
        # Category M: the marks that many scripts put on a letter.
        if not (sign.isalnum() or sign in _VALUE_SIGNS or unicodedata.category(sign)[0] == "M"):
            raise BadName(f"{sign!r} may not stand in the value of {name}: letters, digits, spaces and _-.:/+=@% may")
    if value != value.strip():
        raise BadName(f"the value of {name} starts or ends with a space")
    return name, value


def parse_span(text: str) -> int:
    """Read a span of time, ``N`` and one of s, m, h, d (none: seconds), as seconds; raise BadName."""
    found = _TIMEOUT.fullmatch(text)
    if not found:
        raise BadName(f"{text[:MAX_NAME]!r} is no time limit: a number and s, m, h or d, as in 30m")
    return int(found[1]) * _UNITS[found[2] or "s"]


def parse_size(text: str) -> int:
    """Read a size, ``N`` and one of B, KiB, MiB, GiB, TiB (none: bytes), as bytes; raise BadName."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise BadName(f"{text[:MAX_NAME]!r} is no size: a number and B, KiB, MiB, GiB or TiB, as in 10 GiB")
    return int(found[1]) * _SIZE_UNITS[found[2] or "B"]


def parse_timeout(text: str) -> int:
    """Read Fuego's time limit, a span of at most 30 days, as seconds; raise BadName."""
    seconds = parse_span(text)
    if not 1 <= seconds <= MAX_TIMEOUT:
        raise BadName(f"the time limit {text} is not between 1s and {format_timeout(MAX_TIMEOUT)}")
    return seconds


def format_timeout(seconds: int) -> str:
    """Write whole seconds (at least 1) as Fuego does, in the largest unit that fits: 1800 is ``30m``."""
    unit, size = next((unit, size) for unit, size in _UNITS.items() if seconds % size == 0)
    return f"{seconds // size}{unit}"


def board_prefix_matches(prefix: str, names: Iterable[str]) -> list[str]:
    """Give the names that ``-b PREFIX`` may mean, sorted: the exact one alone if it is there."""
    known = sorted(set(names))
    return [prefix] if prefix in known else [name for name in known if name.startswith(prefix)]


def unique_prefix(prefix: str, names: Iterable[str]) -> str:
    """Give the one name that has this prefix (Fuego's ``-b``); raise BadName for none or several."""
    known = list(names)
    found = board_prefix_matches(prefix, known) if prefix else []
    if len(found) == 1:
        return found[0]
    if found:
        raise BadName(f"{prefix!r} is ambiguous: {_listing(found)}")
    raise BadName(f"there is no board {prefix!r}; known: {_listing(sorted(set(known))) or 'none'}")


def resolve_test(short: str, names: Iterable[str]) -> str:
    """Give the full name of a test: ``bc`` is ``Functional.bc`` if no Benchmark is called so.

    Raises BadName if none of the names fits, or both do.
    """
    known = sorted(set(names))
    if short in known:
        return short
    found = [name for name in known if name.partition(".")[2] == short and short]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadName(f"the test name {short!r} is ambiguous: {_listing(found)}")
    raise BadName(f"there is no test {short!r}")


def _listing(names: list[str]) -> str:
    shown = ", ".join(names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"
