"""On which terms a board is shared, as boards.yaml says it (network/terms.py has what each means):

terms:                    # for all boards of the lab; what a board says itself comes before it
  max_time: 4h
boards:
  bbb:
    terms:
      ask: true
      priority: 50
      max_time: 12h       # or seconds
      running: {user: 1, team: 3}

The windows are not said again: they are those of `share`.
"""

from __future__ import annotations

from collections.abc import Mapping

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.names import parse_timeout
from fuego_jenkins_remote.network.matching import EVERYBODY
from fuego_jenkins_remote.network.terms import BadTerms, Terms, check_windows, terms_from_mapping

NETWORK, NOBODY = "network", "nobody"
"""Words for who may ask for a board: everybody; only the lab's own team."""


def read_terms(for_all: object, own: object, share: object) -> Terms:
    """The terms of one board; `share` is what stands there. Raises BadTerms with the key."""
    said = {**_mapping(for_all), **_mapping(own)}
    if "windows" in said:
        raise BadTerms("terms: windows stand under 'share', for the board or for all")
    if "policy" in said:
        raise BadTerms("terms: the lab's policy stands in lab-policy.yaml")
    if isinstance(time := said.get("max_time"), str):
        try:
            said["max_time"] = parse_timeout(time)
        except BadName as error:
            raise BadTerms(f"terms: max_time: {error.what}") from error
    if share is not None:
        said["windows"] = share
    try:
        return check_windows(terms_from_mapping(said))
    except BadTerms as error:
        raise BadTerms(str(error) if str(error).startswith(("terms", "share")) else f"terms: {error}") from error


def open_to(words: list[str]) -> list[str]:
    """Who may ask, as the hub has it: of what people write, `network` is everybody and `nobody` adds nobody."""
    return [EVERYBODY if word == NETWORK else word for word in words if word != NOBODY]


def _mapping(said: object) -> Mapping[str, object]:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise BadTerms("terms: names with values are needed, like {ask: true}")
    return {str(key): value for key, value in said.items()}
