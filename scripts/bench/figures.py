"""A figure: its name, value, unit and goal, printed the same way everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured value; a goal of None makes it a baseline beside others. `at_least`: the goal is to be reached."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the value stays below its goal, or reaches it."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.at_least else self.value < self.goal

    def __str__(self) -> str:
        """`NAME: VALUE UNIT (goal GOAL)`."""
        goal = f"goal {'>=' if self.at_least else '<'} {self.goal:g}" if self.goal is not None else "baseline"
        value = f"{self.value:.1f}" if abs(self.value) >= 1 or self.value == 0 else f"{self.value:.2g}"
        return f"{self.name}: {value} {self.unit} ({goal}){'' if self.is_met else '  MISSED'}"


def median_ms(seconds: Sequence[float]) -> float:
    """The median in milliseconds."""
    return 1000 * median(seconds)


def percentile_ms(seconds: Sequence[float], percent: int) -> float:
    """A percentile (1 to 99) in milliseconds."""
    return 1000 * quantiles(seconds, n=100)[percent - 1]
