"""What a probe's log says of a board, as facts. Pure.

The log is what a board printed, and anything may stand in it: it is read bounded, and only what has one of a few forms
becomes a fact. What is not understood is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_BYTES = 2 * 2**20
"""More of a log is not read."""
MAX_OPTIONS = 20_000
"""More options of a kernel are not kept."""

_MARK = "@@fuego-probe "
_KERNEL = re.compile(r"[0-9][\w.+~-]{0,63}", re.ASCII)
_PLAIN = re.compile(r"[a-z0-9][a-z0-9.+_-]{0,63}", re.ASCII)
_SET = re.compile(r"(CONFIG_[A-Z0-9_a-z]{1,90})=([ym])", re.ASCII)
_UNSET = re.compile(r"# (CONFIG_[A-Z0-9_a-z]{1,90}) is not set", re.ASCII)

_ARCHES = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "arm64",
    "aarch64_be": "arm64",
    "ppc": "powerpc",
    "ppc64": "powerpc64",
    "ppc64le": "powerpc64",
    "mips": "mips",
    "mips64": "mips64",
    "riscv32": "riscv32",
    "riscv64": "riscv64",
    "s390x": "s390x",
}
"""What `uname -m` says, as Fuego's board files call it."""

_ARM_LTD = {
    0x926: "arm926ej-s",
    0xB76: "arm1176jzf-s",
    0xC05: "cortex-a5",
    0xC07: "cortex-a7",
    0xC08: "cortex-a8",
    0xC09: "cortex-a9",
    0xC0E: "cortex-a17",
    0xC0F: "cortex-a15",
    0xD01: "cortex-a32",
    0xD03: "cortex-a53",
    0xD04: "cortex-a35",
    0xD05: "cortex-a55",
    0xD07: "cortex-a57",
    0xD08: "cortex-a72",
    0xD09: "cortex-a73",
    0xD0A: "cortex-a75",
    0xD0B: "cortex-a76",
    0xD0C: "neoverse-n1",
    0xD0D: "cortex-a77",
    0xD40: "neoverse-v1",
    0xD41: "cortex-a78",
    0xD46: "cortex-a510",
    0xD47: "cortex-a710",
    0xD49: "neoverse-n2",
    0xD4B: "cortex-a78c",
}
"""`CPU part` of /proc/cpuinfo, where `CPU implementer` is Arm itself (0x41)."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found: arch, type, cpu, kernel, as far as they were, and the kernel's options as y, m or n."""

    facts: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


def read_log(log: bytes) -> Found:
    """Read what the probe's test has left; never fails."""
    answers = _answers(log[:MAX_BYTES].decode("utf-8", "replace"))
    kernel, machine = _uname(answers.get("uname", ""))
    facts = {
        "arch": _arch(machine),
        "cpu": _cpu(answers.get("cpuinfo", "")),
        "kernel": kernel,
        "type": _type(answers.get("compatible", "")),
    }
    return Found(
        facts={key: value for key, value in facts.items() if value}, options=_options(answers.get("config", ""))
    )


def _answers(text: str) -> dict[str, str]:
    """The parts of the log by their names; of two with one name the first counts."""
    answers: dict[str, str] = {}
    for part in text.split(f"\n{_MARK}") if text.startswith(_MARK) else text.split(_MARK)[1:]:
        name, _, answer = part.removeprefix(_MARK).partition("\n")
        answers.setdefault(name.strip()[:40], answer)
    return answers


def _uname(answer: str) -> tuple[str, str]:
    """The kernel's version and the machine, of `uname -srm`."""
    words = answer.split("\n", 1)[0].split()
    if len(words) != 3 or words[0] != "Linux":
        return "", ""
    return (words[1] if _KERNEL.fullmatch(words[1]) else "", words[2])


def _arch(machine: str) -> str:
    if re.fullmatch(r"i[3-6]86", machine):
        return "ia32"
    if re.fullmatch(r"armv[0-9]{1,2}[a-z]{0,4}", machine):
        return "arm"
    return _ARCHES.get(machine, "")


def _cpu(answer: str) -> str:
    """The processor's name, where it has one: of several kinds the last, which on big.LITTLE is the bigger one."""
    values: dict[str, str] = {}
    for line in answer.splitlines()[:4000]:
        key, colon, value = line.partition(":")
        if colon:
            values[key.strip()] = value.strip()
    if values.get("CPU implementer") == "0x41":
        return _ARM_LTD.get(_hexadecimal(values.get("CPU part", "")), "")
    # PowerPC: "cpu : e500v2"; MIPS: "cpu model : MIPS 24Kc V5.0". On x86 there is a model's name, made for people.
    for name in (values.get("cpu", ""), values.get("cpu model", "").removeprefix("MIPS ")):
        word = name.casefold().partition(" ")[0].rstrip(",")
        if _PLAIN.fullmatch(word):
            return word
    return ""


def _hexadecimal(text: str) -> int:
    return int(text, 16) if re.fullmatch(r"0x[0-9a-fA-F]{1,4}", text) else -1


def _type(answer: str) -> str:
    """The board's own name: the first that the device tree says it is compatible with, without its vendor."""
    first = answer.replace("\n", "\0").strip("\0").partition("\0")[0].casefold()
    vendor, comma, name = first.partition(",")
    return name if comma and _PLAIN.fullmatch(name) and _PLAIN.fullmatch(vendor) else ""


def _options(answer: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for line in answer.splitlines():
        if len(options) >= MAX_OPTIONS:
            break
        if found := _SET.fullmatch(line):
            options[found[1]] = found[2]
        elif found := _UNSET.fullmatch(line):
            options[found[1]] = "n"
    return options
