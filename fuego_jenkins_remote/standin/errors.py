"""What can be wrong before a test starts; the message is one line for the person who called."""

from __future__ import annotations


class StandinError(Exception):
    """The call cannot be carried out: an unknown board, test or spec, an option that is not there.

    Nothing was run and no run folder was made. ``exit_status`` is what a command ends with.
    """

    exit_status = 2
