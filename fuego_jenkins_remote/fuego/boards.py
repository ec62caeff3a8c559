"""Board files (``fuego-ro/boards/BOARD.board``), read for what they say and never sourced.

They are shell assignments plus Fuego's own words: ``inherit "base-board"``, ``include "base-params"``,
``override NAME=VALUE``, ``override-func``, functions. What a reader of facts has no use for is skipped, what
it cannot make sense of becomes a warning. The facts that leave a lab are an allow-list; the other values are
what redaction looks for.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import BadBoardFile, BadName
from fuego_jenkins_remote.fuego.names import MAX_NAME, check_board_name
from fuego_jenkins_remote.fuego.shell_text import Assigned, parse_shell_text

MAX_SIZE = 256 * 1024
"""The largest board file, in bytes."""

FACTS = {
    "ARCHITECTURE": "arch",
    "TOOLCHAIN": "toolchain",
    "DISTRIB": "distrib",
    "TRANSPORT": "transport",
    "MACHINE": "machine",
    "ORCHESTRATOR": "orchestrator",
    "BOARD_CONTROL": "board_control",
}
"""The allow-list: which variable of a board file may leave the lab, and what it is called then."""

_FACT_VALUE = re.compile(r"\w[\w.+-]*")
# template-dev.board: "set_ip_here", "set toolchain name here (see tools.sh)"
_PLACEHOLDER = re.compile(r"set[_ ].*\bhere\b|set_.*_here", re.IGNORECASE)

# How a board is reached, whatever the value looks like; and the ends of names that hold what opens it.
_PRIVATE = frozenset({"IPADDR", "SRV_IP", "SERIAL", "SSH_KEY", "TTC_TARGET", "LOGIN"})
_LIKE_A_PASSWORD = ("PASSWORD", "PASSWD", "PASSPHRASE", "_PASS", "_PWD", "TOKEN", "SECRET", "_KEY", "CREDENTIALS")
# Values that say nothing about a lab and stand in every log.
_COMMON = frozenset(
    {
        "root",
        "true",
        "false",
        "none",
        "null",
        "default",
        "local",
        "localhost",
        "serial",
        "user",
        "linux",
        "test",
    }
)


@dataclass(frozen=True, kw_only=True)
class BoardFile:
    """One board file: its name, the values that hold at its end, and what it takes from other files.

    ``variables`` are as written, with ``$NAME`` filled in only where the same file sets NAME. ``assigned`` is
    every assignment in order, those in functions too. ``warnings`` say line and reason.
    """

    name: str
    variables: dict[str, str]
    assigned: tuple[Assigned, ...] = ()
    inherits: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_placeholder(self) -> bool:
        """Whether this is a template that nobody has filled in."""
        return any(_PLACEHOLDER.fullmatch(self.variables.get(name, "")) for name in (*FACTS, "IPADDR"))

    def facts(self) -> dict[str, str]:
        """Give what may leave the lab, by the names of FACTS; MACHINE is the ``type`` as well.

        A value that is a placeholder, an address, not filled in (``$X``) or no single word is left out.
        """
        found: dict[str, str] = {}
        for variable, fact in FACTS.items():
            value = self.variables.get(variable, "")
            plain = len(value) <= MAX_NAME and _FACT_VALUE.fullmatch(value) and not _PLACEHOLDER.fullmatch(value)
            if plain and not self._reaches_a_board(value):
                found[fact] = value
        if "machine" in found:
            found["type"] = found["machine"]
        return found

    def secret_values(self, vars_file: Path | None = None) -> frozenset[str]:
        """Give the texts that redaction must replace in what leaves the lab.

        - PASSWORD: any value at all, also glued to ``-p``; so is what a variable called ..._PASSWORD, ..._TOKEN,
          ..._SECRET, ..._KEY or the like holds, from 3 characters on.
        - IPADDR, SRV_IP, SERIAL, SSH_KEY, TTC_TARGET, LOGIN: any value that is not the board's name, a fact's
          value or a common word such as ``root``.
        - SSH_PORT: together with what makes it a port (``ADDRESS:PORT``, ``-p PORT``, ``Port=PORT``).
        - All other variables that are not facts: at least 4 characters, no number of fewer than 5 digits, no
          absolute path, no common word and not the board's name or a fact's value.

        ``vars_file`` is the board's file of dynamic variables (BOARD.vars), read alike; it may be absent.
        Raises BadBoardFile if it is there and cannot be read.
        """
        assigned = self.assigned
        if vars_file is not None and vars_file.is_file():
            assigned += parse_shell_text(_read_text(vars_file)).assigned
        public = {one.value for one in assigned if one.name in FACTS} | {self.name} | _COMMON
        secrets: set[str] = set()
        for one in assigned:
            if one.value and one.name not in FACTS and not _PLACEHOLDER.fullmatch(one.value):
                secrets |= _secrets_of(one, public)
        ports = {one.value for one in assigned if one.name == "SSH_PORT" and one.value}
        addresses = {one.value for one in assigned if one.name == "IPADDR" and one.value}
        for port in ports:
            secrets |= {f"-p {port}", f"-P {port}", f"-p{port}", f"-P{port}", f"Port={port}", f"Port {port}"}
            secrets |= {f"{address}:{port}" for address in addresses}
        return frozenset(secrets)

    def _reaches_a_board(self, value: str) -> bool:
        try:
            ipaddress.ip_address(value)
        except ValueError:
            return any(one.value == value for one in self.assigned if one.name in {"IPADDR", "SRV_IP", "SSH_KEY"})
        return True


def _secrets_of(one: Assigned, public: set[str]) -> set[str]:
    like_a_password = one.name.endswith(_LIKE_A_PASSWORD) and one.name != "SSH_KEY" and len(one.value) >= 3
    if one.name == "PASSWORD" or like_a_password:
        return {one.value, f"-p{one.value}", *_long_lines(one.value)}
    if one.value in public or one.name == "SSH_PORT":
        return set()
    if one.name in _PRIVATE:
        return {one.value, *_long_lines(one.value)}
    plain_number = one.value.isdigit() and len(one.value) < 5
    if len(one.value) < 4 or plain_number or one.value.startswith(("/", "$")):
        return set()
    return {one.value}


def _long_lines(value: str) -> set[str]:
    # A key over several lines is rarely printed whole.
    lines = [line.strip() for line in value.splitlines()]
    return {line for line in lines if len(line) >= 4} if len(lines) > 1 else set()


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise BadBoardFile(f"cannot be read: {error.strerror}", file=path) from error
    if len(data) > MAX_SIZE:
        raise BadBoardFile(f"larger than {MAX_SIZE // 1024} KiB: that is no board file", file=path)
    # Bytes that are no UTF-8 stay what they are: a password in Latin-1 must still be found in a log.
    return data.decode("utf-8", "surrogateescape")


def read_board_file(path: Path) -> BoardFile:
    """Read one board file; the board's name is the file's, without ``.board``.

    Raises BadBoardFile if it cannot be read, is larger than MAX_SIZE or has a name that no board can have.
    """
    try:
        name = check_board_name(path.name.removesuffix(".board"))
    except BadName as error:
        raise BadBoardFile(error.what, file=path) from error
    parsed = parse_shell_text(_read_text(path))
    return BoardFile(
        name=name,
        variables=parsed.variables(),
        assigned=parsed.assigned,
        inherits=parsed.inherits,
        includes=parsed.includes,
        functions=parsed.functions,
        warnings=tuple(f"{path}:{line}: {what}" for line, what in parsed.warnings),
    )


def read_boards_dir(folder: Path, problems: list[BadBoardFile] | None = None) -> list[BoardFile]:
    """Read every ``*.board`` of a folder, sorted by name; hidden files are no boards.

    A file that is none raises BadBoardFile; with ``problems`` it goes there instead, and the rest is read.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".board" and path.name[0] != ".")
    except OSError as error:
        raise BadBoardFile(
            f"cannot be listed: {error.strerror}; this lab's boards are looked for there (fuego_ro_dir)", file=folder
        ) from error
    boards: list[BoardFile] = []
    for path in paths:
        try:
            boards.append(read_board_file(path))
        except BadBoardFile as error:
            if problems is None:
                raise
            problems.append(error)
    return boards
