"""How often something is done that costs somebody else time: the longer it took, the seldomer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class Pace:
    """Pauses in seconds, between `least` and `most`; what is done takes at most `share` of the time (0.03: 3 %)."""

    least: float
    most: float
    share: float = 0.03
    first: float = 1.0
    """After the first failure in a row; each further one doubles it, up to four times `least`."""
    _failures: int = 0

    def after(self, took: float) -> float:
        """The pause after it went well and took so many seconds."""
        self._failures = 0
        return min(max(self.least, took / self.share), self.most)

    def after_trouble(self, took: float = 0.0) -> float:
        """The pause after it failed."""
        self._failures += 1
        doubled = min(self.first * 2.0 ** min(self._failures - 1, 16), 4 * self.least)
        return min(max(doubled, took / self.share), self.most)

    @property
    def is_in_trouble(self) -> bool:
        """Whether it failed the last time."""
        return self._failures > 0
