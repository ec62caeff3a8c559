"""Settings: fuego.conf, then the environment, then options; the later wins.

The file is the one that FUEGO_CONF names, else `$FUEGO_RO/conf/fuego.conf`, else `/fuego-ro/conf/fuego.conf`, else the
user's own, `~/.config/fuego/fuego.conf`, which `ftc join` makes. Tokens are in the environment or in files that only
their owner can read; never in an option.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.fuego.conf import FUEGO_KEYS, OUR_KEYS, read_conf

ENVIRONMENT: dict[str, str] = {
    "host_name": "FUEGO_HOST",
    "default_board": "FUEGO_BOARD",
    "fuego_ro_dir": "FUEGO_RO",
    "fuego_rw_dir": "FUEGO_RW",
    "fuego_core_dir": "FUEGO_CORE",
    "server_type": "FUEGO_SERVER_TYPE",
    "hub_url": "FUEGO_HUB_URL",
    "hub_token_file": "FUEGO_HUB_TOKEN_FILE",
    "people_token_file": "FUEGO_PEOPLE_TOKEN_FILE",
    "vision_url": "FUEGO_VISION_URL",
    "vision_token_file": "FUEGO_VISION_TOKEN_FILE",
    "jenkins_url": "JENKINS_URL",
    "jenkins_user": "JENKINS_USER",
    "jenkins_token_file": "JENKINS_TOKEN_FILE",
    "lab_dir": "FUEGO_LAB_DIR",
    "state_dir": "FUEGO_STATE_DIR",
    "ca_file": "FUEGO_CA_FILE",
}
"""The environment variable of each key that has one."""

TOKENS: dict[str, str] = {
    "hub": "FUEGO_HUB_TOKEN",
    "vision": "FUEGO_VISION_TOKEN",
    "jenkins": "JENKINS_TOKEN",
    "squad": "FUEGO_SQUAD_TOKEN",
    "kernelci": "FUEGO_KERNELCI_TOKEN",
}
"""The environment variable that holds a service's token itself; of other targets it is FUEGO_NAME_TOKEN."""

DEFAULTS: dict[str, str] = {
    "host_name": "fuegohost",
    "user": "fuego_user",
    "fuego_ro_dir": "/fuego-ro",
    "fuego_rw_dir": "/fuego-rw",
    "fuego_core_dir": "/fuego-core",
    "job_prefix": "remote-request",
    "people_prefix": "remote",
    "people_jobs": "auto",
    "jenkins_view": "Fuego network",
    "targets": "vision",
    "private_targets": "vision",
    "outbox_quota": "10 GiB",
    "disk_reserve": "1 GiB",
}
"""What holds where nothing is set; lab_dir and state_dir have one each that depends on others."""

MEANING: dict[str, str] = {**FUEGO_KEYS, **OUR_KEYS}

EMPTY_COUNTS = frozenset({"jenkins_view"})
"""Keys that may be set to nothing: then their default does not hold."""

