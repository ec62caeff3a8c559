"""The API's description, made once for all apps of a kind: it takes an eighth of a second, and tests start hundreds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI

from fuego_jenkins_remote.service import contract

_OURS = ("Fuego hub", "Fuego vision")


@contextmanager
def made_once() -> Iterator[None]:
    """Within it, apps of ours with the same routes and the same sort of callers share a description."""
    make = contract._described
    made: dict[object, contract.Json] = {}

    def described(app: FastAPI) -> contract.Json:
        if app.title not in _OURS:
            return make(app)
        key = _what_it_depends_on(app)
        if key not in made:
            made[key] = make(app)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contract, "_described", described)
        yield


def _what_it_depends_on(app: FastAPI) -> object:
    state = app.state
    old_clients = getattr(getattr(state, "hub", None), "fserver", None) is not None
    return (app.title, state.public, getattr(state, "limited", False), old_clients, len(app.routes))
