"""Where a lab keeps its things, and the two files in which it speaks for itself: boards.yaml and lab-policy.yaml.

Both stand beside fuego.conf, which a test cannot write in Fuego's container. boards.yaml adds to what board files say:

    boards:
      bbb:
        type: bbb
        cpu: cortex-a8
        labels: [usb-gadget]
        description: on Tim's desk
        open_to: [network]    # who may ask: network (all), teams, user:NAME; nobody: only the own team
        terms: {max_time: 4h} # on which terms outsiders may: see board_terms.py
        resources: [power-1]  # what it shares with other boards; Jenkins locks it (plugin lockable-resources)
        config: [CONFIG_X*]   # more options of its kernel that are told, of those that a probe has found
        share: {...}          # when the lab shares it, where that is not for all alike
        check: {reboot: true, test: Functional.fuego_board_check}    # after trouble: see care/wanted.py
    terms: {...}              # for all boards
    share:                    # when the lab shares its boards; without it, always: see network/share_windows.py
      time_zone: Europe/Berlin
      windows: ["Mon-Fri 18:00-08:00", "Sat-Sun 00:00-24:00"]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from fuego_jenkins_remote.fuego.boards import BoardFile, read_board_file, read_boards_dir
from fuego_jenkins_remote.fuego.errors import BadBoardFile
from fuego_jenkins_remote.fuego.names import check_board_name
from fuego_jenkins_remote.lab.board_terms import NETWORK, open_to, read_terms
from fuego_jenkins_remote.lab.care.wanted import BoardCheck, read_check
from fuego_jenkins_remote.lab.errors import BadLabFile
from fuego_jenkins_remote.lab.probe.memory import recall
from fuego_jenkins_remote.lab.probe.options import told
from fuego_jenkins_remote.network.policy import Policy, PolicyError, for_outsiders, policy_from_mapping
from fuego_jenkins_remote.network.share_windows import BadWindows, ShareWindows
from fuego_jenkins_remote.network.terms import BadTerms, Terms, terms_as_mapping

MAX_FILE = 2**20
_BOARD_KEYS = frozenset(
    {"type", "cpu", "labels", "description", "open_to", "check", "resources", "share", "terms", "config"}
)


@dataclass(frozen=True, kw_only=True)
class LabConfig:
    """One lab. `conf_dir` is fuego.conf's folder; `outbox_quota` and `disk_reserve` are bytes (see room.py).

    Of private requests runs go only to those `targets` that are `private_targets`, too. `secrets` are the lab's own
    tokens, which no package may hold.
    """

    host: str
    lab_dir: Path
    state_dir: Path
    conf_dir: Path
    fuego_ro: Path
    fuego_rw: Path
    fuego_core: Path
    ftc: str = "ftc"
    job_prefix: str = "remote-request"
    people_prefix: str = "remote"
    jenkins_folder: str = ""
    jenkins_view: str = "Fuego network"
    targets: tuple[str, ...] = ("vision",)
    private_targets: tuple[str, ...] = ("vision",)
    outbox_quota: int = 10 * 2**30
    disk_reserve: int = 2**30
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def packages_dir(self) -> Path:
        """Where run packages lie until they are delivered."""
        return self.state_dir / "packages"

    def job(self, board: str) -> str:
        """The name of a board's job: FOLDER/NAME in a folder."""
        return self.in_folder(f"{self.job_prefix}-{board}")

    def in_folder(self, name: str) -> str:
        """The full name of what is called `name` in Jenkins."""
        return f"{self.jenkins_folder}/{name}" if self.jenkins_folder else name

    def board_files(self, problems: list[BadBoardFile] | None = None) -> list[BoardFile]:
        """The lab's boards, without templates that nobody has filled in; see `read_boards_dir` for `problems`."""
        found = read_boards_dir(self.fuego_ro / "boards", problems)
        return [board for board in found if not board.is_placeholder]

    def board_file(self, board: str) -> BoardFile | None:
        """One board's file; None where there is none. Raises BadBoardFile, and BadName for what is no board's name."""
        path = self.fuego_ro / "boards" / f"{check_board_name(board)}.board"
        return read_board_file(path) if path.is_file() else None

    def secret_values(self, board: str) -> frozenset[str]:
        """What must not leave the lab with a run of `board`."""
        file = self.board_file(board)
        found = file.secret_values(self.fuego_rw / "boards" / f"{board}.vars") if file else frozenset[str]()
        return found | self.secrets

    def board_record(self, board: BoardFile, *, online: bool = True) -> dict[str, Any]:
        """What the network is told of a board (BoardIn). Raises BadLabFile.

        What boards.yaml says comes before what a probe has found, and that before what the board file says. Of the
        policy it is told what it does with outsiders' requests: so they know, before they ask, that people are asked.
        """
        added = self._boards_yaml().get(board.name, {})
        found = recall(self.state_dir, board.name)
        options = told(found.options, (str(one) for one in added.get("config", ())))
        by_hand = {key: str(added[key]) for key in ("type", "cpu") if key in added}
        terms = replace(self.board_terms(board.name), policy=str(for_outsiders(self.policy(), board.name)))
        facts = {**board.facts(), **found.facts, **options, **by_hand}
        return {
            "facts": facts,
            "labels": [str(label) for label in added.get("labels", ())],
            "description": str(added.get("description", "")),
            "open_to": open_to([str(one) for one in added.get("open_to", (NETWORK,))]),
            "online": online,
            "terms": terms_as_mapping(terms),
        }

    def board_terms(self, board: str) -> Terms:
        """On which terms outsiders may have a board. Raises BadLabFile."""
        path = self.conf_dir / "boards.yaml"
        added, data = self._boards_yaml().get(board, {}), _yaml(path)
        for_all = data if isinstance(data, dict) else {}
        share = for_all.get("share") if added.get("share") is None else added["share"]
        try:
            return read_terms(for_all.get("terms"), added.get("terms"), share)
        except BadTerms as error:
            raise BadLabFile(f"{path}: board {board}: {error}") from error

    def board_check(self, board: str) -> BoardCheck | None:
        """How a board is checked after trouble; None where no check is possible. Raises BadLabFile."""
        return self.board_checks([board])[board]

    def board_checks(self, boards: Iterable[str]) -> dict[str, BoardCheck | None]:
        """The same for many boards. Raises BadLabFile."""
        said, found = self._boards_yaml(), dict[str, BoardCheck | None]()
        for board in boards:
            try:
                found[board] = read_check(said.get(board, {}).get("check"), self.fuego_core)
            except ValueError as error:
                raise BadLabFile(f"{self.conf_dir / 'boards.yaml'}: board {board}: {error}") from error
        return found

    def boards_open_to(self) -> dict[str, tuple[str, ...]]:
        """Which teams may ask for each board of boards.yaml; other boards are open to all. Raises BadLabFile."""
        return {name: tuple(open_to(list(who))) for name, who in self._lists("open_to", (NETWORK,)).items()}

    def boards_resources(self) -> dict[str, tuple[str, ...]]:
        """What each board of boards.yaml shares with others, by the names in Jenkins. Raises BadLabFile."""
        return self._lists("resources", ())

    def _lists(self, key: str, default: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        return {name: tuple(map(str, one.get(key, default))) for name, one in self._boards_yaml().items()}

    def described_boards(self) -> list[str]:
        """The boards that boards.yaml speaks of. Raises BadLabFile."""
        return sorted(self._boards_yaml())

    def share_windows(self, boards: Iterable[str]) -> dict[str, ShareWindows]:
        """When these boards are shared; one that is always shared is not in it. Raises BadLabFile."""
        path = self.conf_dir / "boards.yaml"
        data = _yaml(path)
        for_all = data.get("share") if isinstance(data, dict) else None
        added = self._boards_yaml()
        found = {}
        for board in boards:
            own = added.get(board, {}).get("share")
            if (said := for_all if own is None else own) is not None:
                try:
                    found[board] = ShareWindows.from_yaml(said)
                except BadWindows as error:
                    where = f"board {board}: " if own is not None else ""
                    raise BadLabFile(f"{path}: {where}{error}") from error
        return found

    def policy(self) -> Policy:
        """The lab's policy, read anew: who edits it need not restart anything. Raises BadLabFile."""
        path = self.conf_dir / "lab-policy.yaml"
        try:
            return policy_from_mapping(_yaml(path), self.host)
        except PolicyError as error:
            raise BadLabFile(f"{path}: {error}") from error

    def _boards_yaml(self) -> Mapping[str, Mapping[str, Any]]:
        path = self.conf_dir / "boards.yaml"
        data = _yaml(path)
        if data is None:
            return {}
        if not isinstance(data, dict) or not data or not set(data) <= {"boards", "share", "terms"}:
            raise BadLabFile(
                f"{path}: one key is expected, 'boards', with a name and values for each board, or with it 'share'"
                " and 'terms'"
            )
        boards = data.get("boards", {})
        if not isinstance(boards, dict):
            raise BadLabFile(f"{path}: boards: a name and values are expected for each board")
        for name, values in boards.items():
            known = ", ".join(sorted(_BOARD_KEYS))
            if not isinstance(values, dict):
                raise BadLabFile(f"{path}: board {name}: values are expected, of {known}")
            if unknown := [str(key) for key in values if key not in _BOARD_KEYS]:
                raise BadLabFile(f"{path}: board {name}: unknown key {unknown[0]!r} (known: {known})")
            for key in ("type", "cpu", "description"):
                if not isinstance(values.get(key, ""), str | int | float):
                    raise BadLabFile(f"{path}: board {name}: {key} is one word or text")
            for key in ("labels", "open_to", "resources", "config"):
                if not _is_list_of_words(values.get(key, [])):
                    raise BadLabFile(f"{path}: board {name}: {key} is a list, like [one, two]")
        return {str(name): values for name, values in boards.items()}


def _is_list_of_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str | int | float) for one in value)


def _yaml(path: Path) -> object:
    """The file's content; None where there is no file, or nothing in it."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadLabFile(f"{path}: cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE:
        raise BadLabFile(f"{path}: larger than {MAX_FILE} bytes")
    try:
        return _parsed(data)
    # ValueError: bytes that are no UTF-8, a date that there is not.
    except (yaml.YAMLError, ValueError) as error:
        where = getattr(error, "problem_mark", None)
        line = f":{where.line + 1}" if where is not None else ""
        raise BadLabFile(f"{path}{line}: no YAML: {getattr(error, 'problem', None) or error}") from error


@lru_cache(maxsize=4)
def _parsed(data: bytes) -> object:
    """Parse each content once: boards.yaml is asked for each of hundreds of boards. Nobody changes what this gives."""
    parsed: object = yaml.safe_load(data)
    return parsed
