"""What can go wrong in a lab, in words for its people.

LabError
├── ControllerError            the lab's Jenkins
│   ├── ControllerDown         no answer, or it is starting: try again later
│   ├── ControllerRefused      token not accepted, or a permission is missing
│   └── ControllerTrouble      it answered something else than was asked for
├── PrepareError               a request cannot be made ready: its test cannot be fetched or is not right
└── BadLabFile                 boards.yaml or lab-policy.yaml
"""

from __future__ import annotations


class LabError(Exception):
    """Anything that keeps a lab from its work."""


class ControllerError(LabError):
    """The lab's Jenkins did not do what it was asked."""


class ControllerDown(ControllerError):
    """Nothing answers, or it says that it is starting; whether it got the call is not known."""


class ControllerRefused(ControllerError):
    """The user or token is not accepted, or may not do this."""


class ControllerTrouble(ControllerError):
    """An answer that was not expected; the message holds it in short."""


class PrepareError(LabError):
    """The request cannot be made ready to run; the message is for the requester."""


class BadLabFile(LabError):
    """A file of the lab that cannot be read; the message begins with its path."""
