"""A figure: its name, value, unit and goal, printed the same way everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value; a goal of None makes it a baseline beside others."""

    name: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the value stays below its goal."""
        return self.goal is None or self.value < self.goal

    def __str__(self) -> str:
        """`NAME: VALUE UNIT (goal GOAL)`."""
        goal = f"goal < {self.goal:g}" if self.goal is not None else "baseline"
        return f"{self.name}: {self.value:.1f} {self.unit} ({goal}){'' if self.is_met else '  MISSED'}"


def median_ms(seconds: Sequence[float]) -> float:
    """The median in milliseconds."""
    return 1000 * median(seconds)


def percentile_ms(seconds: Sequence[float], percent: int) -> float:
    """A percentile (1 to 99) in milliseconds."""
    return 1000 * quantiles(seconds, n=100)[percent - 1]