MAX_TOKEN = 4096


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What holds for this call. `values` has every key that is set anywhere, `sources` where."""

    conf_file: Path | None
    values: Mapping[str, str]
    sources: Mapping[str, str]
    environ: Mapping[str, str] = field(repr=False)

    def get(self, key: str) -> str:
        """A setting's value, empty where nothing is set and there is no default."""
        if key in EMPTY_COUNTS and key in self.values:
            return self.values[key]
        found = self.values.get(key) or DEFAULTS.get(key, "")
        if not found and key == "lab_dir":
            return str(self.path("fuego_rw_dir") / "remote")
        if not found and key == "state_dir":
            base = self.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
            return str(Path(base) / "fuego-jenkins-remote")
        return found

    @property
    def _only_server(self) -> str:
        """The target that is Fuego's own server, where neither a hub nor a vision stands beside it; else empty."""
        if self.is_set("hub_url") or self.is_set("vision_url"):
            return ""
        return {"fuego": "fserver", "squad": "squad"}.get(self.get("server_type").strip().lower(), "")

    def path(self, key: str) -> Path:
        """A folder or file, absolute; raises Failed where none is set."""
        return Path(self.needed(key)).absolute()

    def needed(self, key: str) -> str:
        """A setting that this call cannot do without; raises Failed with the ways to set it."""
        found = self.get(key)
        if not found:
            variable = f", or {ENVIRONMENT[key]} in the environment" if key in ENVIRONMENT else ""
            where = f"in {self.conf_file}" if self.conf_file else "in fuego.conf (FUEGO_CONF says where that is)"
            raise Failed(f"{key} is not set: {MEANING[key]}; set it {where}{variable}")
        return found

    def size(self, key: str) -> int:
        """A size in bytes; raises Failed for what is none."""
        from fuego_jenkins_remote.fuego.errors import BadName
        from fuego_jenkins_remote.fuego.names import parse_size

        try:
            return parse_size(self.needed(key))
        except BadName as error:
            raise Failed(f"{key} ({self.sources.get(key)}): {error}") from error

    def is_set(self, key: str) -> bool:
        """Whether somebody has set it."""
        return bool(self.values.get(key))

    @property
    def host_name(self) -> str:
        """This lab's name in the network; raises BadName for one that cannot be."""
        from fuego_jenkins_remote.fuego.names import check_host_name

        return check_host_name(self.get("host_name"))

    @property
    def conf_dir(self) -> Path:
        """Where boards.yaml and lab-policy.yaml stand."""
        of_a_lab = self.conf_file is not None and self.conf_file != users_conf(self.environ)
        return self.conf_file.parent if self.conf_file and of_a_lab else self.path("fuego_ro_dir") / "conf"

    @property
    def ca_file(self) -> Path | None:
        """Certificates to trust besides the system's."""
        return Path(self.get("ca_file")) if self.get("ca_file") else None

    @property
    def targets(self) -> tuple[str, ...]:
        """Where runs go, by the targets' names, each once; raises Failed where there is none.

        Where nothing is said, that is vision, or the server of server_type where neither hub_url nor vision_url is set.
        """
        if not self.is_set("targets") and self._only_server:
            return (self._only_server,)
        return target_names(self.get("targets"))

    @property
    def private_targets(self) -> tuple[str, ...]:
        """Which of the targets get runs of private requests, too; raises Failed where none is named."""
        return target_names(self.get("private_targets"))

    def token(self, service: str) -> str:
        """The token for hub, vision, jenkins or a target; empty where none is set. Raises Failed for a bad file."""
        variable = TOKENS.get(service, f"FUEGO_{service.upper().replace('-', '_')}_TOKEN")
        direct = self.environ.get(variable, "").strip()
        if direct:
            return _checked(direct, variable)
        key = f"{service}_token_file"
        file = self.get(key)
        return read_token(Path(file), f"{key} ({self.sources[key]})") if file else ""


def target_names(text: str) -> tuple[str, ...]:
    """The targets that a list like `vision,squad` names, each once; raises Failed where there is none."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise Failed("no target of runs is named (like vision,squad)")
    return names


def load_settings(environ: Mapping[str, str] | None = None, options: Mapping[str, str] | None = None) -> Settings:
    """Read them; raises BadConf (with file and line)."""
    environ = os.environ if environ is None else environ
    conf_file = find_conf(environ)
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    if conf_file is not None:
        values = {key: value for key, value in read_conf(conf_file).items() if value or key in EMPTY_COUNTS}
        sources = dict.fromkeys(values, str(conf_file))
    for key, variable in ENVIRONMENT.items():
        if environ.get(variable):
            values[key], sources[key] = environ[variable], variable
    for key, value in (options or {}).items():
        values[key], sources[key] = value, f"--{key.replace('_', '-')}"
    return Settings(conf_file=conf_file, values=values, sources=sources, environ=dict(environ))


def find_conf(environ: Mapping[str, str]) -> Path | None:
    """The fuego.conf that counts; None where there is none. One that FUEGO_CONF names counts even when missing."""
    if environ.get("FUEGO_CONF"):
        return Path(environ["FUEGO_CONF"]).absolute()
    for folder in (environ.get("FUEGO_RO"), "/fuego-ro"):
        if folder and (file := Path(folder, "conf", "fuego.conf").absolute()).is_file():
            return file
    users = users_conf(environ)
    return users if users is not None and users.is_file() else None


def users_conf(environ: Mapping[str, str]) -> Path | None:
    """Where a person's own fuego.conf is, there or not; None for somebody without a home."""
    base = environ.get("XDG_CONFIG_HOME") or (f"{environ['HOME']}/.config" if environ.get("HOME") else "")
    return Path(base, "fuego", "fuego.conf").absolute() if base else None


def read_token(file: Path, what: str) -> str:
    """A token from its file; raises Failed if others can read the file, with what to do."""
    try:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            data = opened.read(MAX_TOKEN + 1)
    except OSError as error:
        raise Failed(f"{what}: {file}: {error.strerror}") from error
    if mode & 0o077:
        raise Failed(f"{what}: others can read {file}: chmod 600 {file}")
    return _checked(data.decode("utf-8", "replace").strip(), f"{what}: {file}")


def _checked(token: str, where: str) -> str:
    if not token or len(token) > MAX_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise Failed(f"{where}: holds no token (one line, letters and signs without spaces)")
    return token
