"""Reading what a service said, tolerantly: a newer one may say more than we know, an older one less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

from fuego_jenkins_remote.client.api import Api
from fuego_jenkins_remote.client.errors import ClientError


class FromJson(Protocol):
    """A value that can be read from JSON."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read the wire form; raises KeyError or ValueError for what is none."""
        ...


_Value = TypeVar("_Value", bound=FromJson)


def read(api: Api, kind: type[_Value], data: Mapping[str, Any]) -> _Value:
    """The value; raises ClientError for what is none."""
    with understanding(api, kind.__name__.lower()):
        return kind.from_json(data)


@contextmanager
def understanding(api: Api, what: str) -> Iterator[None]:
    """Turn what reading an answer stumbles over into a ClientError that names the hub and what was read."""
    try:
        yield
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise ClientError(f"the hub at {api.url} told of a {what} in a way that is not understood here") from error


def text_of(data: Mapping[str, Any], key: str) -> str:
    """A text; empty where there is none."""
    value = data.get(key)
    return "" if value is None else str(value)


def time_of(data: Mapping[str, Any], key: str) -> datetime | None:
    """A time, if there is one."""
    text = data.get(key)
    return None if not text else datetime.fromisoformat(str(text))
