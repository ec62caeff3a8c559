"""`ftc`: where it starts. Imports nothing by itself, so that Ctrl-C is quiet from the first moment on."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130
"""The exit status after Ctrl-C."""


def main() -> None:
    """The console script."""
    import sys  # is there already: the interpreter itself needs it

    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Carry out one call; gives the exit status, and has printed a line on stderr where that is not 0."""
    try:
        from fuego_jenkins_remote.cli.program import carry_out

        return carry_out(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
