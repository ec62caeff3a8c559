"""How often something is done that costs somebody else time: the longer it took, the seldomer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class Pace:
    """Pauses in seconds, between `least` and `most`; what is done takes at most `share` of the time (0.03: 3 %).

    One slow answer alone says little: a Jenkins that has just been started is slow in its first one.
    """

    least: float
    most: float
    share: float = 0.03
    first: float = 1.0
    """After the first failure in a row; each further one doubles it, up to four times `least`."""
    _failures: int = 0
    _before: float = 0.0

    def after(self, took: float) -> float:
        """The pause after it went well and took so many seconds."""
        self._failures = 0
        usual, self._before = min(took, self._before), took
        return min(max(self.least, usual / self.share), self.most)

    def after_trouble(self, took: float = 0.0) -> float:
        """The pause after it failed: at least as long as that took."""
        self._failures += 1
        self._before = 0.0
        doubled = min(self.first * 2.0 ** min(self._failures - 1, 16), 4 * self.least)
        return min(max(doubled, took), self.most)

    @property
    def is_in_trouble(self) -> bool:
        """Whether it failed the last time."""
        return self._failures > 0
