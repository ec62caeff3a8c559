"""``fuego.conf``: ``name=value`` lines, ``#`` comments, values of several lines between ``\"\"\"``.

Only reading; conf_edit.py changes one. The environment and the options come over it elsewhere. The keys that Fuego
knows stand in FUEGO_KEYS, ours in OUR_KEYS; others are kept, so that an older or newer Fuego's file is no error.
"""

from __future__ import annotations

import re
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import BadConf

MAX_SIZE = 256 * 1024
"""The largest fuego.conf, in bytes."""

FUEGO_KEYS = {
    "jenkins_enabled": "whether Fuego uses Jenkins (1 or 0)",
    "jenkins_hostname": "the machine where Jenkins runs",
    "host_name": "this lab's name in the network (default fuegohost)",
    "user": "who asks for remote tests (default fuego_user)",
    "default_board": "the board where none is given with -b",
    "server_type": "which server is spoken with: fuego, squad; and ours: hub, auto (hub where hub_url is set)",
    "server_domain": "that server, HOST[:PORT][/PREFIX] (default fuegotest.org/cgi-bin)",
    "server_squad_token": "the token for SQUAD",
    "server_squad_team": "the team in SQUAD",
    "server_squad_project": "the project in SQUAD",
    "fuego_ro_dir": "Fuego's folder that is only read (boards, conf)",
    "fuego_rw_dir": "Fuego's folder that is written (logs, buildzone)",
    "fuego_core_dir": "Fuego's own programs and tests",
    "use_binary_packages": "whether an installed binary package is used instead of building (true, false)",
    "auto_install_test": "whether a test that is missing is fetched from the server (true, false)",
}
"""Fuego's own keys, with a line on each."""

OUR_KEYS = {
    "hub_url": "the hub: requests, boards, permissions",
    "hub_token_file": "the file with the token for the hub",
    "vision_url": "the server that keeps and shows runs (its people tell its address)",
    "vision_token_file": "the file with the token for it (its people make one: ftc vision add-token NAME --kind read)",
    "targets": "where runs go, the first makes a request done: vision, squad, kernelci, fserver (default vision)",
    "private_targets": "which of these get runs of private requests, too (default vision)",
    "squad_url": "the SQUAD that takes runs (default: server_domain, where server_type is squad)",
    "squad_token_file": "the file with the token for SQUAD (default: server_squad_token)",
    "squad_group": "the group in SQUAD (default: server_squad_team)",
    "squad_project": "the project in SQUAD (default: server_squad_project)",
    "squad_build": "the pattern of builds in SQUAD (default {kernel_version})",
    "squad_environment": "the pattern of environments in SQUAD (default {board})",
    "squad_skip": "what SKIP is in SQUAD: pass, fail, skip or omit (default skip)",
    "squad_error": "what ERROR is in SQUAD: pass, fail, skip or omit (default fail)",
    "fserver_url": "the old Fuego server, up to fserver.py (default: server_domain, where server_type is fuego)",
    "kcidb_url": "KernelCI's server that takes submissions",
    "kernelci_token_file": "the file with the token (JWT) for KernelCI",
    "kcidb_origin": "this lab's name at KernelCI: a-z, 0-9 and _",
    "kcidb_commit": "the commit of the boards' kernel, where it is one for all: 40 digits 0-9 a-f",
    "kcidb_repository": "the repository of that commit, an https address",
    "kcidb_tree": "KernelCI's name of that repository's tree, like mainline",
    "jenkins_url": "the lab's Jenkins, with its prefix",
    "jenkins_user": "who the bridge is in Jenkins",
    "jenkins_token_file": "the file with that user's API token or password",
    "job_prefix": "what the names of our jobs in Jenkins begin with (default remote-request)",
    "people_prefix": "what the names of our jobs for people begin with (default remote)",
    "jenkins_folder": "the folder of our jobs in Jenkins, for one with the folders plugin (default: none)",
    "jenkins_view": "the list view of our jobs in Jenkins (default Fuego network; empty: none)",
    "people_token_file": "the file with the token of the hub's user for whom people ask from Jenkins",
    "people_jobs": "which jobs for people are made in Jenkins: auto, all or none (default auto)",
    "jenkins_people_credentials": "the id of Jenkins' credentials (secret text) with the token of people_token_file",
    "jenkins_hub_credentials": "the id of Jenkins' credentials (secret text) with the token for the hub",
    "jenkins_vision_credentials": "the id of Jenkins' credentials (secret text) with the token for vision",
    "lab_dir": "what the bridge and the jobs share (default fuego_rw_dir/remote)",
    "state_dir": "the bridge's own folder: journal, tokens",
    "outbox_quota": "how much run packages that wait may take before nothing more is claimed (default 10 GiB)",
    "disk_reserve": "how much stays free on the lab's disks before nothing more is claimed (default 1 GiB)",
    "ca_file": "certificates to trust besides the system's",
}
"""The keys that this project adds, with a line on each."""

_LINE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)", re.ASCII)
_PATH_KEYS = re.compile(r"fuego_\w+_dir|lab_dir|state_dir|\w+_file")
_SEVERAL = '"""'


def read_conf(path: Path) -> dict[str, str]:
    """Read a fuego.conf; of a key that is there twice the last value holds.

    Outer white space and one pair of quotes are no part of a value. Relative paths (fuego_*_dir, lab_dir,
    state_dir, ..._file) come out absolute, from the conf file's folder. Raises BadConf with file and line.
    """
    lines = _text_of(path).replace("\r\n", "\n").split("\n")
    values: dict[str, str] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if not found:
            raise BadConf("is no name=value line, comment or empty line", file=path, line=at)
        name, value = found[1], found[2].strip()
        if value.startswith(_SEVERAL):
            value, at = _several_lines(lines, at, value.removeprefix(_SEVERAL), path)
        elif len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        values[name] = value
    folder = path.absolute().parent
    return {
        name: str((folder / value).resolve()) if value and is_path_key(name) else value
        for name, value in values.items()
    }


def is_path_key(name: str) -> bool:
    """Whether a key's value is a path, which counts from the file's folder."""
    return _PATH_KEYS.fullmatch(name) is not None


def _several_lines(lines: list[str], at: int, first: str, path: Path) -> tuple[str, int]:
    """Read on to the closing quotes; ``at`` is the next line's index. Give the value and the index after it."""
    parts, start = [first], at
    while _SEVERAL not in parts[-1]:
        if at >= len(lines):
            raise BadConf(f"the {_SEVERAL} that opens here is never closed", file=path, line=start)
        parts.append(lines[at])
        at += 1
    parts[-1], _, rest = parts[-1].partition(_SEVERAL)
    if rest.strip():
        raise BadConf(f"has text after the closing {_SEVERAL}", file=path, line=at)
    return "\n".join(parts).strip("\n"), at


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise BadConf(f"cannot be read: {error.strerror}", file=path) from error
    if len(data) > MAX_SIZE:
        raise BadConf(f"larger than {MAX_SIZE // 1024} KiB: that is no fuego.conf", file=path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadConf("is no UTF-8", file=path, line=line) from error
