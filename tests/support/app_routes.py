"""All routes of an app, and all that can be asked of one; for tests of what holds of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts


@dataclass(frozen=True)
class Route:
    """A route of the app, with its whole path."""

    path: str
    methods: frozenset[str]
    dependant: Any

    def filled(self, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
        """The path with every value that there is for what it takes."""
        names = re.findall(r"\{(\w+)(?::\w+)?\}", self.path)
        unknown = [name for name in names if name not in values]
        assert not unknown, f"{self.path} takes {unknown}: say in this test what there is of it"
        for chosen in product(*(values[name] for name in names)):
            path = self.path
            for name, value in zip(names, chosen, strict=True):
                path = re.sub(rf"\{{{name}(:\w+)?\}}", quote(value), path, count=1)
            yield path

    def query_names(self) -> set[str]:
        """What stands behind the ? of a call, those of models one by one."""
        names: set[str] = set()
        pending = [self.dependant]
        while pending:
            dependant = pending.pop()
            pending += dependant.dependencies
            for param in dependant.query_params:
                fields = getattr(param.field_info.annotation, "model_fields", None)
                names |= set(fields) if fields else {param.alias}
        return names


def routes_of(app: FastAPI) -> Iterator[Route]:
    """All of them, those of its routers, too."""
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        if dependant is None:
            assert context.path in {"/static", "/api/v1/openapi.json"}, f"what is {context.path}?"
        else:
            yield Route(str(context.path), frozenset(context.methods or ()), dependant)
