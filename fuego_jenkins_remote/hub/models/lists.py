"""What the lists on pages are narrowed to; an empty field says nothing."""

from __future__ import annotations

from pydantic import Field, field_validator

from fuego_jenkins_remote.hub.models.fields import Wire
from fuego_jenkins_remote.network.boards import Standing
from fuego_jenkins_remote.network.selectors import MAX_LENGTH


class BoardsQuery(Wire):
    """Of boards: by a selector or words, by how they stand, from behind a board (HOST:BOARD)."""

    selector: str = Field(default="", max_length=MAX_LENGTH)
    now: Standing | None = None
    after: str = Field(default="", max_length=300)

    @field_validator("now", mode="before")
    @classmethod
    def _any(cls, now: object) -> object:
        return now or None
