"""What a lab has to be told: gathered from options, from what is set already, from what is found, and from a person.

Nothing is written here. What can be asked of a service is asked at once, so that a wrong token is told while the
person is still there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import requests

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.lab.init.asking import Asker, as_path, is_path, read_line_of_stdin
from fuego_jenkins_remote.cli.settings import TOKENS, Settings, read_token
from fuego_jenkins_remote.client.errors import ClientError, NotAllowed
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.transport import NOT_TRUSTED, check_address, trust
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.lab.errors import ControllerRefused
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.network.tokens import split_prefix

USUAL_JENKINS = ("http://127.0.0.1:8090/fuego", "http://127.0.0.1:8080/jenkins", "http://127.0.0.1:8080")
"""Where a lab's Jenkins may be; the first is Fuego's."""
STDIN = "-"


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token, and the file that it stands in or, with `is_new`, will be written to."""

    text: str = field(repr=False)
    file: Path
    is_new: bool = False


@dataclass
class Answers:
    """The values of fuego.conf's keys, and the tokens by their services."""

    values: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)


class Gathering:
    """One way through the questions. `given` holds options by their keys, as far as they were given."""

    def __init__(self, settings: Settings, given: Mapping[str, str], asker: Asker) -> None:
        """Settings are those that hold so far."""
        self.settings, self.given, self.asker = settings, given, asker
        self.answers = Answers()
        self._typed: dict[str, Token] = {}
        self._last: dict[str, str] = {}  # what was answered before, where something is asked again

    def gather(self) -> Answers:
        """All of it. Raises Failed, ClientError, LabError for what does not answer as it should."""
        values = self.answers.values
        for key in ("state_dir", "lab_dir", "ca_file"):
            if key in self.given:
                values[key] = str(as_path(self.given[key]))
        if self.settings.ca_file is not None:  # it may come from this shell's environment, which the bridge has not
            values.setdefault("ca_file", str(self.settings.ca_file.absolute()))
        self.asker.until_well(self._hub)
        self.asker.until_well(self._vision)
        self.asker.until_well(self._jenkins)
        self._people()
        return self.answers

    # -- services

    def _hub(self, failed: Exception | None) -> None:
        self._other_ca(failed)
        url = self._address("hub_url", "The hub's address", self._set("hub_url"))
        token = self._token("hub", "The lab's token for the hub", anew=_is_of_the_token(failed))
        known = HubClient(url, token.text, ca_file=self._ca_file(), retries=0).whoami()
        name, kind = str(known.get("name", "")), str(known.get("kind", ""))
        if kind != "lab":
            raise Failed(f"{url} knows this token as {kind} {name}: a lab's is needed (ftc hub add-lab makes it)")
        wanted = self.given.get("host_name") or self._set("host_name")
        if wanted and wanted not in (name, "fuegohost"):
            raise Failed(
                f"{url} knows this token as lab {name}'s, but host_name is {wanted}: give the token of lab {wanted}, or"
                f" --host-name {name}"
            )
        self.answers.values |= {"host_name": name, "hub_url": url}
        self._keep("hub", token)

    def _vision(self, failed: Exception | None) -> None:
        self._other_ca(failed)
        host = self.answers.values["host_name"]
        url = self._address("vision_url", "The address of the results service (vision)", self._set("vision_url"))
        token = self._token("vision", "The lab's token for vision", anew=_is_of_the_token(failed))
        known = VisionClient(url, token.text, ca_file=self._ca_file(), retries=0).whoami()
        name, kind = str(known.get("name", "")), str(known.get("kind", ""))
        if kind != "submit" or name not in ("*", host):
            raise Failed(
                f"{url}: this token is {name}'s ({kind}), and does not bring runs of {host}: ftc vision add-token"
            )
        self.answers.values["vision_url"] = url
        self._keep("vision", token)

    def _jenkins(self, failed: Exception | None) -> None:
        self._other_ca(failed)
        found = self._set("jenkins_url") or next((url for url in USUAL_JENKINS if is_jenkins(url)), "")
        url = self._address("jenkins_url", "The address of the lab's Jenkins", found, service="Jenkins")
        user = self.given.get("jenkins_user", self._set("jenkins_user"))
        if "jenkins_user" not in self.given:
            user = self.asker.choice("The bridge's user in Jenkins (empty: it asks for no login)", user)
        token = (
            self._token("jenkins", f"The API token of {user} in Jenkins", anew=_is_of_the_token(failed))
            if user
            else None
        )
        controller = Controller(url, user, token.text if token else "", ca_file=self._ca_file())
        controller.version()
        if user:
            controller.user()
        self.answers.values |= {"jenkins_url": url, "jenkins_user": user}
        if token is not None:
            self._keep("jenkins", token)

    def _people(self) -> None:
        """A person's token for the hub; only if one is given, for the jobs for people and the test at the end."""
        if "people_token_file" in self.given or self._set("people_token_file"):
            self._keep("people", self._token("people", "A person's token for the hub", anew=False))

    # -- single answers

    def _address(self, key: str, question: str, default: str, service: str = "") -> str:
        given, option = self.given.get(key), f"--{key.replace('_', '-')} URL"

        def one(_failed: Exception | None) -> str:
            url = given or self.asker.text(question, self._last.get(key) or default, option)
            return check_address(url, key, carries_token=service != "Jenkins")

        self._last[key] = one(None) if given else self.asker.until_well(one)
        return self._last[key]

    def _other_ca(self, failed: Exception | None) -> None:
        """Where a certificate was not trusted: whom to trust besides."""
        if failed is None or NOT_TRUSTED not in str(failed):
            return

        def one(_failed: Exception | None) -> str:
            answer = self.asker.choice("A file with the certificate of its CA (empty: as before)", "")
            if answer:
                trust(as_path(answer))
            return answer

        if answer := self.asker.until_well(one):
            self.answers.values["ca_file"] = str(as_path(answer))

    def _token(self, service: str, what: str, *, anew: bool) -> Token:
        """From an option, from where it stands already, from the environment, or typed; typed again where `anew`."""
        key = f"{service}_token_file"
        given = self.given.get(key, "")
        if given == STDIN:
            if service not in self._typed:
                self._typed[service] = self._new(service, read_line_of_stdin(what))
            return self._typed[service]
        if given:
            return self._from_file(as_path(given), f"--{key.replace('_', '-')}")
        if not anew:
            if service in self._typed:
                return self._typed[service]
            set_file, direct = self._set(key), self.settings.environ.get(TOKENS.get(service, ""), "").strip()
            if direct:
                return self._new(service, direct)
            if set_file and (not self.asker.asks or os.access(set_file, os.R_OK)):
                found = self._from_file(Path(set_file), f"{key} ({self.settings.sources.get(key)})")
                # A person's, from the person's own fuego.conf, is not meant.
                if not (service == "hub" and self.asker.asks and (split_prefix(found.text) or "").startswith("u")):
                    return found
        answer = self.asker.secret(what, f"--{key.replace('_', '-')}")
        token = self._from_file(as_path(answer), what) if is_path(answer) else self._new(service, answer)
        self._typed[service] = token
        return token

    def _from_file(self, file: Path, what: str) -> Token:
        return Token(text=read_token(file, what), file=file)

    def _new(self, service: str, text: str) -> Token:
        if not text.isascii() or not text.isprintable() or " " in text:
            raise Failed(f"the token for {service} is one line of letters and signs without spaces")
        return Token(text=text, file=self._state_dir() / "tokens" / service, is_new=True)

    def _keep(self, service: str, token: Token) -> None:
        self.answers.tokens[service] = token
        self.answers.values[f"{service}_token_file"] = str(token.file)

    def _set(self, key: str) -> str:
        return self.settings.values.get(key, "")

    def _state_dir(self) -> Path:
        return Path(self.answers.values.get("state_dir") or self.settings.path("state_dir"))

    def _ca_file(self) -> Path | None:
        given = self.answers.values.get("ca_file")
        return Path(given) if given else self.settings.ca_file


def _is_of_the_token(failed: Exception | None) -> bool:
    """Whether another token may help; else it was the address, the network, or the other side."""
    return isinstance(failed, Failed | NotAllowed | ControllerRefused)


def is_jenkins(url: str) -> bool:
    """Whether a Jenkins answers there, on this machine."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            # Also with 403: it says so to everybody.
            return "X-Jenkins" in session.get(f"{url}/api/json?tree=mode", timeout=2, allow_redirects=False).headers
    except (requests.RequestException, ClientError):
        return False
