"""Verbs of two words: `ftc lab serve`, `ftc hub init`."""

from __future__ import annotations

from typing import Any

import click

_WHOLE = 1000
"""Signs of a verb's first sentence that its group shows: all of them."""


class VerbGroup(click.Group):
    """A first word, with its second words in the order in which they were added; one alone is a mistake."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        """As Click does."""
        super().__init__(*args, **{**attributes, "no_args_is_help": False})

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as Click has it
        """The second words."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Each with its first sentence, which Click would cut."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(_WHOLE)) for name, one in self.commands.items()])
